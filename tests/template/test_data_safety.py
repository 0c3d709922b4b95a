"""What happens to data when its resource leaves the template, is replaced, or grows old: decided, for each resource."""

import pytest

from pixlake.localcloud import template as templates
from tests.conftest import ROOT
from tests.template.conftest import resolve

RETAIN = ("Retain", "Retain")
GOES = (None, None)  # CloudFormation's default: Delete, Delete
BY_TYPE = {
    "AWS::S3::Bucket": RETAIN,  # uploads; rows, error output
    "AWS::SQS::Queue": RETAIN,
    "AWS::DynamoDB::Table": RETAIN,
    "AWS::Glue::Database": RETAIN,  # Glue deletes it with all that is in it, analysts' own tables too
    "AWS::Glue::Table": RETAIN,  # the lake stays readable
    "AWS::KinesisFirehose::DeliveryStream": GOES,  # its rows are on their way for minutes; the runbook waits for them
    "AWS::Logs::LogGroup": GOES,  # logs expire after LogRetentionDays in any case
    "AWS::Athena::WorkGroup": GOES,  # history of queries; their results lie in the lake bucket and expire
}
"""(DeletionPolicy, UpdateReplacePolicy) of the types that hold something."""
BY_NAME = {
    "ResultCacheTable": ("Delete", "Delete"),  # may be emptied at any time
    "UploadQueue": ("Delete", "Retain"),  # its uploads lie in the bucket; those that wait in a replaced one do not move
}
VIEWS = GOES  # made again from the template, and nothing is in them


def expanded():
    """Resources of the template and of the nested one, SAM's transform done."""
    found = {}
    for path in ("template.yaml", "athena/catalog.yaml"):
        names = templates.read(ROOT / path)["Parameters"]
        given = {name: "1" for name, declared in names.items() if "Default" not in declared}
        found |= templates.load(ROOT / path, given, "us-east-1").resources
    return found


HOLDING = {name: each for name, each in expanded().items() if each["Type"] in BY_TYPE}


@pytest.mark.parametrize("name", HOLDING)
def test_what_becomes_of_its_data_is_decided(name):
    resource = HOLDING[name]
    view = (
        resource["Type"] == "AWS::Glue::Table" and resource["Properties"]["TableInput"]["TableType"] == "VIRTUAL_VIEW"
    )
    decided = VIEWS if view else BY_NAME.get(name, BY_TYPE[resource["Type"]])

    assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == decided


def test_the_decisions_are_about_resources_that_there_are():
    assert BY_NAME.keys() <= HOLDING.keys()
    assert {each["Type"] for each in HOLDING.values()} == BY_TYPE.keys()


def rules(bucket, **parameters):
    configuration = resolve(**parameters)[bucket]["Properties"].get("LifecycleConfiguration", {"Rules": []})
    return [rule for rule in configuration["Rules"] if rule["Status"] == "Enabled"]


def of_key(bucket, key, **parameters):
    """What lifecycle rules do to an object: the actions of all rules whose prefix it has."""
    actions = {}
    for rule in rules(bucket, **parameters):
        assert "Filter" not in rule
        assert "TagFilters" not in rule
        if key.startswith(rule.get("Prefix", "")):
            actions |= {name: value for name, value in rule.items() if name not in {"Id", "Status", "Prefix"}}
    return actions


def expiring(actions):
    """Those that remove a current version; `ExpiredObjectDeleteMarker` removes what stands for none."""
    return [name for name in actions if name.startswith("Expiration")]


FILE = "image_scores/dt=2026-11-03/part.parquet"
ERROR = "errors/format-conversion-failed/dt=2026-11-03/part"


def test_rows_move_to_a_cheaper_tier_and_stay():
    actions = of_key("LakeBucket", FILE)

    assert actions["Transitions"] == [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 0}]
    assert expiring(actions) == []


@pytest.mark.parametrize("key", [ERROR, f"replayed/{ERROR}"])
def test_error_output_is_kept_where_it_is(key):
    actions = of_key("LakeBucket", key)

    assert actions.keys() == {
        "NoncurrentVersionExpiration",
        "ExpiredObjectDeleteMarker",
        "AbortIncompleteMultipartUpload",
    }


def test_what_athena_answered_goes_after_a_month():
    assert of_key("LakeBucket", "athena-results/1.csv")["ExpirationInDays"] == 30


@pytest.mark.parametrize("key", [FILE, ERROR, "athena-results/1.csv", "anything"])
def test_old_versions_and_torn_uploads_of_the_lake_go(key):
    actions = of_key("LakeBucket", key)

    assert actions["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert actions["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_no_rule_removes_an_upload():
    actions = of_key("UploadBucket", "photos/cat.jpg")

    assert actions["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert [name for name in actions if "Expiration" in name or "Transition" in name] == []
