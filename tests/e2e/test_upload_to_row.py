"""From upload to row: real photos through real processes, read back with clients that nobody here wrote."""

import json
import math
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import awswrangler as wr
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import clean_environment, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
SAMPLES = ROOT / "samples"
ODD_KEY = "odd/naïve photo + 100% \u4f60\u597d & 'quoted'.jpg"


@pytest.fixture(scope="module")
def samples(cloud):
    """The samples' rows."""
    cloud.pixlake("upload", SAMPLES, "--prefix", "samples/")
    count = sum(path.is_file() and path.suffix != ".md" for path in SAMPLES.rglob("*"))
    columns = "object_key, status, error.code AS code, CAST(image AS json) AS image, models, timing"
    models = "CAST(category AS json) AS category, CAST(quality AS json) AS quality, CAST(text AS json) AS text"
    return cloud.rows(f"{columns}, {models}, CAST(nsfw AS json) AS nsfw", "samples/", count)


def close(found, expected) -> bool:
    """Equal, with numbers within 1e-4."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, float):
        return math.isclose(found, expected, abs_tol=1e-4)
    return found == expected


def test_rows_hold_the_same_scores_as_pixlake_score(cloud, samples):
    printed = cloud.pixlake("score", SAMPLES, "--json").stdout
    scores = {
        Path(line["path"]).relative_to(SAMPLES).as_posix(): line for line in map(json.loads, printed.splitlines())
    }

    rows = {row["object_key"].removeprefix("samples/"): row for row in samples}
    assert rows.keys() == scores.keys()
    for key, score in scores.items():
        assert rows[key]["status"] == score["status"]
        for model in ("category", "quality", "text", "nsfw"):
            found = rows[key][model] and json.loads(rows[key][model])
            assert close(found, score.get(model)), f"{key}: {model}: {found} is not {score.get(model)}"


def test_the_corrupt_sample_is_a_rejected_row_and_all_others_are_scored(samples):
    rejected = {row["object_key"]: row["code"] for row in samples if row["status"] != "scored"}

    assert rejected == {"samples/broken-upload.jpg": "truncated"}


def test_the_stack_s_first_query_shows_the_newest_uploads(cloud, samples):
    rows = cloud.ask(cloud.outputs["FirstQuery"])

    assert 0 < len(rows) <= 20
    assert rows[0].keys() == {"object_key", "status", "label", "quality", "nsfw"}


def test_a_key_with_everything_in_it_becomes_a_row_that_awswrangler_reads(cloud, tmp_path, monkeypatch):
    photo = SAMPLES / "cat.jpg"
    before = datetime.now(UTC) - timedelta(seconds=2)
    put = cloud.aws(
        *("s3api", "put-object", "--bucket", cloud.bucket, "--key", ODD_KEY, "--body", photo),
        *("--content-type", "image/jpeg"),
    )
    cloud.rows("object_key", "odd/", 1)

    for name, value in cloud.variables.items():
        monkeypatch.setenv(name, value)
    frame = wr.athena.read_sql_query(
        "SELECT *, nsfw.score AS nsfw_score, image.width AS width FROM image_scores "
        "WHERE starts_with(object_key, 'odd/')",
        database=cloud.variables["PIXLAKE_DATABASE"],
        workgroup=cloud.variables["PIXLAKE_WORKGROUP"],
        ctas_approach=False,
    )

    (row,) = frame.to_dict("records")
    assert row["object_key"] == ODD_KEY
    assert row["status"] == "scored"
    assert row["etag"] == put["ETag"].strip('"')
    assert row["content_sha256"] == sha256(photo.read_bytes()).hexdigest()
    assert row["object_bytes"] == photo.stat().st_size
    assert row["content_type"] == "image/jpeg"
    assert before <= row["uploaded_at"].tz_localize(UTC) <= datetime.now(UTC) + timedelta(seconds=2)
    assert row["dt"] == str(row["uploaded_at"].date())
    assert row["sequencer"]
    assert 0 <= row["nsfw_score"] <= 1
    assert row["width"] == 451


def test_the_aws_cli_asks_athena(cloud, samples):
    started = cloud.aws(
        *("athena", "start-query-execution", "--work-group", cloud.variables["PIXLAKE_WORKGROUP"]),
        *("--query-execution-context", f"Database={cloud.variables['PIXLAKE_DATABASE']}"),
        *(
            "--query-string",
            "SELECT count(*) AS n, max(category.score) AS best FROM image_scores WHERE status = 'scored'",
        ),
    )
    execution = wait_for(
        lambda: (
            answer["QueryExecution"]
            if (
                answer := cloud.aws(
                    "athena", "get-query-execution", "--query-execution-id", started["QueryExecutionId"]
                )
            )
            and answer["QueryExecution"]["Status"]["State"] not in ("QUEUED", "RUNNING")
            else None
        ),
        "the query's end",
    )

    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    results = cloud.aws("athena", "get-query-results", "--query-execution-id", started["QueryExecutionId"])
    header, row = results["ResultSet"]["Rows"]
    assert [column["VarCharValue"] for column in header["Data"]] == ["n", "best"]
    assert int(row["Data"][0]["VarCharValue"]) >= len(samples) - 1
    assert 0.5 < float(row["Data"][1]["VarCharValue"]) <= 1


def test_a_removed_object_gives_a_deleted_row(cloud):
    s3 = cloud.client("s3")
    s3.upload_file(str(SAMPLES / "cat.jpg"), cloud.bucket, "gone/cat.jpg")
    cloud.rows("status", "gone/", 1)

    s3.delete_object(Bucket=cloud.bucket, Key="gone/cat.jpg")

    rows = cloud.rows("status, event_time", "gone/", 2)
    assert {row["status"] for row in rows} == {"scored", "deleted"}


def test_a_version_that_is_gone_gives_a_missing_row(cloud, event):
    notification = json.loads(event("s3_object_created"))
    stored = notification["Records"][0]["s3"]
    stored["bucket"]["name"] = cloud.bucket
    stored["object"] |= {"key": "versions/gone.jpg", "versionId": "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"}

    cloud.client("sqs").send_message(
        QueueUrl=cloud.variables["PIXLAKE_QUEUE_URL"], MessageBody=json.dumps(notification)
    )

    (row,) = cloud.rows("status, version_id", "versions/", 1)
    assert row == {"status": "missing", "version_id": "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"}


def test_sns_wrapped_notifications_become_rows(cloud):
    s3, sns, sqs = cloud.client("s3"), cloud.client("sns"), cloud.client("sqs")
    queue = cloud.variables["PIXLAKE_QUEUE_URL"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3.create_bucket(Bucket="announced-by-sns")
    configuration = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="announced-by-sns", NotificationConfiguration=configuration)

    s3.upload_file(str(SAMPLES / "cat.jpg"), "announced-by-sns", ODD_KEY)

    (row,) = cloud.rows("object_key, status", "odd/", 1, bucket="announced-by-sns")
    assert row == {"object_key": ODD_KEY, "status": "scored"}


def test_eventbridge_notifications_become_rows(cloud):
    s3, events, sqs = cloud.client("s3"), cloud.client("events"), cloud.client("sqs")
    queue = cloud.variables["PIXLAKE_QUEUE_URL"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket="announced-by-eventbridge")
    s3.put_bucket_notification_configuration(
        Bucket="announced-by-eventbridge", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["announced-by-eventbridge"]}}}
    events.put_rule(Name="uploads", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="uploads", Targets=[{"Id": "queue", "Arn": arn}])

    s3.upload_file(str(SAMPLES / "cat.jpg"), "announced-by-eventbridge", ODD_KEY)

    (row,) = cloud.rows("object_key, status", "odd/", 1, bucket="announced-by-eventbridge")
    assert row == {"object_key": ODD_KEY, "status": "scored"}


def test_score_needs_neither_server_nor_credentials(cloud):
    scored = cloud._run("pixlake", "score", SAMPLES / "cat.jpg", "--json", env=clean_environment())

    (line,) = map(json.loads, scored.stdout.splitlines())
    assert line["path"] == str(SAMPLES / "cat.jpg")
    assert (line["status"], line["error"], line["category"]["family"]) == ("scored", None, "cat")
