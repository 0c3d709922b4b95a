import json
from datetime import date

import boto3
import pytest
from botocore.stub import ANY, Stubber

from adapters.firehose import FirehoseRowSink
from sink.deadline import Deadline
from sink.packing import Limits
from sink.rows import ImageRow

OK = {"RecordId": "r"}
REFUSED = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


def rows(*names):
    return [ImageRow(name, "scored", date(2026, 11, 3), {"row_id": name}) for name in names]


class Stream:
    """A stubbed Firehose: answers in turn, and remembers the waits."""

    def __init__(self, rows_a_record=1):
        self.client = boto3.client("firehose")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.waits = []
        self.sink = FirehoseRowSink(
            self.client, "rows", attempts=4, sleep=self.waits.append, limits=Limits(rows_a_record)
        )

    def answers(self, *answers, records=ANY):
        failed = sum("ErrorCode" in answer for answer in answers)
        self.stub.add_response(
            "put_record_batch",
            {"FailedPutCount": failed, "RequestResponses": list(answers)},
            {"DeliveryStreamName": "rows", "Records": records},
        )

    def fails(self):
        self.stub.add_client_error("put_record_batch", "ServiceUnavailableException", "Slow down.", 503)


def record(*names):
    return {
        "Data": b"".join(
            json.dumps({"row_id": n, "dt": "2026-11-03"}, separators=(",", ":")).encode() + b"\n" for n in names
        )
    }


@pytest.fixture
def stream():
    made = Stream()
    yield made
    made.stub.assert_no_pending_responses()


def test_rows_are_packed_and_put():
    stream = Stream(rows_a_record=500)
    stream.answers(OK, records=[record("a", "b")])

    assert stream.sink.put(rows("a", "b")) == set()
    assert stream.waits == []


def test_a_refusal_is_logged_with_its_code(stream, caplog):
    stream.answers(REFUSED)
    stream.fails()
    stream.answers(OK)

    stream.sink.put(rows("a"))

    refused, failed = caplog.records
    assert (refused.records, refused.codes) == (1, ["ServiceUnavailableException"])
    assert "Slow down." in failed.reason


def test_only_the_refused_records_are_put_again(stream):
    stream.answers(OK, REFUSED, OK, records=[record("a"), record("b"), record("c")])
    stream.answers(OK, records=[record("b")])

    assert stream.sink.put(rows("a", "b", "c")) == set()
    assert len(stream.waits) == 1


def test_a_failing_call_is_made_again_with_growing_waits(stream):
    stream.fails()
    stream.fails()
    stream.answers(OK)

    assert stream.sink.put(rows("a")) == set()
    assert [0 <= wait <= 0.1 * 2**n for n, wait in enumerate(stream.waits, 1)] == [True, True]


def test_what_is_refused_to_the_end_is_told_by_row(stream):
    stream.answers(OK, REFUSED)
    for _ in range(3):
        stream.answers(REFUSED)

    assert stream.sink.put(rows("a", "b")) == {"b"}


def test_a_stream_that_is_down_refuses_all_rows(stream):
    for _ in range(4):
        stream.fails()

    assert stream.sink.put(rows("a", "b")) == {"a", "b"}


def test_no_call_is_begun_that_might_outlast_the_invocation(stream, caplog):
    stream.fails()
    remaining = iter([9_000, 7_900])

    refused = stream.sink.put(rows("a"), Deadline(lambda: next(remaining), reserve_ms=1_000))

    assert refused == {"a"}
    assert caplog.records[-1].message == "no time left for PutRecordBatch"


def test_one_call_is_made_in_whatever_time_is_left(stream):
    stream.answers(OK)

    assert stream.sink.put(rows("a"), Deadline(lambda: 1_001, reserve_ms=1_000)) == set()


def test_no_call_is_made_after_the_time(stream):
    assert stream.sink.put(rows("a"), Deadline(lambda: 1_000, reserve_ms=1_000)) == {"a"}
