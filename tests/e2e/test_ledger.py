"""What got lost is found: a notification, a message that died, a row that Firehose could not convert."""

import json

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("ledger")]
CAT = ROOT / "samples" / "cat.jpg"
# An upload is missed after 7 seconds: one delivery of 5, a batching window and a buffer of 1 each.
PARAMETERS = ("VisibilityTimeoutSeconds=5", "MaxReceiveCount=1", "ReconcileGraceSeconds=0", "ReconcileAttempts=1")


@pytest.fixture(scope="module")
def cloud():
    with running(*[part for each in PARAMETERS for part in ("--parameter", each)]) as started:
        started.client("s3").upload_file(str(CAT), started.bucket, "seen/cat.jpg")
        started.rows("row_id", "seen/", 1)  # from here on the scorer is warm
        yield started


def reconcile(cloud) -> dict:
    answer = cloud.client("lambda").invoke(FunctionName=cloud.variables["PIXLAKE_RECONCILE_FUNCTION"], Payload=b"{}")
    report = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def ledger(cloud, *options) -> tuple[int, dict]:
    ended = cloud.pixlake("ledger", "--json", *options, check=False)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def upload_unannounced(cloud, key):
    """An upload whose notification gets lost."""
    s3 = cloud.client("s3")
    configuration = s3.get_bucket_notification_configuration(Bucket=cloud.bucket)
    configuration.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=cloud.bucket, NotificationConfiguration={})
    s3.upload_file(str(CAT), cloud.bucket, key)
    s3.put_bucket_notification_configuration(Bucket=cloud.bucket, NotificationConfiguration=configuration)


def test_a_lost_notification_is_found_and_scored_once_and_what_stays_lost_is_unaccounted_for(cloud):
    upload_unannounced(cloud, "lost/naïve photo + 100%.jpg")

    found = wait_for(lambda: report if (report := reconcile(cloud))["requeued"] else None, "the lost upload")

    assert (found["requeued"], found["complete"]) == (1, True)
    (row,) = cloud.rows("status, source, object_key", "lost/", 1)
    assert row == {"status": "scored", "source": "reconcile", "object_key": "lost/naïve photo + 100%.jpg"}
    code, balance = ledger(cloud, "--now")
    assert (code, balance["uploaded"], balance["scored"], balance["unaccounted"]) == (0, 2, 2, 0)
    assert len(cloud.rows("row_id", "lost/", 1)) == 1

    s3, lake = cloud.client("s3"), cloud.variables["PIXLAKE_LAKE_BUCKET"]
    for item in s3.list_objects_v2(Bucket=lake, Prefix="image_scores/")["Contents"]:
        if cloud.sql(f"SELECT object_key FROM image_scores WHERE \"$path\" = 's3://{lake}/{item['Key']}'") == [
            {"object_key": row["object_key"]}
        ]:
            s3.delete_object(Bucket=lake, Key=item["Key"])
    wait_for(lambda: ledger(cloud, "--now")[0], "the exit status that says: unaccounted")
    code, balance = ledger(cloud)
    assert (code, balance["unaccounted"], balance["uploaded"], balance["lost"]) == (1, 1, 2, [row["object_key"]])
    assert reconcile(cloud)["requeued"] == 0


