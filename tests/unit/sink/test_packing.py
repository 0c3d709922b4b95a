import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sink.packing import Limits, calls, pack
from sink.rows import ImageRow


def row(name: str, size: int = 0) -> ImageRow:
    return ImageRow(name, "scored", date(2026, 11, 3), {"row_id": name, "object_key": "x" * size})


def test_rows_travel_as_concatenated_objects_not_as_an_array():
    (record,) = pack([row("a"), row("b")])

    documents = [json.loads(line) for line in record.data.splitlines()]
    assert [document["row_id"] for document in documents] == ["a", "b"]
    assert {document["dt"] for document in documents} == {"2026-11-03"}
    assert record.row_ids == ("a", "b")


def test_nothing_makes_no_record():
    assert list(pack([])) == []
    assert list(calls([])) == []


def test_non_ascii_and_control_characters_survive():
    key = 'na\u00efve\n"quoted"\x01.jpg'
    (record,) = pack([ImageRow("a", "scored", date(2026, 11, 3), {"object_key": key})])

    assert json.loads(record.data)["object_key"] == key
    assert record.data.count(b"\n") == 1


@given(
    sizes=st.lists(st.integers(0, 400), max_size=60),
    rows_a_record=st.integers(1, 10),
    bytes_a_record=st.integers(500, 2000),
    records_a_call=st.integers(1, 5),
)
def test_every_row_is_packed_once_in_order_and_within_the_limits(sizes, rows_a_record, bytes_a_record, records_a_call):
    limits = Limits(rows_a_record, bytes_a_record, records_a_call, bytes_a_call=3 * bytes_a_record)
    rows = [row(str(number), size) for number, size in enumerate(sizes)]

    groups = list(calls(pack(rows, limits), limits))

    packed = [row_id for group in groups for record in group for row_id in record.row_ids]
    assert packed == [each.row_id for each in rows]
    assert all(len(group) <= records_a_call for group in groups)
    assert all(sum(len(record.data) for record in group) <= limits.bytes_a_call for group in groups)
    for record in (record for group in groups for record in group):
        assert len(record.row_ids) <= rows_a_record
        assert len(record.data) <= bytes_a_record


def test_records_are_filled_before_the_next_is_begun():
    records = list(pack([row(str(n)) for n in range(7)], Limits(rows_a_record=3)))

    assert [len(record.row_ids) for record in records] == [3, 3, 1]


def test_calls_are_filled_before_the_next_is_begun():
    limits = Limits(rows_a_record=1, records_a_call=3)

    groups = list(calls(pack([row(str(n)) for n in range(7)], limits), limits))

    assert [len(group) for group in groups] == [3, 3, 1]


def test_a_row_over_the_limit_travels_alone():
    records = list(pack([row("a"), row("big", 900), row("b")], Limits(bytes_a_record=500)))

    assert [record.row_ids for record in records] == [("a",), ("big",), ("b",)]


@pytest.mark.parametrize(
    ("name", "documented"),
    [("rows_a_record", 500), ("bytes_a_record", 1_024_000), ("records_a_call", 500), ("bytes_a_call", 4_194_304)],
)
def test_the_limits_are_firehoses(name, documented):
    assert getattr(Limits(), name) == documented
