"""No way of deploying refers to a resource that it does not make: shown for every reference, over all conditions.

A reference is reached where the conditions on its way hold: its own resource's or output's, and those of each Fn::If
around it. There the condition of what it refers to must hold too.
"""

from itertools import product

import pytest

from pixlake.localcloud.errors import TemplateError
from pixlake.localcloud.references import names
from tests.template.expansion import document, resolver, translated

SIDES = {
    "ExistingBuckets": ["", "photos-one"],
    "Entry": ["notification", "eventbridge", "sns"],
    "UploadTopicArn": ["", "arn:aws:sns:us-east-1:123456789012:uploads"],
    "KeyPrefix": ["", "a/"],
    "KeySuffix": ["", ".jpg"],
    "UploadKmsKeyArns": ["", "arn:aws:kms:us-east-1:123456789012:key/1"],
    "ResultCache": ["on", "off"],
    "AlertOn": ["", "is_nsfw"],
    "ReconcileInventory": ["", "s3://lists/photos-one/daily/"],
    "AlarmEmail": ["", "ops@example.org"],
    "KmsKeyArn": ["", "arn:aws:kms:us-east-1:123456789012:key/2"],
    "PermissionsBoundaryArn": ["", "arn:aws:iam::123456789012:policy/boundary"],
    "LakeRetentionDays": ["0", "60"],
}
"""Values of the parameters that conditions read, one for each side."""
VPC = {"VpcSubnetIds": "subnet-0123abcd", "VpcSecurityGroupIds": "sg-0123abcd"}


@pytest.fixture(scope="module")
def states():
    """Every combination of the conditions that a deployment can have."""
    conditions = list(translated().conditions)
    found = set()
    for values in product(*SIDES.values()):
        try:
            given = resolver(**dict(zip(SIDES, values, strict=True)))
        except TemplateError:
            continue  # the rules refuse it
        found.add(tuple(given.condition(name, name) for name in conditions))
    outside = conditions.index("InVpc")
    found |= {(*state[:outside], True, *state[outside + 1 :]) for state in found}
    return [dict(zip(conditions, state, strict=True)) for state in found]


def guarded(value, guards):
    """Every name that is referred to, with the conditions under which it is."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        condition, then, otherwise = value["Fn::If"]
        yield from guarded(then, {*guards, (condition, True)})
        yield from guarded(otherwise, {*guards, (condition, False)})
    elif isinstance(value, dict) and not {"Ref", "Fn::GetAtt", "Fn::Sub"} & set(value):
        for item in value.values():
            yield from guarded(item, guards)
    elif isinstance(value, list):
        for item in value:
            yield from guarded(item, guards)
    else:
        for name in names(value):
            yield name, frozenset(guards)


def references():
    """Where, what, and under which conditions: of all resources and outputs."""
    template = translated()
    for section in (template.resources, template.outputs):
        for where, each in section.items():
            guards = {(each["Condition"], True)} if "Condition" in each else set()
            body = {name: value for name, value in each.items() if name in ("Properties", "Value")}
            for name, held in guarded(body, guards):
                if name in template.resources:
                    yield where, name, held


def dangling(states):
    """References that some state reaches without what they refer to."""
    resources = translated().resources
    return {
        (where, name)
        for where, name, guards in references()
        if (wanted := resources[name].get("Condition"))
        and any(not state[wanted] and all(state[condition] is held for condition, held in guards) for state in states)
    }


def test_every_condition_takes_both_sides(states):
    read = {name for condition in document()["Conditions"].values() for name in names(condition)}
    assert read <= SIDES.keys() | VPC.keys(), "give the parameter a value for each side"
    for condition in translated().conditions:
        assert {state[condition] for state in states} == {True, False}, condition
    assert resolver(**VPC).condition("InVpc", "")


def test_nothing_refers_to_what_is_not_made(states):
    assert {name for _, name, _ in references()} >= {"UploadBucket", "UploadRule", "ResultCacheTable", "AlarmTopic"}
    assert dangling(states) == set()


def test_a_reference_that_dangles_is_found(states, monkeypatch):
    output = {"Value": {"Fn::If": ["ByEventBridge", {"Ref": "UploadRule"}, {"Ref": "UploadBucket"}]}}
    monkeypatch.setitem(translated().outputs, "Wrong", output)
    assert dangling(states) == {("Wrong", "UploadBucket")}
