"""A stack on buckets that were there before it: uploads to each become rows, and what is not announced is found."""

import json

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("existing")]
CAT = ROOT / "samples" / "cat.jpg"
PARAMETERS = (
    "ExistingBuckets=photos-one,photos-two",
    "Entry=eventbridge",
    "KeyPrefix=in/",
    "KeySuffix=.jpg",
    "ReconcileGraceSeconds=4",
)


@pytest.fixture(scope="module")
def cloud():
    # Not recorded: what the roles may do in each bucket of a list stands in tests/template/test_entries.py.
    template = ("--template", str(ROOT / "template.yaml"))
    with running(*template, *[part for each in PARAMETERS for part in ("--parameter", each)]) as started:
        for bucket in ("photos-one", "photos-two"):
            started.client("s3").create_bucket(Bucket=bucket)
            announce(started, bucket, {"EventBridgeConfiguration": {}})
        yield started


def announce(cloud, bucket, configuration):
    cloud.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def reconcile(cloud):
    answer = cloud.client("lambda").invoke(FunctionName=cloud.variables["PIXLAKE_RECONCILE_FUNCTION"], Payload=b"{}")
    report = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def test_uploads_to_each_bucket_become_rows_and_what_was_not_announced_is_found(cloud):
    s3 = cloud.client("s3")
    unnamed = cloud.pixlake("upload", CAT, check=False)
    assert "name one, photos-one or photos-two" in unnamed.stderr
    cloud.pixlake("upload", CAT, "--bucket", "photos-one", "--prefix", "in/")
    cloud.pixlake("upload", CAT, "--bucket", "photos-one", "--prefix", "elsewhere/")
    announce(cloud, "photos-two", {})
    s3.upload_file(str(CAT), "photos-two", "in/unannounced.jpg")
    s3.upload_file(str(CAT), "photos-two", "in/unannounced.txt")

    wait_for(lambda: cloud.ask("SELECT 1 FROM image_scores"), "the first row")
    found = wait_for(lambda: report if (report := reconcile(cloud))["requeued"] else None, "what was not announced")

    assert (found["requeued"], found["complete"]) == (1, True)
    select = "SELECT bucket, object_key, status, source FROM image_scores ORDER BY bucket"
    rows = wait_for(lambda: rows if len(rows := cloud.ask(select)) > 1 else None, "the second row")
    assert [tuple(row.values()) for row in rows] == [
        ("photos-one", "in/cat.jpg", "scored", "live"),
        ("photos-two", "in/unannounced.jpg", "scored", "reconcile"),
    ]
    balance = json.loads(cloud.pixlake("ledger", "--now", "--json").stdout)
    assert {day["bucket"]: day["uploaded"] for day in balance["days"]} == {"photos-one": 1, "photos-two": 1}
    assert (balance["uploaded"], balance["scored"], balance["unaccounted"]) == (2, 2, 0)


def test_doctor_names_a_bucket_that_is_not_connected_and_is_well_once_it_is(cloud):
    announce(cloud, "photos-two", {})

    told = json.loads(cloud.pixlake("doctor", "--json", check=False).stdout)
    assert told["failed"] == ["notifications"], told
    (finding,) = [each for each in told["checks"] if each["check"] == "notifications"]
    assert "s3://photos-two does not notify" in finding["what"]
    assert "pixlake connect photos-two" in finding["advice"]

    cloud.pixlake("connect", "photos-two", "--yes")
    told = json.loads(cloud.pixlake("doctor", "--json", "--timeout", "120", check=False).stdout)
    assert (told["healthy"], told["failed"]) == (True, []), told
    image = told["checks"][-1]["facts"]["key"]
    assert (image.startswith("in/"), image.endswith(".jpg")) == (True, True), "or the stack's rule would not take it"
