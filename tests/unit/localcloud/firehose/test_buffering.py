"""When rows are written: by size, by interval, at once, on flush; and what happens while S3 does not take them."""

import pytest

from pixlake.localcloud.firehose import FirehoseService
from pixlake.localcloud.firehose.buffering import Buffers, Delivery, Row, Target
from pixlake.localcloud.firehose.stream import DeliveryStream
from pixlake.localcloud.protocol import ServiceError


def row(id_, dt="2026-11-05", **more):
    return {"id": id_, "dt": dt, **more}


def test_given_an_interval_when_it_is_reached_then_one_file_a_partition_is_written(
    stream, put, service, lake, clock, eventually
):
    put(row(1), row(2, "2026-11-06"))
    clock.turn(30)
    put(row(3))
    clock.turn(29)
    assert lake.keys("image_scores/") == []
    clock.turn(1)
    eventually(lambda: service.statistics("rows").files_written == 2)
    assert [key.split("/")[1] for key in lake.keys("image_scores/")] == ["dt=2026-11-05", "dt=2026-11-06"]
    assert [r["id"] for r in lake.rows()] == [1, 3, 2]


def test_given_a_partition_that_came_later_when_the_first_is_due_then_it_waits_for_its_own_interval(
    stream, put, service, lake, clock, eventually
):
    put(row(1))
    clock.turn(40)
    put(row(2, "2026-11-06"))
    clock.turn(20)
    eventually(lambda: service.statistics("rows").files_written == 1)
    assert [r["id"] for r in lake.rows()] == [1]
    assert service.statistics("rows").rows_buffered == 1
    clock.turn(40)
    eventually(lambda: service.statistics("rows").files_written == 2)


def test_given_a_delivered_partition_when_a_row_comes_then_its_interval_starts_anew(
    stream, put, service, lake, clock, eventually
):
    put(row(1))
    clock.turn(60)
    eventually(lambda: service.statistics("rows").files_written == 1)
    clock.turn(1000)
    put(row(2))
    clock.turn(59)
    assert service.statistics("rows").files_written == 1
    clock.turn(1)
    eventually(lambda: service.statistics("rows").files_written == 2)


def test_given_a_size_when_it_is_reached_then_that_partition_is_written_without_waiting(
    lake, create, put, service, eventually
):
    create(lake.plain_destination(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900}))
    put(b"x" * (1024 * 1024 - 900_000), b"y" * 899_999)
    assert service.statistics("rows").rows_buffered == 2
    put(b"z")
    eventually(lambda: service.statistics("rows").files_written == 1)
    assert len(lake.body(lake.keys("raw/")[0])) == 1024 * 1024


def test_given_a_zero_interval_when_rows_are_put_then_they_are_written_at_once(lake, create, put, service, eventually):
    lake.put_table([("id", "int")])
    create(lake.destination(BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 0}))
    put(row(1))
    eventually(lambda: service.statistics("rows").rows_delivered == 1)


def test_given_nothing_due_when_the_thread_waits_then_it_sleeps_until_the_next_interval(stream, put, clock, eventually):
    put(row(1))
    eventually(lambda: clock.waiting_for == 60)
    clock.turn(20)
    eventually(lambda: clock.waiting_for == 40)


def test_given_no_hints_when_rows_wait_then_the_interval_is_300_seconds(lake, create, put, service, clock, eventually):
    create(lake.plain_destination())
    put(b"x")
    clock.turn(299)
    assert service.statistics("rows").files_written == 0
    clock.turn(1)
    eventually(lambda: service.statistics("rows").files_written == 1)


def test_given_rows_in_buffers_when_the_service_closes_then_they_are_written(stream, put, service, lake, caplog):
    put(row(1))
    service.close()
    service.close()
    assert [r["id"] for r in lake.rows()] == [1]
    assert "lost" not in caplog.text
    assert not service._thread.is_alive()


def test_given_the_machines_own_clock_when_the_interval_is_a_second_then_the_thread_wakes_by_itself(lake, eventually):
    service = FirehoseService(lake.endpoint)
    try:
        hints = {"SizeInMBs": 1, "IntervalInSeconds": 1}
        payload = {
            "DeliveryStreamName": "s",
            "ExtendedS3DestinationConfiguration": lake.plain_destination(BufferingHints=hints),
        }
        service.handle("CreateDeliveryStream", payload)
        service.handle("PutRecord", {"DeliveryStreamName": "s", "Record": {"Data": "eA=="}})
        eventually(lambda: service.statistics("s").files_written == 1)
    finally:
        service.close()


