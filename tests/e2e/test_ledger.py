"""What got lost is found: a notification, a message that died, a row that Firehose could not convert."""

import json

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("ledger")]
CAT = ROOT / "samples" / "cat.jpg"
LOST = "lost/naïve photo + 100%.jpg"
# With an empty queue an upload is missed after 5 seconds: a buffer of 1, a grace of 4.
PARAMETERS = ("VisibilityTimeoutSeconds=6", "MaxReceiveCount=1", "ReconcileGraceSeconds=4", "ReconcileAttempts=1")


@pytest.fixture(scope="module")
def cloud():
    with running(*[part for each in PARAMETERS for part in ("--parameter", each)]) as started:
        started.client("s3").upload_file(str(CAT), started.bucket, "seen/cat.jpg")
        rows(started, "row_id", "seen/")  # from here on the scorer is warm
        yield started


def reconcile(cloud) -> dict:
    answer = cloud.client("lambda").invoke(FunctionName=cloud.variables["PIXLAKE_RECONCILE_FUNCTION"], Payload=b"{}")
    report = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def without_row(report: dict, place: str) -> int:
    """Uploads of all days that a run found in a place other than the lake."""
    return sum(day["no_row"][place] for day in report["days"])


def ask(cloud, sql: str) -> list[tuple[str, ...]]:
    """The answer's rows as text. Without the command: here it is asked again and again."""
    athena, names = cloud.client("athena"), cloud.variables
    started = athena.start_query_execution(
        QueryString=sql,
        WorkGroup=names["PIXLAKE_WORKGROUP"],
        QueryExecutionContext={"Database": names["PIXLAKE_DATABASE"]},
    )["QueryExecutionId"]

    def ended():
        status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
        return status if status["State"] not in ("QUEUED", "RUNNING") else None

    status = wait_for(ended, "the query's end")
    assert status["State"] == "SUCCEEDED", status
    _, *rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    return [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows]


def rows(cloud, columns: str, prefix: str, expected: int = 1, bucket: str | None = None) -> list[tuple[str, ...]]:
    """Rows of the keys that start with `prefix`, once there are as many as expected."""
    where = f"bucket = '{bucket or cloud.bucket}' AND starts_with(object_key, '{prefix}')"
    sql = f"SELECT {columns} FROM image_scores WHERE {where} ORDER BY object_key"
    return wait_for(lambda: found if len(found := ask(cloud, sql)) >= expected else None, f"rows of {prefix}")


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
    upload_unannounced(cloud, LOST)

    found = wait_for(lambda: report if (report := reconcile(cloud))["requeued"] else None, "the lost upload")

    assert (found["requeued"], found["complete"]) == (1, True)
    assert rows(cloud, "status, source, object_key", "lost/") == [("scored", "reconcile", LOST)]
    code, balance = ledger(cloud, "--now")
    assert (code, balance["uploaded"], balance["scored"], balance["unaccounted"]) == (0, 2, 2, 0)
    assert len(rows(cloud, "row_id", "lost/")) == 1

    ((path,),) = rows(cloud, '"$path"', "lost/")
    lake, _, key = path.removeprefix("s3://").partition("/")
    cloud.client("s3").delete_object(Bucket=lake, Key=key)  # the one attempt that it had comes to nothing
    wait_for(lambda: without_row(reconcile(cloud), "unaccounted"), "the upload among the unaccounted")
    code, balance = ledger(cloud)
    assert (code, balance["unaccounted"], balance["uploaded"], balance["lost"]) == (1, 1, 2, [LOST])
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
    wait_for(lambda: without_row(reconcile(cloud), "error_output") == 1, "the upload in the error output")
    planned = json.loads(cloud.pixlake("replay-errors", "--dry-run", "--json").stdout)
    replayed = json.loads(cloud.pixlake("replay-errors", "--json").stdout)

    assert planned["codes"] == {"DataFormatConversion.MalformedData": 1}
    assert (planned["rows"], planned["stay"], planned["sample"]) == (1, 0, ["unconverted/cat.jpg"])
    assert (replayed["rows"], replayed["refused"]) == (1, 0)
    assert rows(cloud, "status", "unconverted/") == [("scored",)]
    moved = s3.list_objects_v2(Bucket=lake, Prefix="replayed/")["Contents"]
    assert [item["Key"] for item in moved] == ["replayed/" + errors[0]["Key"]]
    after = reconcile(cloud)
    assert (after["error_lines"], without_row(after, "error_output")) == (0, 0)


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
    assert reconcile(cloud)["dead_letters"] == 1
    s3.create_bucket(Bucket="not-there-yet")
    s3.upload_file(str(CAT), "not-there-yet", "dead/cat.jpg")
    redriven = json.loads(cloud.pixlake("redrive", "--json").stdout)

    assert (redriven["moved"], redriven["status"]) == (1, "COMPLETED")
    assert rows(cloud, "status", "dead/", bucket="not-there-yet") == [("scored",)]
    assert cloud.dead_letters() == 0


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

    assert len(rows(cloud, "status", "v/", 13, bucket)) == 13
    sql = f"SELECT object_key, version_id FROM images WHERE bucket = '{bucket}' ORDER BY object_key"
    assert ask(cloud, sql) == [
        ("v/newest-version-removed", back),
        ("v/old-version-removed", second),
        ("v/unmarked", unmarked),
    ]
