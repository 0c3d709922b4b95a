"""From PutRecordBatch to objects in S3: rows, partitions, keys, error output."""

import gzip
import json
import re
import threading
from datetime import datetime

import pytest

from pixlake.localcloud.firehose.configuration import read_configuration
from pixlake.localcloud.firehose.stream import DeliveryStream

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def full_row(**changes):
    """A row as the scorer packs it."""
    return {
        "row_id": "a" * 64,
        "status": "scored",
        "bucket": "uploads",
        "object_key": "käfer +%/1.jpg",
        "version_id": None,
        "etag": "d41d8cd98f00b204e9800998ecf8427e",
        "sequencer": "0055AED6DCD90281E5",
        "object_bytes": 3_000_000_000,
        "content_type": "image/jpeg",
        "content_sha256": "b" * 64,
        "metadata": {"listing-id": "7"},
        "source": "live",
        "uploaded_at": "2026-11-05 09:59:58.000",
        "event_time": "2026-11-05 09:59:58.123",
        "scored_at": "2026-11-05 10:00:00.456",
        "error": None,
        "image": {
            "format": "jpeg",
            "width": 640,
            "height": 480,
            "mode": "RGB",
            "frames": 1,
            "exif_orientation": 6,
            "dhash": -(2**63),
        },
        "models": {"category": "1.0.0-int8"},
        "cached": [],
        "timing": {"download_ms": 1, "decode_ms": 2.5, "inference_ms": 30},
        "category": {
            "label": "beetle",
            "family": "animal",
            "score": 0.75,
            "top": [{"label": "beetle", "score": 0.75}, {"label": "car", "score": 0.125}],
        },
        "quality": {"score": 0.5, "sharpness": 1, "noise": 0.25, "brightness": 9, "contrast": 8, "colorfulness": 7},
        "text": {"coverage": 0.0, "regions": 0},
        "nsfw": {"score": 0.01},
        "dt": "2026-11-05",
    } | changes


@pytest.fixture
def pixlake(lake, create, image_scores):
    lake.put_table(image_scores)
    create(lake.destination())


def packed(*rows):
    return "".join(json.dumps(r, ensure_ascii=False) for r in rows).encode()


def test_given_a_row_of_the_contract_when_delivered_then_it_reads_back_whole(pixlake, put, service, lake, image_scores):
    put(packed(full_row()))
    assert service.flush() == 0
    (found,) = lake.rows()
    expected = full_row()
    del expected["dt"]  # a partition key, no column of the file
    for name in ("uploaded_at", "event_time", "scored_at"):
        expected[name] = datetime.fromisoformat(expected[name])
    assert found == expected
    assert list(found) == [name for name, _ in image_scores]


def test_given_packed_records_when_delivered_then_each_object_is_a_row_of_its_partition(pixlake, put, service, lake):
    days = [f"2026-11-{day:02}" for day in (5, 6, 5, 7)]
    rows = [full_row(row_id=str(index), dt=day) for index, day in enumerate(days)]
    put(packed(*rows[:3]), packed(rows[3]))
    service.flush()
    by_partition = {key.split("/")[1]: [r["row_id"] for r in lake.rows(key)] for key in lake.keys("image_scores/")}
    assert by_partition == {"dt=2026-11-05": ["0", "2"], "dt=2026-11-06": ["1"], "dt=2026-11-07": ["3"]}
    counted = service.statistics("rows")
    assert (counted.records_in, counted.rows_in, counted.rows_delivered, counted.files_written) == (2, 4, 4, 3)
    assert (counted.rows_in_error, counted.rows_buffered, counted.active_partitions) == (0, 0, 0)


def test_given_a_delivery_when_its_key_is_read_then_it_is_named_as_on_aws(stream, put, service, lake, clock):
    put({"id": 1, "dt": "2026-01-02"})
    clock.turn(59)
    service.flush()
    (key,) = lake.keys()
    assert re.fullmatch(rf"image_scores/dt=2026-01-02/rows-1-2026-11-05-10-00-59-{UUID}\.parquet", key)


