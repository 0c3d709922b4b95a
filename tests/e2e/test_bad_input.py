"""Bad input gets a row with a reason and blocks nobody; what cannot be read at all ends in the dead-letter queue."""

import base64
import io
import json
import struct
import zlib

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.e2e.conftest import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
CAT = (ROOT / "samples" / "cat.jpg").read_bytes()


def encoded(form: str, size=(64, 48), **options) -> bytes:
    buffer = io.BytesIO()
    Image.effect_mandelbrot(size, (-3, -2.5, 2, 2.5), 60).convert("RGB").save(buffer, form, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: a decompression bomb's header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def hostile() -> dict[str, tuple[bytes, str]]:
    """Fifty files by key, with the code that each must get."""
    files: dict[str, tuple[bytes, str]] = {}
    for number in range(10):
        files[f"truncated-{number}.jpg"] = (CAT[: len(CAT) * (number + 2) // 14], "truncated")
    for number in range(5):
        files[f"empty-{number}.png"] = (b"", "empty")
    for number in range(10):
        files[f"bomb-{number}.png"] = (png_header(30_000 + number, 30_000), "too_many_pixels")
    texts = [
        b"hello",
        b"<html></html>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"{}",
        b"\x00" * 100,
        b"GIF",
        b"MZ",
        b"\xff",
        b"<svg/>",
    ]
    for number, text in enumerate(texts):
        files[f"text-{number}.jpg"] = (text, "unsupported_format")
    png = encoded("PNG")
    for number in range(10):
        place = 60 + number * 7
        files[f"corrupt-{number}.png"] = (png[:place] + b"\xa5\x5a\xa5\x5a" + png[place + 4 :], "corrupt")
    for number in range(5):
        files[f"truncated-{number}.webp"] = (encoded("WEBP")[: 40 + number * 10], "truncated|corrupt")
    return files


def test_fifty_hostile_files_are_rejected_rows_and_block_nobody(cloud):
    files = hostile()
    assert len(files) == 50
    good = {"pixel.png": encoded("PNG", (1, 1)), "jpeg-named.gif": CAT, "neighbour.jpg": CAT}
    s3 = cloud.client("s3")
    dead_before = cloud.dead_letters()

    for key, body in {**{name: body for name, (body, _) in files.items()}, **good}.items():
        s3.put_object(Bucket=cloud.bucket, Key=f"hostile/{key}", Body=body)
    rows = cloud.rows("object_key, status, error.code AS code, image.format AS format", "hostile/", 53)

    found = {row["object_key"].removeprefix("hostile/"): row for row in rows}
    wrong = {
        name: (found[name]["status"], found[name]["code"], code)
        for name, (_, code) in files.items()
        if found[name]["status"] != "rejected" or found[name]["code"] not in code.split("|")
    }
    assert wrong == {}
    assert {found[name]["status"] for name in good} == {"scored"}
    assert found["jpeg-named.gif"]["format"] == "JPEG"
    assert len(rows) == 53
    assert cloud.dead_letters() == dead_before
    wait_for(lambda: cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"]) == 0, "an empty queue")


def test_unreadable_messages_end_in_the_dead_letter_queue_and_their_neighbours_are_not_repeated(cloud):
    sqs, queue = cloud.client("sqs"), cloud.variables["PIXLAKE_QUEUE_URL"]
    before = cloud.dead_letters()

    stored = {"key": "%FF%FE.jpg", "size": 1, "eTag": "e", "sequencer": "01"}  # no UTF-8, so no key that S3 could hold
    record = {"eventName": "ObjectCreated:Put", "eventTime": "2026-11-03T09:15:27.104Z"}
    record["s3"] = {"bucket": {"name": cloud.bucket}, "object": stored}
    sqs.send_message(QueueUrl=queue, MessageBody="this is no notification")
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [record]}))
    for number in range(5):
        cloud.client("s3").put_object(Bucket=cloud.bucket, Key=f"beside/{number}.jpg", Body=CAT)

    wait_for(lambda: cloud.dead_letters() == before + 2, "the messages in the dead-letter queue")
    dead = sqs.receive_message(QueueUrl=cloud.variables["PIXLAKE_DLQ_URL"], VisibilityTimeout=0, MaxNumberOfMessages=10)
    assert "this is no notification" in {message["Body"] for message in dead["Messages"]}
    rows = cloud.rows("object_key", "beside/", 5)
    assert [row["object_key"] for row in rows] == [f"beside/{number}.jpg" for number in range(5)]


def test_a_row_of_the_wrong_type_lands_in_the_error_output_and_its_neighbour_in_the_lake(cloud):
    firehose, s3 = cloud.client("firehose"), cloud.client("s3")
    lake = cloud.variables["PIXLAKE_LAKE_BUCKET"]
    (stream,) = firehose.list_delivery_streams()["DeliveryStreamNames"]
    good, bad = (
        {"row_id": name, "bucket": cloud.bucket, "object_key": f"typed/{name}", "status": "scored", "dt": "2026-02-03"}
        for name in ("good", "bad")
    )
    bad["object_bytes"] = "many"
    record = "".join(json.dumps(row) for row in (bad, good)).encode()

    firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": record}])

    (row,) = cloud.rows("object_key, dt", "typed/", 1)
    assert row == {"object_key": "typed/good", "dt": "2026-02-03"}
    errors = wait_for(
        lambda: s3.list_objects_v2(Bucket=lake, Prefix="errors/").get("Contents"), "an object in the error output"
    )
    body = s3.get_object(Bucket=lake, Key=errors[0]["Key"])["Body"].read()
    (entry,) = [json.loads(line) for line in body.splitlines()]
    assert errors[0]["Key"].startswith("errors/format-conversion-failed/dt=")
    assert json.loads(base64.b64decode(entry["rawData"]))["object_bytes"] == "many"
    assert entry["lastErrorCode"] == "DataFormatConversion.MalformedData"
