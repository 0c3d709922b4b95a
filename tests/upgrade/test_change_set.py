"""An update from the last release replaces and removes nothing that holds data; a template that did would be found."""

import shutil

import pytest

from pixlake.localcloud import template as templates
from tests.conftest import ROOT
from tests.upgrade.change_set import Action, Change, change_set, resources
from tests.upgrade.releases import LAST

STATE = {
    "AWS::Athena::WorkGroup": "analysts' saved queries and history go with it",
    "AWS::CloudFormation::Stack": "all of the catalog goes with it",
    "AWS::DynamoDB::Table": "attempts and results of the ledger",
    "AWS::Events::EventBus": "subscribers' rules hang on it",
    "AWS::Glue::Database": "analysts' own tables and views lie in it",
    "AWS::Glue::Table": "what makes rows of files",
    "AWS::KinesisFirehose::DeliveryStream": "rows that are not in a file yet",
    "AWS::Logs::LogGroup": "why something happened",
    "AWS::S3::Bucket": "uploads, rows",
    "AWS::SNS::Topic": "subscribers of alarms",
    "AWS::SQS::Queue": "uploads that are not scored yet, or could not be",
}
"""Types of resources that a new one does not make good, and why."""
MAY_BE_REPLACED = {"ResultCacheTable"}  # what is lost of it is computed again
DEPLOYED_WITH = [
    {},
    {"AlarmEmail": "ops@example.org", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/a-key"},
    {"ResultCache": "off", "AlertOn": "", "MaximumConcurrency": 500},
]


def losses(changes):
    """Those of the changes by which data is lost, or left behind."""
    return [
        change
        for change in changes
        if change.type in STATE
        and change.action in {Action.REPLACED, Action.REMOVED}
        and change.logical_id not in MAY_BE_REPLACED
    ]


@pytest.mark.parametrize("parameters", DEPLOYED_WITH, ids=lambda each: ",".join(each) or "defaults")
def test_an_update_of_the_last_release_replaces_and_removes_nothing_that_holds_data(parameters):
    assert losses(change_set(LAST / "template.yaml", ROOT / "template.yaml", **parameters)) == []


def test_what_holds_data_has_the_name_that_it_had():
    """Said once more without the comparison's rules: logical ids, and names that the template gives itself."""
    was, now = (resources(templates.load(folder / "template.yaml", {}, "us-east-1")) for folder in (LAST, ROOT))
    kept = {name for name, each in was.items() if each["Type"] in STATE} - MAY_BE_REPLACED

    assert {"UploadBucket", "LakeBucket", "UploadQueue", "UploadDeadLetterQueue", "LedgerTable", "RowStream"} <= kept
    assert kept <= now.keys()
    for name in kept:
        given = [
            each["Properties"].get("BucketName", each["Properties"].get("Name")) for each in (was[name], now[name])
        ]
        assert given[0] == given[1], name


@pytest.fixture
def checkout(tmp_path):
    """A copy of the templates that a test may spoil: `spoil(file, text, other)`."""
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copytree(ROOT / "athena", tmp_path / "athena")
    return tmp_path


def spoil(folder, file, text, other):
    path = folder / file
    whole = path.read_text(encoding="utf-8")
    assert text in whole, "the mutation must hit"
    path.write_text(whole.replace(text, other), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "other", "loss"),
    [
        (
            "template.yaml",
            'BucketName: !Sub "${AWS::StackName}-lake-${AWS::AccountId}-${AWS::Region}"',
            'BucketName: !Sub "${AWS::StackName}-rows-${AWS::AccountId}-${AWS::Region}"',
            Change(Action.REPLACED, "LakeBucket", "AWS::S3::Bucket", ("BucketName",)),
        ),
        (
            "template.yaml",
            "      VisibilityTimeout: !Ref",
            "      QueueName: uploads\n      VisibilityTimeout: !Ref",
            Change(Action.REPLACED, "UploadQueue", "AWS::SQS::Queue", ("QueueName",)),
        ),
        (
            "template.yaml",
            "LedgerTable",
            "AttemptsTable",
            Change(Action.REMOVED, "LedgerTable", "AWS::DynamoDB::Table"),
        ),
        (
            "template.yaml",
            "[{ AttributeName: id, KeyType: HASH }]",
            "[{ AttributeName: day, KeyType: HASH }]",
            Change(Action.REPLACED, "LedgerTable", "AWS::DynamoDB::Table", ("KeySchema",)),
        ),
        (
            "template.yaml",
            "DeliveryStreamType: DirectPut",
            "DeliveryStreamType: KinesisStreamAsSource",
            Change(Action.REPLACED, "RowStream", "AWS::KinesisFirehose::DeliveryStream", ("DeliveryStreamType",)),
        ),
        (
            "template.yaml",
            "DynamicPartitioningConfiguration: { Enabled: true }",
            "DynamicPartitioningConfiguration: { Enabled: false }",
            Change(
                Action.REPLACED,
                "RowStream",
                "AWS::KinesisFirehose::DeliveryStream",
                ("ExtendedS3DestinationConfiguration/DynamicPartitioningConfiguration/Enabled",),
            ),
        ),
        (
            "template.yaml",
            'Name: !Sub "${AWS::StackName}-alerts"',
            'Name: !Sub "${AWS::StackName}-moderation"',
            Change(Action.REPLACED, "AlertBus", "AWS::Events::EventBus", ("Name",)),
        ),
        (
            "athena/catalog.yaml",
            "Name: image_scores\n",
            "Name: image_rows\n",
            Change(Action.REPLACED, "Catalog/ImageScores", "AWS::Glue::Table", ("TableInput/Name",)),
        ),
        (
            "template.yaml",
            "        DatabaseName: !Ref DatabaseName\n        WorkGroupName",
            '        DatabaseName: !Sub "${DatabaseName}_2"\n        WorkGroupName',
            Change(Action.REPLACED, "Catalog/Database", "AWS::Glue::Database", ("DatabaseInput/Name",)),
        ),
        (
            "template.yaml",
            "  UploadDeadLetterQueue:\n    Type: AWS::SQS::Queue\n",
            "  UploadDeadLetterQueue:\n    Type: AWS::SQS::Queue\n    Condition: HasAlarmEmail\n",
            Change(Action.REMOVED, "UploadDeadLetterQueue", "AWS::SQS::Queue"),
        ),
    ],
    ids=lambda value: value.logical_id if isinstance(value, Change) else "",
)
def test_a_template_that_would_lose_data_is_found(checkout, file, text, other, loss):
    spoil(checkout, file, text, other)

    assert loss in losses(change_set(ROOT / "template.yaml", checkout / "template.yaml"))


def test_what_refers_to_a_replaced_resource_may_be_replaced_too(checkout):
    spoil(checkout, "athena/catalog.yaml", "Name: !Ref 'DatabaseName'", "Name: lake")

    lost = {change.logical_id for change in losses(change_set(ROOT / "template.yaml", checkout / "template.yaml"))}
    assert {"Catalog/Database", "Catalog/ImageScores", "Catalog/UploadsView"} <= lost


def test_a_column_a_query_and_an_alarm_are_updated_where_they_are(checkout):
    spoil(
        checkout,
        "athena/catalog.yaml",
        "- Name: status\n            Type: string",
        "- Name: state\n            Type: string",
    )
    spoil(checkout, "template.yaml", "RetentionInDays: !Ref LogRetentionDays", "RetentionInDays: 7")
    changes = change_set(ROOT / "template.yaml", checkout / "template.yaml")

    assert losses(changes) == []
    assert Change(Action.UPDATED, "Catalog/ImageScores", "AWS::Glue::Table", ("TableInput",)) in changes
    assert Change(Action.UPDATED, "RowStreamLogGroup", "AWS::Logs::LogGroup", ("RetentionInDays",)) in changes
    assert change_set(ROOT / "template.yaml", ROOT / "template.yaml") == []
