import pytest

from pixlake.localcloud.errors import TemplateError, UnsupportedError
from pixlake.localcloud.intrinsics import Resolver


class Resources:
    """Two resources, one of them with an attribute."""

    def ref(self, logical_id):
        return {"Queue": "http://queue", "Bucket": "photos"}[logical_id]

    def attribute(self, logical_id, name):
        return {("Queue", "Arn"): "arn:aws:sqs:::q"}[logical_id, name]


@pytest.fixture
def resolver():
    return Resolver(
        values={"Stage": "dev", "Days": ["1", "2", "3"], "AWS::Region": "eu-west-1"},
        mappings={"Sizes": {"dev": {"Memory": 128}, "prod": {"Memory": 1024}}},
        conditions={
            "IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
            "IsProd": {"Fn::Not": [{"Condition": "IsDev"}]},
            "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
            "Either": {"Fn::Or": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
            "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
        },
        references=Resources(),
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Bucket"}, "photos"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:::q"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:aws:sqs:::q"),
        ({"Fn::Sub": "${Stage}-${Bucket}-${Queue.Arn}-${AWS::Region}"}, "dev-photos-arn:aws:sqs:::q-eu-west-1"),
        ({"Fn::Sub": "s3://x/dt=${!dt}/"}, "s3://x/dt=${dt}/"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Bucket"}}]}, "photos-dev"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Stage"}, 3]]}, "a/dev/3"),
        ({"Fn::Join": ["+", {"Ref": "Days"}]}, "1+2+3"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Memory"]}, 128),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::If": ["IsDev", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        # A policy's own Condition is no function.
        (
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ),
    ],
)
def test_given_a_function_when_resolved_then_it_gives_its_value(resolver, expression, expected):
    assert resolver.resolve(expression, "here") == expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ({"Ref": "Nobody"}, "Ref Nobody names no parameter and no resource"),
        ({"Fn::Sub": "${Nobody}"}, "Nobody"),
        ({"Fn::FindInMap": ["Sizes", "test", "Memory"]}, "there is no test"),
        ({"Fn::Select": [7, ["a"]]}, "7 of a list of 1"),
        ({"Fn::If": ["Unheard", 1, 2]}, "no condition named Unheard"),
        ({"Fn::If": ["Circle", 1, 2]}, "Circle depends on itself"),
        ({"Fn::Join": ["x"]}, "takes a list of 2 items"),
        ({"Fn::Join": [",", "text"]}, "a list is wanted"),
    ],
)
def test_given_a_wrong_function_when_resolved_then_the_error_names_place_and_cause(resolver, expression, said):
    with pytest.raises(TemplateError, match=said) as error:
        resolver.resolve({"Properties": expression}, "MyQueue")
    assert "MyQueue.Properties" in str(error.value) or "Conditions.Circle" in str(error.value)


@pytest.mark.parametrize("name", ["Fn::ImportValue", "Fn::Transform", "Fn::GetAZs", "Fn::Cidr"])
def test_given_a_function_without_a_local_form_when_resolved_then_it_is_refused_by_name(resolver, name):
    with pytest.raises(UnsupportedError, match=name):
        resolver.resolve({name: "x"}, "here")