def test_given_an_extension_and_a_time_zone_when_delivered_then_the_key_has_them(lake, create, put, service, clock):
    prefix = "raw/!{timestamp:yyyy-MM-dd-HH-mm}/"
    create(
        lake.plain_destination(
            Prefix=prefix,
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            FileExtension=".jsonl",
            CustomTimeZone="Asia/Tokyo",
        )
    )
    put(b"x")
    clock.turn(59)
    service.flush()
    (key,) = lake.keys()
    # The prefix tells when the oldest record arrived, the name when the object was made.
    assert re.fullmatch(rf"raw/2026-11-05-19-00/rows-1-2026-11-05-19-00-59-{UUID}\.jsonl", key)


def test_given_a_wrong_type_when_delivered_then_that_row_alone_is_in_the_error_output(
    pixlake, put, service, lake, clock
):
    bad = full_row(row_id="bad", object_bytes="many")
    put(packed(full_row(row_id="1"), bad, full_row(row_id="2")))
    clock.turn(5)
    service.flush()
    assert [r["row_id"] for r in lake.rows()] == ["1", "2"]
    (document,) = lake.errors("format-conversion-failed")
    assert json.loads(document.pop("row")) == bad
    del document["rawData"]
    assert document == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1_793_872_800_000,
        "lastErrorCode": "DataFormatConversion.MalformedData",
        "lastErrorMessage": (
            'Data does not match the schema. For input string: "many" (bigint is expected) at object_bytes'
        ),
        "attemptEndingTimestamp": 1_793_872_805_000,
        "sequenceNumber": None,
        "subSequenceNumber": None,
        "dataCatalogTable": {
            "catalogId": "123456789012",
            "databaseName": lake.database,
            "tableName": "image_scores",
            "region": "us-east-1",
            "versionId": "LATEST",
            "catalogArn": "arn:aws:glue:us-east-1:123456789012:catalog",
        },
    }
    (key,) = lake.keys("errors/")
    assert re.fullmatch(rf"errors/format-conversion-failed/dt=2026-11-05/rows-1-2026-11-05-10-00-05-{UUID}", key)
    counted = service.statistics("rows")
    assert (counted.rows_delivered, counted.rows_failed_conversion, counted.rows_in_error) == (2, 1, 1)
    assert (counted.files_written, counted.error_files_written) == (1, 1)


def test_given_error_output_when_its_raw_data_is_put_again_then_the_row_lands(lake, create, put, service):
    lake.put_table([("id", "int")])
    create(lake.destination())
    put({"id": "one", "dt": "d"})
    service.flush()
    lake.put_table([("id", "string")])
    put(lake.errors("format-conversion-failed")[0]["row"])
    service.flush()
    assert lake.rows() == [{"id": "one"}]


