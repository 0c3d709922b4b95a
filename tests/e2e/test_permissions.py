"""Least privilege, judged by what the functions called while all the other tests ran.

A call that no permission allows would be refused on AWS, where nobody would see it here. A permission that no call
needed is one too many, or a path through the code that no test takes: take it out, add the test, or say why below.
"""

from fnmatch import fnmatchcase

import pytest

from tests.e2e.conftest import recorded
from tests.template.conftest import resolve

pytestmark = [pytest.mark.e2e, pytest.mark.last]

UNSEEN = {
    (
        "ScoreUploadsFunction",
        "s3:ListBucket",
        "*",
    ): "never called: without it S3 answers 403 for an absent key, not 404",
    # Athena does it in the caller's name; the local one in its own.
    ("ReconcileUploadsFunction", "glue:GetDatabase", "*"): "Athena looks up the database",
    ("ReconcileUploadsFunction", "glue:GetTable", "*"): "Athena looks up the table and the views",
    ("ReconcileUploadsFunction", "glue:GetPartitions", "*"): "Athena plans over a partitioned table",
    ("ReconcileUploadsFunction", "s3:GetObject", "*/image_scores/*"): "Athena reads rows",
    ("ReconcileUploadsFunction", "s3:PutObject", "*/athena-results/*"): "Athena writes results",
    ("ReconcileUploadsFunction", "s3:AbortMultipartUpload", "*/athena-results/*"): "Athena writes large results",
    ("ReconcileUploadsFunction", "s3:ListMultipartUploadParts", "*/athena-results/*"): "Athena writes large results",
    ("ReconcileUploadsFunction", "s3:ListBucketMultipartUploads", "*"): "Athena writes large results",
    ("ReconcileUploadsFunction", "s3:GetBucketLocation", "*"): "Athena checks where its results go",
    # Firehose itself assumes this role, and the local one needs none.
    ("RowStreamRole", "s3:PutObject", "*"): "Parquet and error output",
    ("RowStreamRole", "s3:GetObject", "*"): "what Firehose documents for a bucket that it delivers to",
    ("RowStreamRole", "s3:AbortMultipartUpload", "*"): "what Firehose documents: large files, given up",
    ("RowStreamRole", "s3:ListMultipartUploadParts", "*"): "what Firehose documents: large files, completed",
    ("RowStreamRole", "s3:GetBucketLocation", "*"): "what Firehose documents: the bucket's region",
    ("RowStreamRole", "s3:ListBucket", "*"): "what Firehose documents: it tells absent from forbidden",
    ("RowStreamRole", "s3:ListBucketMultipartUploads", "*"): "what Firehose documents: large files, found again",
    ("RowStreamRole", "glue:GetTable", "*"): "the table whose schema the Parquet has",
    ("RowStreamRole", "glue:GetTableVersion", "*"): "the schema's version LATEST",
    ("RowStreamRole", "glue:GetTableVersions", "*"): "the schema's version LATEST",
    ("RowStreamRole", "logs:PutLogEvents", "*"): "why a delivery failed",
}
"""Permissions that no recording shows: role or function, action, pattern of the resource; and the reason.

What KMS and AWS's managed policies allow is held to its purpose in tests/template/test_security.py.
"""

SOMETIMES = {
    ("ReconcileUploadsFunction", "athena:StopQueryExecution", "*"): "when a run's time is up before the answer",
    ("ReconcileUploadsFunction", "cloudwatch:GetMetricData", "*"): "while messages wait in the queue",
    ("ReconcileUploadsFunction", "sqs:ReceiveMessage", "*"): "while there are dead letters and an upload has no row",
    ("ReconcileUploadsFunction", "sqs:ChangeMessageVisibility", "*"): "when it gives dead letters back",
}
"""Permissions that a recording may show or not, as the moment has it."""

RESOURCES = resolve()
FUNCTIONS = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::Lambda::Function"]
OWNERS = {RESOURCES[name]["Properties"]["Role"].removesuffix(".Arn"): name for name in FUNCTIONS}
ROLES = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::IAM::Role"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_makes_no_call_that_its_role_does_not_allow(recorded_run, function):
    record = recorded(recorded_run, lambda record: record.calls.get(function))

    assert record.calls.get(function), f"nothing recorded of {function}: run all of tests/e2e, a test must invoke it"
    assert record.missing(function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_no_permission_that_it_does_not_use(recorded_run, function):
    def too_many(record):
        reasons = UNSEEN | SOMETIMES
        return {p for p in record.unused(function) if not any(explains(each, function, p) for each in reasons)}

    record = recorded(recorded_run, lambda record: record.calls.get(function) and not too_many(record))

    assert record.calls.get(function), f"nothing recorded of {function}: run all of tests/e2e, a test must invoke it"
    assert too_many(record) == set()


def test_what_no_recording_shows_is_granted_and_has_its_reason(recorded_run):
    record = recorded(recorded_run, lambda record: record.permissions)

    assert record.permissions.keys() == {OWNERS.get(role, role) for role in ROLES}
    of_services = {(name, p) for name in record.permissions.keys() - FUNCTIONS for p in record.permissions[name]}
    assert {pair for pair in of_services if not any(explains(each, *pair) for each in UNSEEN)} == set()
    for each in UNSEEN | SOMETIMES:
        explained = {p for p in record.permissions[each[0]] if explains(each, each[0], p)}
        assert explained, f"{each}: a reason for what is not granted any more"
        assert each in SOMETIMES or explained & record.unused(each[0]), f"{each}: a reason for what the tests do show"


def explains(entry, name, permission):
    return entry[:2] == (name, permission.action) and fnmatchcase(permission.resource, entry[2])
