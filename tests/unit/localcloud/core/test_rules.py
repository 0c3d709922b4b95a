import pytest

from pixlake.localcloud.errors import TemplateError, UnsupportedError

TEMPLATE = """
Parameters:
  Way: {{Type: String, Default: direct}}
  Names: {{Type: CommaDelimitedList, Default: ""}}
Rules:
  Checked:
    RuleCondition: {condition}
    Assertions:
      - Assert: {assertion}
        AssertDescription: names are wanted
Resources:
  Queue: {{Type: AWS::SQS::Queue}}
"""
NAMED = '!Not [!EachMemberEquals [!Ref Names, ""]]'
TOPIC = "!Equals [!Ref Way, topic]"


def template(condition=TOPIC, assertion=NAMED):
    return TEMPLATE.format(condition=condition, assertion=assertion)


@pytest.mark.parametrize("parameters", [{}, {"Way": "topic", "Names": "a"}, {"Way": "topic", "Names": "a,b"}])
def test_given_what_a_rule_allows_when_checked_then_it_passes(check, parameters):
    check(template(), parameters)


def test_given_what_a_rule_forbids_when_checked_then_its_description_is_told(check):
    with pytest.raises(TemplateError, match=r"Rules.Checked: names are wanted"):
        check(template(), {"Way": "topic"})


@pytest.mark.parametrize(
    ("assertion", "holds"),
    [
        ("!And [!Equals [a, a], !Equals [a, b]]", False),
        ("!Or [!Equals [a, a], !Equals [a, b]]", True),
        ("!Contains [[topic, bus], !Ref Way]", True),
        ("!Contains [[bus], !Ref Way]", False),
        ("!EachMemberIn [!Ref Names, [a, b, c]]", True),
        ("!EachMemberIn [!Ref Names, [a]]", False),
        ("!EachMemberEquals [!Ref Names, a]", False),
    ],
)
def test_given_a_rule_function_when_checked_then_it_is_evaluated(check, assertion, holds):
    parameters = {"Way": "topic", "Names": "a,b"}
    if holds:
        check(template(assertion=assertion), parameters)
    else:
        with pytest.raises(TemplateError, match="names are wanted"):
            check(template(assertion=assertion), parameters)


def test_given_what_it_does_not_know_when_checked_then_it_is_refused_by_name(check):
    with pytest.raises(UnsupportedError, match=r"Rules.Checked: Fn::RefAll"):
        check(template(assertion="!Contains [!RefAll 'AWS::EC2::VPC::Id', a]"), {"Way": "topic"})
    with pytest.raises(TemplateError, match="Ref Queue names no parameter"):
        check(template(condition="!Equals [!Ref Queue, a]"))