def test_given_a_bucket_that_is_gone_when_flushed_then_the_rows_stay_and_land_once_it_is_back(
    stream, put, service, lake, clock, eventually, caplog
):
    lake.s3.delete_bucket(Bucket=lake.bucket)
    put(row(1))
    assert service.flush() == 1
    assert "Stream rows: 1 rows are not in S3 after attempt 1" in caplog.text
    counted = service.statistics("rows")
    assert (counted.rows_buffered, counted.put_failures, counted.active_partitions) == (1, 1, 1)
    put(row(2))
    clock.turn(2)
    eventually(lambda: service.statistics("rows").put_failures == 2)

    lake.s3.create_bucket(Bucket=lake.bucket)
    clock.turn(58)  # the second row's interval, and the first one's next attempt
    eventually(lambda: service.statistics("rows").files_written == 2)
    assert sorted(r["id"] for r in lake.rows()) == [1, 2]
    assert service.statistics("rows").rows_buffered == 0
    assert service.flush() == 0


def test_given_a_failing_delivery_when_the_stream_is_deleted_then_its_rows_still_land(
    stream, put, service, lake, clock, eventually
):
    lake.s3.delete_bucket(Bucket=lake.bucket)
    put(row(1))
    service.flush()
    service.handle("DeleteDeliveryStream", {"DeliveryStreamName": "rows"})
    lake.s3.create_bucket(Bucket=lake.bucket)
    clock.turn(60)
    eventually(lambda: len(lake.keys("image_scores/")) == 1)


def test_given_rows_in_buffers_when_the_stream_is_deleted_then_they_are_written_at_once_and_it_is_forgotten(
    stream, put, service, lake, eventually
):
    put(row(1))
    service.handle("DeleteDeliveryStream", {"DeliveryStreamName": "rows"})
    eventually(lambda: not service._deleted)
    assert [r["id"] for r in lake.rows()] == [1]


def test_given_a_stream_deleted_while_a_record_is_taken_apart_when_put_then_the_caller_is_told(
    stream, put, service, monkeypatch
):
    place = DeliveryStream.place

    def place_and_delete(self, data, arrived):
        service.handle("DeleteDeliveryStream", {"DeliveryStreamName": "rows"})
        return place(self, data, arrived)

    monkeypatch.setattr(DeliveryStream, "place", place_and_delete)
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        put(row(1))


def test_given_nobody_at_the_endpoint_when_flushed_then_no_row_is_lost(create, lake, clock, caplog):
    service = FirehoseService("http://127.0.0.1:9", clock=clock)  # the discard port: nothing listens
    payload = {"DeliveryStreamName": "rows", "ExtendedS3DestinationConfiguration": lake.destination()}
    service.handle("CreateDeliveryStream", payload)
    service.handle("PutRecord", {"DeliveryStreamName": "rows", "Record": {"Data": "eyJkdCI6ImQifQ=="}})
    assert service.flush() == 1
    assert service.statistics("rows").rows_in_error == 0
    service.close()
    assert "1 rows of delivery streams are lost" in caplog.text


def test_given_a_mistake_of_our_own_when_the_thread_meets_it_then_it_goes_on_and_the_rows_land(
    stream, put, service, lake, clock, eventually, monkeypatch, caplog
):
    put(row(1))
    mistakes = [ZeroDivisionError("ours")]
    deliver = service._deliver

    def deliver_later(stream, ready):
        if mistakes:
            raise mistakes.pop()
        deliver(stream, ready)

    monkeypatch.setattr(service, "_deliver", deliver_later)
    clock.turn(60)
    eventually(lambda: "it goes on" in caplog.text)
    eventually(lambda: clock.turn(1) or service.statistics("rows").rows_delivered == 1)


def test_given_repeated_failures_when_put_off_then_the_pauses_double_up_to_half_a_minute():
    delivery = Delivery(Target(), [Row(b"x", 0.0)], 0.0)
    pauses = []
    for _ in range(7):
        delivery.failed(100.0)
        pauses.append(delivery.retry_at - 100.0)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    for _ in range(5000):
        delivery.failed(100.0)
    assert delivery.retry_at == 130.0


def test_given_a_delivery_tried_again_when_written_then_its_object_is_the_same():
    buffers = Buffers(10, 60)
    buffers.add(Target(), Row(b"x" * 10, 1.0), now=2.0)
    (delivery,) = buffers.deliveries
    assert (delivery.sealed, delivery.oldest) == (2.0, 1.0)
    first = delivery.object_id
    delivery.failed(3.0)
    assert buffers.deliveries[0].object_id == first


@pytest.mark.parametrize("error_type", ["", "oops"])
def test_given_error_output_when_partitions_are_counted_then_it_is_none(error_type):
    buffers = Buffers(10, 60)
    buffers.add(Target(error_type=error_type), Row(b"x", 1.0), now=1.0)
    assert buffers.active_partitions == buffers.rows == (0 if error_type else 1)
