"""The judge of two answers: what it lets pass, and what not."""

import pytest

from tests.queries.engines import Answer
from tests.trino.comparison import athena_type, athena_value, disagreements


def answer(*rows, kinds=("varchar", "double")):
    return Answer([f"c{n}" for n in range(len(kinds))], list(rows), list(kinds), [])


@pytest.mark.parametrize(
    ("local", "trino"),
    [
        (answer(("a", 0.1), ("b", 0.2)), answer(("b", 0.2), ("a", 0.1))),
        (answer(("a", 0.3), ("a", 0.1)), answer(("a", 0.1), ("a", 0.3 + 1e-16))),
        (answer((None, None)), answer((None, None))),
        (answer(("a", float("nan"))), answer(("a", float("nan")))),
        (
            answer(("[{x=0.30000000000000004}, {x=1.0E-7}]",), kinds=["array"]),
            answer(("[{x=0.3}, {x=1.0E-7}]",), kinds=["array"]),
        ),
        (answer(("{a=1, b=2}",), kinds=["map"]), answer(("{b=2, a=1}",), kinds=["map"])),
    ],
)
def test_equal_answers(local, trino):
    assert disagreements(local, trino, ordered=False) == []


@pytest.mark.parametrize(
    ("local", "trino", "said"),
    [
        (answer(("a", 0.1)), answer(("a", 0.1000000002)), "row 1, c1: 0.1 and on Trino 0.1000000002"),
        (answer(("a", None)), answer(("a", 0.0)), "row 1, c1: None and on Trino 0.0"),
        (answer(("a", 1)), answer(("a", 1.0)), "row 1, c1: 1 and on Trino 1.0"),
        (answer(("1.00", 1.0)), answer(("1.0", 1.0)), "row 1, c0: '1.00' and on Trino '1.0'"),
        (answer(("a", 1.0)), answer(("a", 1.0), ("a", 1.0)), "1 rows and on Trino 2"),
        (answer(kinds=["bigint"]), answer(kinds=["integer"]), "column ('c0', 'bigint') and on Trino ('c0', 'integer')"),
        (answer(kinds=["bigint"]), answer(kinds=[]), "columns ['c0'] and on Trino []"),
        (answer(("[1, 2]",), kinds=["array"]), answer(("[2, 1]",), kinds=["array"]), "row 1, c0: '[1, 2]' and"),
        (answer(("{a=1}",), kinds=["map"]), answer(("{a=2}",), kinds=["map"]), "row 1, c0: '{a=1}' and"),
    ],
)
def test_different_answers(local, trino, said):
    assert disagreements(local, trino, ordered=False)[0].startswith(said)


def test_the_order_of_rows_counts_where_it_is_asked_for():
    one, other = answer(("a", 0.1), ("b", 0.2)), answer(("b", 0.2), ("a", 0.1))

    assert disagreements(one, other, ordered=True)


def test_trinos_values_and_types_are_written_as_athena_writes_them():
    values = [[1e-7, None, "x"], {"a": {"b": True, "c": 12}}, "2026-03-08 10:00:00.123", 0.5, True, None]

    assert list(map(athena_value, values)) == [
        *("[1.0E-7, null, x]", "{a={b=true, c=12}}", "2026-03-08 10:00:00.123"),
        *(0.5, True, None),
    ]
    assert list(map(athena_type, ["varchar(3)", "row(a array(real), b real)", "real"])) == ["varchar", "row", "float"]
