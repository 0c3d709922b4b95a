import pytest

from pixlake.localcloud import parameters
from pixlake.localcloud.errors import TemplateError, UnsupportedError
from pixlake.localcloud.intrinsics import Pending

DECLARED = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
    "Days": {"Type": "Number", "Default": 30, "MinValue": 1, "MaxValue": 60},
    "Day": {
        "Type": "String",
        "Default": "2026-01-01",
        "AllowedPattern": r"^\d{4}-\d{2}-\d{2}$",
        "ConstraintDescription": "a day",
    },
    "Name": {"Type": "String", "Default": "abc", "MinLength": 2, "MaxLength": 4},
    "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
}


def test_given_no_values_when_applied_then_defaults_hold_and_numbers_stay_text():
    values = parameters.apply(DECLARED, {}, "t")
    assert values == {"Stage": "dev", "Days": "30", "Day": "2026-01-01", "Name": "abc", "Names": ["a", "b"]}


def test_given_values_when_applied_then_they_beat_the_defaults():
    values = parameters.apply(DECLARED, {"Days": 5, "Names": "x"}, "t")
    assert (values["Days"], values["Names"]) == ("5", ["x"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Stage": "test"}, "parameter Stage = 'test': must be one of dev, prod"),
        ({"Days": 0}, "Days = '0': must be at least 1"),
        ({"Days": 61}, "Days = '61': must be at most 60"),
        ({"Days": "many"}, "Days = 'many': must be a number"),
        ({"Day": "yesterday"}, r"Day = 'yesterday': must match .*\(a day\)"),
        ({"Day": "2026-01-01 "}, "must match"),
        ({"Name": "a"}, "at least 2 characters"),
        ({"Name": "abcde"}, "at most 4 characters"),
        ({"Stagge": "dev"}, "has no parameter Stagge. It has: Day, Days"),
    ],
)
def test_given_a_value_that_breaks_a_constraint_when_applied_then_the_error_says_which(given, said):
    with pytest.raises(TemplateError, match=said):
        parameters.apply(DECLARED, given, "t")


def test_given_several_wrong_values_when_applied_then_all_are_named_at_once():
    with pytest.raises(TemplateError) as error:
        parameters.apply(DECLARED, {"Days": 0, "Stage": "x", "Other": 1}, "t")
    assert len(error.value.problems) == 3


def test_given_no_default_and_no_value_when_applied_then_it_is_asked_for():
    with pytest.raises(TemplateError, match="parameter Needed has no default"):
        parameters.apply({"Needed": {"Type": "String"}}, {}, "t")


def test_given_a_parameter_type_that_asks_aws_when_applied_then_it_is_refused():
    with pytest.raises(UnsupportedError, match="AWS::SSM::Parameter::Value"):
        parameters.apply({"P": {"Type": "AWS::SSM::Parameter::Value<String>"}}, {"P": "/x"}, "t")


def test_given_a_value_of_a_resource_to_come_when_applied_then_its_constraints_wait():
    assert parameters.apply(DECLARED, {"Day": Pending("Other.Arn")}, "t")["Day"].startswith("«")


def test_given_the_local_parameters_when_read_then_they_are_texts():
    assert all(isinstance(value, str) for value in parameters.local_parameters().values())