@pytest.mark.parametrize(
    "record",
    [
        b'{"id":1}',
        b'{"id":1,"dt":null}',
        b'{"id":1,"dt":""}',
        b'{"id":1,"dt":["2026-11-05"]}',
        b'[{"id":1,"dt":"2026-11-05"}]',
        b"not json",
        b"",
        b"\xff\x00",
        b'{"id":1,"dt":"2026-11-05"',
    ],
)
def test_given_a_row_without_a_partition_when_put_then_it_is_in_the_error_output_and_its_neighbours_land(
    stream, put, service, lake, record
):
    put({"id": 1, "dt": "d"}, record, {"id": 2, "dt": "d"})
    service.flush()
    assert [r["id"] for r in lake.rows()] == [1, 2]
    (document,) = lake.errors("metadata-extraction-failed")
    assert document["row"] == record
    assert document["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"
    assert document["errorMessage"]
    assert "dataCatalogTable" not in document
    assert service.statistics("rows").rows_failed_partitioning == 1


def test_given_a_record_that_breaks_off_when_put_then_its_whole_rows_land_and_the_rest_is_told(
    stream, put, service, lake
):
    put(b'{"id":1,"dt":"d"}{"id":2,"dt":"d"}{"id":3,"d')
    service.flush()
    assert [r["id"] for r in lake.rows()] == [1, 2]
    assert [d["row"] for d in lake.errors("metadata-extraction-failed")] == [b'{"id":3,"d']


def test_given_500_sub_records_when_put_then_all_land_and_with_one_more_the_record_fails_whole(
    stream, put, service, lake
):
    rows = [{"id": index, "dt": "d"} for index in range(501)]
    put(packed(*rows[:500]))
    put(packed(*rows))
    service.flush()
    assert len(lake.rows()) == 500
    (document,) = lake.errors("metadata-extraction-failed")
    assert document["row"] == packed(*rows)
    assert document["errorMessage"].startswith("Non JSON record provided")


def test_given_500_active_partitions_when_another_comes_then_its_row_is_a_failure(lake):
    payload = {"DeliveryStreamName": "rows", "ExtendedS3DestinationConfiguration": lake.destination()}
    configuration = read_configuration(payload, "us-east-1", "123456789012")
    stream = DeliveryStream("rows", "arn:aws:firehose:us-east-1:1:deliverystream/rows", {}, configuration, 1.0)
    for index in [*range(501), 0]:
        stream.accept(1, stream.place(packed({"dt": f"d{index}"}), 1.0), 1.0)
    counted = stream.statistics()
    assert (counted.active_partitions, counted.rows_buffered, counted.partitions_exceeded) == (500, 501, 1)


def test_given_as_many_active_partitions_as_allowed_when_one_is_delivered_then_there_is_room_again(
    stream, put, service, lake, monkeypatch
):
    monkeypatch.setattr("pixlake.localcloud.firehose.stream.MAX_ACTIVE_PARTITIONS", 2)
    put({"id": 0, "dt": "d0"}, {"id": 1, "dt": "d1"})
    put({"id": 2, "dt": "d2"}, {"id": 3, "dt": "d0"})
    service.flush()
    put({"id": 4, "dt": "d2"})
    service.flush()
    assert sorted(r["id"] for r in lake.rows()) == [0, 1, 3, 4]
    (document,) = lake.errors("activePartitionExceeded")
    assert json.loads(document["row"]) == {"id": 2, "dt": "d2"}
    assert document["errorMessage"] == "The number of active partitions has exceeded the configured limit"
    assert service.statistics("rows").rows_failed_partitioning == 1


@pytest.mark.parametrize("key", ["x" * 600, "é" * 495, "../../x", "a b+%/ü\n?#&", "\u0000\u0007", "😀", "../"])
def test_given_a_hostile_partition_key_when_put_then_its_row_is_accounted_for_and_the_others_land(
    stream, put, service, lake, key
):
    put({"id": 1, "dt": key}, {"id": 2, "dt": "d"})
    assert service.flush() == 0
    counted = service.statistics("rows")
    assert counted.rows_delivered + counted.rows_in_error == 2
    assert 2 in [r["id"] for r in lake.rows()]


@pytest.mark.parametrize(
    ("key", "complaint"), [("x" * 600, "512 characters"), ("é" * 485, "1024 bytes"), ("a\nb", "control characters")]
)
def test_given_a_key_that_s3_would_not_take_when_put_then_its_row_is_in_the_error_output(
    stream, put, service, lake, key, complaint
):
    put({"id": 1, "dt": key})
    service.flush()
    (document,) = lake.errors("metadata-extraction-failed")
    assert complaint in document["errorMessage"]


def test_given_a_column_added_in_glue_when_the_next_file_is_written_then_it_has_it(stream, put, service, lake):
    row = {"id": 1, "name": "n", "added": 2.5, "dt": "d"}
    put(row)
    service.flush()
    lake.put_table([("id", "int"), ("name", "string"), ("added", "double")])
    put(row)
    service.flush()
    assert sorted(lake.rows(), key=len) == [{"id": 1, "name": "n"}, {"id": 1, "name": "n", "added": 2.5}]


def test_given_no_table_when_delivered_then_the_rows_are_in_the_error_output(lake, create, put, service):
    create(lake.destination())
    put({"id": 1, "dt": "d"}, {"id": 2, "dt": "d"})
    assert service.flush() == 0
    documents = lake.errors("format-conversion-failed")
    assert [json.loads(d["row"])["id"] for d in documents] == [1, 2]
    assert {d["lastErrorCode"] for d in documents} == {"DataFormatConversion.EntityNotFound"}
    assert f"{lake.database}.image_scores" in documents[0]["lastErrorMessage"]
    assert lake.keys("image_scores/") == []


def test_given_partition_failures_when_the_interval_passes_then_they_are_written_too(
    stream, put, service, lake, clock, eventually
):
    put(b"not json")
    clock.turn(59)
    assert lake.keys() == []
    clock.turn(1)
    eventually(lambda: service.statistics("rows").error_files_written == 1)
    assert len(lake.errors("metadata-extraction-failed")) == 1


def test_given_conversion_without_partitions_when_delivered_then_concatenated_objects_are_rows(
    lake, create, put, service
):
    lake.put_table([("id", "int")])
    create(
        lake.destination(
            Prefix="plain/!{timestamp:yyyy}/", DynamicPartitioningConfiguration=None, ProcessingConfiguration=None
        )
    )
    put(b'{"id":1}{"id":2}', b'{"id":3}oops')
    service.flush()
    assert [r["id"] for r in lake.rows("plain/2026/")] == [1, 2, 3]
    (document,) = lake.errors("format-conversion-failed")
    assert (document["row"], document["lastErrorCode"]) == (b"oops", "DataFormatConversion.ParseError")


def test_given_partitions_without_conversion_when_delivered_then_objects_are_json_of_one_partition(
    lake, create, put, service
):
    create(lake.destination(DataFormatConversionConfiguration=None))
    put(b'{"dt":"a"}{"dt":"b"}', b'{"dt":"a", "n":1}oops')
    service.flush()
    bodies = {key.split("/")[1]: lake.body(key) for key in lake.keys("image_scores/")}
    assert bodies == {"dt=a": b'{"dt":"a"}{"dt":"a", "n":1}', "dt=b": b'{"dt":"b"}'}
    (document,) = lake.errors("metadata-extraction-failed")
    assert document["row"] == b"oops"


def test_given_a_long_partition_key_that_fits_when_put_then_its_row_lands(stream, put, service, lake):
    put({"id": 1, "dt": "x" * 400})
    service.flush()
    assert "/dt=" + "x" * 400 + "/" in lake.keys("image_scores/")[0]


def test_given_no_conversion_when_delivered_then_records_are_concatenated_as_they_are(lake, create, put, service):
    create(lake.plain_destination())
    put(b'{"a":1} {"a":2}', b"\xff\x00", b"x\n")
    service.flush()
    (key,) = lake.keys()
    assert re.fullmatch(rf"raw/2026/11/05/10/rows-1-2026-11-05-10-00-00-{UUID}", key)
    assert lake.body(key) == b'{"a":1} {"a":2}\xff\x00x\n'


def test_given_gzip_and_a_delimiter_when_delivered_then_the_object_has_both(lake, create, put, service):
    processing = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}]}
    create(lake.plain_destination(CompressionFormat="GZIP", ProcessingConfiguration=processing))
    put(b"a", b"b")
    service.flush()
    (key,) = lake.keys()
    assert key.endswith(".gz")
    assert gzip.decompress(lake.body(key)) == b"a\nb\n"


def test_given_many_producers_when_they_put_at_once_then_every_row_lands_exactly_once(stream, put, service, lake):
    def produce(first):
        for index in range(first, first + 50):
            put(packed(*({"id": index * 10 + n, "dt": f"d{n % 3}"} for n in range(10))))
            if index % 10 == 0:
                service.flush()

    threads = [threading.Thread(target=produce, args=(start * 50,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.flush()
    assert sorted(r["id"] for r in lake.rows()) == list(range(2000))
    counted = service.statistics("rows")
    assert counted.rows_in == counted.rows_delivered == 2000