def test_rows_that_could_not_be_converted_are_known_and_replayed(cloud):
    s3, glue, lake = cloud.client("s3"), cloud.client("glue"), cloud.variables["PIXLAKE_LAKE_BUCKET"]
    names = {"DatabaseName": cloud.variables["PIXLAKE_DATABASE"], "Name": cloud.variables["PIXLAKE_TABLE"]}
    table = glue.get_table(**names)["Table"]
    kept = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor", "Description")
    good = {name: table[name] for name in kept if name in table}
    broken = json.loads(json.dumps(good))
    next(each for each in broken["StorageDescriptor"]["Columns"] if each["Name"] == "status")["Type"] = "bigint"

    glue.update_table(DatabaseName=names["DatabaseName"], TableInput=broken)
    s3.upload_file(str(CAT), cloud.bucket, "unconverted/cat.jpg")
    errors = wait_for(lambda: s3.list_objects_v2(Bucket=lake, Prefix="errors/").get("Contents"), "an error line")
    glue.update_table(DatabaseName=names["DatabaseName"], TableInput=good)
    wait_for(lambda: reconcile(cloud)["days"][0]["no_row"]["error_output"] == 1, "the upload in the error output")
    planned = json.loads(cloud.pixlake("replay-errors", "--dry-run", "--json").stdout)
    replayed = json.loads(cloud.pixlake("replay-errors", "--json").stdout)

    assert planned["codes"] == {"DataFormatConversion.MalformedData": 1}
    assert (planned["rows"], planned["stay"], planned["sample"]) == (1, 0, ["unconverted/cat.jpg"])
    assert (replayed["rows"], replayed["refused"]) == (1, 0)
    assert [row["status"] for row in cloud.rows("status", "unconverted/", 1)] == ["scored"]
    moved = s3.list_objects_v2(Bucket=lake, Prefix="replayed/")["Contents"]
    assert [item["Key"] for item in moved] == ["replayed/" + errors[0]["Key"]]
    assert json.loads(cloud.pixlake("replay-errors", "--json").stdout)["objects"] == 0
    _, balance = ledger(cloud, "--now")
    assert (balance["error_output"], balance["error_lines_now"]) == (0, 0)


def test_dead_letters_are_redriven_once_their_cause_is_mended(cloud):
    sqs, s3 = cloud.client("sqs"), cloud.client("s3")
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-03T09:15:27.104Z",
        "s3": {"bucket": {"name": "not-there-yet"}, "object": {"key": "dead/cat.jpg", "sequencer": "01"}},
    }
    sqs.send_message(QueueUrl=cloud.variables["PIXLAKE_QUEUE_URL"], MessageBody=json.dumps({"Records": [record]}))
    wait_for(cloud.dead_letters, "the dead letter")

    shown = json.loads(cloud.pixlake("redrive", "--dry-run", "--json").stdout)
    assert (shown["dead_letters"], [each["keys"] for each in shown["sample"]]) == (1, [["dead/cat.jpg"]])
    assert ledger(cloud)[1]["dead_letters_now"] == 1
    s3.create_bucket(Bucket="not-there-yet")
    s3.upload_file(str(CAT), "not-there-yet", "dead/cat.jpg")
    redriven = json.loads(cloud.pixlake("redrive", "--json").stdout)

    assert (redriven["moved"], redriven["status"]) == (1, "COMPLETED")
    assert [row["status"] for row in cloud.rows("status", "dead/", 1, bucket="not-there-yet")] == ["scored"]
    assert cloud.dead_letters() == 0
    assert json.loads(cloud.pixlake("redrive", "--json").stdout)["status"] == "NOTHING"


def test_the_view_images_follows_removals_of_versions_and_markers(cloud):
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    queue = cloud.variables["PIXLAKE_QUEUE_URL"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bucket = "with-versions"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": events}]},
    )

    def put(key):
        return s3.put_object(Bucket=bucket, Key=f"v/{key}", Body=CAT.read_bytes())["VersionId"]

    first, second = put("old-version-removed"), put("old-version-removed")
    s3.delete_object(Bucket=bucket, Key="v/old-version-removed", VersionId=first)
    back, newest = put("newest-version-removed"), put("newest-version-removed")
    s3.delete_object(Bucket=bucket, Key="v/newest-version-removed", VersionId=newest)
    put("marked")
    s3.delete_object(Bucket=bucket, Key="v/marked")
    unmarked = put("unmarked")
    marker = s3.delete_object(Bucket=bucket, Key="v/unmarked")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="v/unmarked", VersionId=marker)
    put("expired")
    expiry = {
        "eventName": "LifecycleExpiration:DeleteMarkerCreated",
        "eventTime": "2099-11-03T09:15:27.104Z",
        "s3": {"bucket": {"name": bucket}, "object": {"key": "v/expired", "versionId": "m", "sequencer": "F" * 18}},
    }
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [expiry]}))

    sql = f"SELECT object_key, version_id FROM images WHERE bucket = '{bucket}' ORDER BY object_key"
    rows = cloud.rows("status", "v/", 13, bucket=bucket)
    assert len(rows) == 13
    assert [(row["object_key"], row["version_id"]) for row in cloud.sql(sql)] == [
        ("v/newest-version-removed", back),
        ("v/old-version-removed", second),
        ("v/unmarked", unmarked),
    ]
