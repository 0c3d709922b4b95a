import base64
import json

import pytest

from sink.contract import RowContract
from sink.replay_errors import ErrorLine, ReplayErrors, Unreplayable, image_row
from tests.fakes import RecordingRowSink

CONTRACT = RowContract.load()


def row(name: str, **changes) -> dict:
    values = {"row_id": name, "status": "scored", "object_key": f"{name}.jpg", "dt": "2026-11-03", "object_bytes": 5}
    return {key: value for key, value in (values | changes).items() if value is not ...}


def line(*rows, code=("lastErrorCode", "lastErrorMessage"), raw: bytes | None = None) -> bytes:
    data = raw if raw is not None else b"".join(json.dumps(each).encode() for each in rows)
    said = dict(zip(code, ("DataFormatConversion.MalformedData", "no such type"), strict=True))
    return json.dumps({"rawData": base64.b64encode(data).decode(), "attemptsMade": 1, **said}).encode()


class ErrorFolder:
    """Error objects in memory; `replayed` remembers in which order things were done."""

    def __init__(self, **objects):
        self.objects = {name: list(lines) for name, lines in objects.items()}
        self.replayed: dict[str, list[bytes]] = {}

    def pending(self):
        yield from list(self.objects)

    def lines(self, key):
        yield from self.objects[key]

    def file_away(self, key, left):
        self.replayed[key] = self.objects.pop(key)
        if left:
            self.objects[key] = list(left)


def replay(folder, sink=None, **options):
    return ReplayErrors(folder, sink or RecordingRowSink(), CONTRACT)(**options)


def test_rows_reach_the_stream_and_their_objects_are_filed_away():
    folder, sink = ErrorFolder(one=[line(row("a")), line(row("b"))], two=[line(row("c"))]), RecordingRowSink()

    report = replay(folder, sink)

    assert [each.to_json() for each in sink.rows] == [row("a"), row("b"), row("c")]
    assert (report.objects, report.rows, report.stay) == (2, 3, 0)
    assert (folder.objects, list(folder.replayed)) == ({}, ["one", "two"])


def test_an_object_stays_until_all_its_rows_were_accepted():
    folder = ErrorFolder(one=[line(row("a")), line(row("b"))])

    first = replay(folder, RecordingRowSink(refuse={"b.jpg"}))
    assert (first.rows, first.refused, list(folder.objects), folder.replayed) == (1, 1, ["one"], {})

    sink = RecordingRowSink()
    assert replay(folder, sink).rows == 2
    assert [each.row_id for each in sink.rows] == ["a", "b"]
    assert folder.objects == {}


def test_what_cannot_be_replayed_stays_with_its_reason_and_its_neighbours_go():
    bad = [
        line(row("x", object_bytes="many")),
        line(raw=b"not json"),
        line(raw=b"[1]"),
        line(raw=b" "),
        line(row("x", status="lost")),
        line(row("x", row_id=...)),
        line(row("x", dt="yesterday")),
        line(row("x", surprise=1)),
        b"no document",
        b'{"rawData": "%%%"}',
    ]
    folder, sink = ErrorFolder(one=[bad[0], line(row("a")), *bad[1:]]), RecordingRowSink()

    report = replay(folder, sink)

    assert [each.row_id for each in sink.rows] == ["a"]
    assert folder.objects == {"one": bad}
    assert len(folder.replayed["one"]) == len(bad) + 1, "the original is kept whole"
    assert report.stay == len(bad)
    reasons = " | ".join(report.reasons)
    for said in (
        "object_bytes: expected",
        "not JSON",
        "JSON list",
        "empty",
        "row_id or status",
        "dt is no",
        "surprise",
    ):
        assert said in reasons, said
    assert "no line of an error output" in reasons

    again = replay(folder, sink)
    assert (again.rows, again.stay, len(sink.rows)) == (0, len(bad), 1)
    assert folder.objects == {"one": bad}


def test_a_packed_record_that_was_not_taken_apart_is_taken_apart_here():
    sink = RecordingRowSink()

    replay(ErrorFolder(one=[line(row("a"), row("b"))]), sink)
    replay(ErrorFolder(one=[line(raw=json.dumps(row("c")).encode() + b"\n " + json.dumps(row("d")).encode())]), sink)

    assert [each.row_id for each in sink.rows] == ["a", "b", "c", "d"]


def test_a_record_of_which_a_part_is_wrong_stays_whole():
    folder, sink = ErrorFolder(one=[line(raw=json.dumps(row("a")).encode() + b"{torn")]), RecordingRowSink()

    assert (replay(folder, sink).stay, sink.rows, list(folder.objects)) == (1, [], ["one"])


@pytest.mark.parametrize(
    "names",
    [("lastErrorCode", "lastErrorMessage"), ("errorCode", "errorMessage"), ("ErrorCode", "ErrorMessage")],
)
def test_the_code_is_read_under_each_of_its_names(names):
    read = ErrorLine.parse(line(row("a"), code=names))

    assert (read.code, read.message) == ("DataFormatConversion.MalformedData", "no such type")


def test_a_dry_run_puts_nothing_and_moves_nothing():
    folder, sink = ErrorFolder(one=[line(row("a")), b"no document"]), RecordingRowSink()

    report = replay(folder, sink, dry_run=True)

    assert (report.rows, report.stay, report.samples) == (1, 1, ["a.jpg"])
    assert report.codes == {"DataFormatConversion.MalformedData": 1}
    assert (sink.rows, folder.replayed, list(folder.objects)) == ([], {}, ["one"])


def test_a_row_without_a_day_is_none():
    with pytest.raises(Unreplayable, match="dt is no day"):
        image_row(row("a", dt=...), CONTRACT)
