"""The local cloud is built from template.yaml: change it, and the local cloud changes; its state can be kept."""

import shutil
import socket
import subprocess

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import BIN, clean_environment, running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("toy")]
CAT = ROOT / "samples" / "cat.jpg"


@pytest.fixture
def checkout(tmp_path):
    for folder in ("src", "schemas", "athena"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path


def edit(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new))


def test_an_environment_variable_a_batch_size_and_a_prefix_are_the_templates(checkout):
    template = checkout / "template.yaml"
    edit(template, "PIXLAKE_MAX_IMAGE_BYTES: !Ref MaxImageBytes", 'PIXLAKE_MAX_IMAGE_BYTES: "100"')
    edit(template, "BatchSize: !Ref BatchSize", "BatchSize: 1")
    edit(template, 'ErrorOutputPrefix: "errors/', 'ErrorOutputPrefix: "trouble/')

    with running("--template", str(template)) as cloud:
        for number in range(3):
            cloud.client("s3").upload_file(str(CAT), cloud.bucket, f"small/{number}.jpg")
        rows = cloud.rows("status, error.code AS code", "small/", 3)
        log = cloud.scorer_log()
        stream = cloud.client("firehose").list_delivery_streams()["DeliveryStreamNames"][0]
        cloud.client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": b"not json"})
        lake = cloud.variables["PIXLAKE_LAKE_BUCKET"]
        wait_for(
            lambda: cloud.client("s3").list_objects_v2(Bucket=lake, Prefix="trouble/")["KeyCount"],
            "an error below the template's prefix",
        )

    assert {(row["status"], row["code"]) for row in rows} == {("rejected", "too_large")}
    assert log.count('"message":"batch done"') >= 3


def test_an_unsupported_property_is_refused_by_name(checkout):
    edit(checkout / "template.yaml", "      DeliveryStreamType: DirectPut", "      DeliveryStreamType: MSKAsSource")

    with pytest.raises(AssertionError, match=r"RowStream.*DeliveryStreamType|DeliveryStreamType.*RowStream"):
        running("--template", str(checkout / "template.yaml")).__enter__()


def test_a_version_that_cannot_run_gets_no_uploads_and_says_why(checkout):
    template = checkout / "template.yaml"
    edit(template, "PIXLAKE_MAX_IMAGE_BYTES: !Ref MaxImageBytes", "PIXLAKE_MAX_IMAGE_BYTES: many")

    with pytest.raises(
        AssertionError, match=r"live take uploads \(Failed\).*SettingsError: PIXLAKE_MAX_IMAGE_BYTES is"
    ):
        running("--template", str(template), "--check-release").__enter__()


def test_a_taken_port_is_a_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [BIN / "pixlake", "up", "--port", port],
            env=clean_environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert ended.returncode == 1
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


def test_with_data_rows_objects_and_messages_survive_a_restart(tmp_path):
    data = ["--data", str(tmp_path / "state")]
    with running(*data) as cloud:
        cloud.pixlake("upload", CAT, "--prefix", "kept/")
        (before,) = cloud.rows("row_id, uploaded_at, nsfw.score AS nsfw", "kept/", 1)
        dlq = cloud.variables["PIXLAKE_DLQ_URL"]
        cloud.client("sqs").send_message(QueueUrl=dlq, MessageBody="look at me")

    with running(*data, "--check-release") as cloud:
        (after,) = cloud.rows("row_id, uploaded_at, nsfw.score AS nsfw", "kept/", 1)
        body = cloud.client("s3").get_object(Bucket=cloud.bucket, Key="kept/cat.jpg")["Body"].read()
        dead = cloud.client("sqs").receive_message(QueueUrl=cloud.variables["PIXLAKE_DLQ_URL"])["Messages"]
        cloud.client("s3").upload_file(str(CAT), cloud.bucket, "kept/second.jpg")
        rows = cloud.rows("object_key", "kept/", 2)
        # the version under test made a row of the picture, and so did the one in service, which was told by S3
        checked = cloud.rows("row_id, status", "pixlake-doctor/", 2)
        (seen,) = cloud.sql("SELECT count(*) AS n FROM uploads WHERE starts_with(object_key, 'pixlake-doctor/')")

    assert after == before
    assert body == CAT.read_bytes()
    assert [message["Body"] for message in dead] == ["look at me"]
    assert [row["object_key"] for row in rows] == ["kept/cat.jpg", "kept/second.jpg"]
    assert {row["status"] for row in checked} == {"scored"}
    assert (len({row["row_id"] for row in checked}), seen["n"]) == (1, 1)
