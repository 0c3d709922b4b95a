"""Least privilege, judged by what the functions called while all the other tests ran.

A call that no permission allows would be refused on AWS, where nobody would see it here. A permission that no call
needed is one too many, or a path through the code that no test takes: take it out, add the test, or say why below.
"""

import pytest

from tests.e2e.conftest import recorded
from tests.template.conftest import resolve

pytestmark = [pytest.mark.e2e, pytest.mark.last]

UNSEEN = {
    ("ScoreUploadsFunction", "s3:ListBucket"): "never called: with it S3 answers 404 for an absent key, without it 403",
    # Firehose itself assumes this role, and the local one needs none.
    ("RowStreamRole", "s3:PutObject"): "Parquet and error output",
    ("RowStreamRole", "s3:GetObject"): "what Firehose documents for its destinations: it completes multipart uploads",
    ("RowStreamRole", "s3:AbortMultipartUpload"): "what Firehose documents: large files, given up",
    ("RowStreamRole", "s3:ListMultipartUploadParts"): "what Firehose documents: large files, completed",
    ("RowStreamRole", "s3:GetBucketLocation"): "what Firehose documents: the bucket's region",
    ("RowStreamRole", "s3:ListBucket"): "what Firehose documents: it tells absent from forbidden",
    ("RowStreamRole", "s3:ListBucketMultipartUploads"): "what Firehose documents: large files, found again",
    ("RowStreamRole", "glue:GetTable"): "the table whose schema the Parquet has",
    ("RowStreamRole", "glue:GetTableVersion"): "the schema's version LATEST",
    ("RowStreamRole", "glue:GetTableVersions"): "the schema's version LATEST",
    ("RowStreamRole", "logs:PutLogEvents"): "why a delivery failed",
}
"""Permissions that no recording shows, with the reason. Those of AWS's managed policies: tests/template."""

NOT_OURS = "arn:aws:s3:::announced-by-"
"""Buckets of the tests' own, standing for one whose owner sends its notifications and grants the reading himself."""

RESOURCES = resolve()
FUNCTIONS = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::Lambda::Function"]
ROLES = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::IAM::Role"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_makes_no_call_that_its_role_does_not_allow(recorded_run, function):
    record = recorded(recorded_run, lambda record: record.calls.get(function))

    assert record.calls.get(function), f"nothing recorded of {function}: run all of tests/e2e, a test must invoke it"
    assert {call for call in record.missing(function) if not str(call[1]).startswith(NOT_OURS)} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_no_permission_that_it_does_not_use(recorded_run, function):
    def too_many(record):
        return {p for p in record.unused(function) if (function, p.action) not in UNSEEN}

    record = recorded(recorded_run, lambda record: record.calls.get(function) and not too_many(record))

    assert record.calls.get(function), f"nothing recorded of {function}: run all of tests/e2e, a test must invoke it"
    assert too_many(record) == set()


def test_what_no_recording_shows_is_granted_and_has_its_reason(recorded_run):
    record = recorded(recorded_run, lambda record: record.permissions)

    assert len(record.permissions) == len(ROLES)
    of_services = {
        (name, permission.action)
        for name, permissions in record.permissions.items()
        for permission in permissions
        if name not in FUNCTIONS
    }
    seen = {(name, action) for name, calls in record.calls.items() for action, _ in calls}
    granted = {(name, p.action) for name, permissions in record.permissions.items() for p in permissions}
    assert of_services - UNSEEN.keys() == set(), "a role that no test can see needs its reasons in UNSEEN"
    assert UNSEEN.keys() - granted == set(), "a reason for what is not granted any more"
    assert UNSEEN.keys() & seen == set(), "a reason for what the tests do show"
