"""Execution parameters: SQL literals for the `?` of a WHERE clause."""

import pytest


@pytest.mark.parametrize(
    ("where", "parameters", "expected"),
    [
        ("x = ?", ["2"], [["2", "b"]]),
        ("s = ?", ["'b'"], [["2", "b"]]),
        ("x > ? AND s < ?", ["1", "'c'"], [["2", "b"]]),
        ("x IN (?, ?)", ["1", "3"], [["1", "a"], ["3", "it's ?"]]),
        ("s = ?", ["'it''s ?'"], [["3", "it's ?"]]),
        ("x = ? + 1", ["-1 + 2"], [["2", "b"]]),
        ("date '2026-01-01' < ?", ["CAST('2025-01-01' AS date)"], []),
        ("s LIKE '?' OR x = ? -- what ?", ["1"], [["1", "a"]]),
    ],
)
def test_given_literals_when_bound_then_they_stand_for_the_marks_in_order(shared_lake, where, parameters, expected):
    sql = f"SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'it''s ?')) AS q(x, s) WHERE {where}"
    assert shared_lake.rows(sql, parameters) == expected


def test_given_parameters_when_the_execution_is_asked_for_then_it_tells_them(shared_lake):
    execution = shared_lake.run("SELECT 1 WHERE 1 = ?", ["1"])
    assert execution["Query"] == "SELECT 1 WHERE 1 = ?"
    assert execution["ExecutionParameters"] == ["1"]


@pytest.mark.parametrize(
    ("sql", "parameters", "reason"),
    [
        ("SELECT 1 WHERE 1 = ? OR 2 = ?", ["1"], "Incorrect number of parameters: expected 2 but found 1"),
        ("SELECT 1 WHERE 1 = ?", None, "Incorrect number of parameters: expected 1 but found 0"),
        ("SELECT 1", ["1"], "Incorrect number of parameters: expected 0 but found 1"),
        ("SELECT 'a' WHERE 'a' = ?", ["a"], "COLUMN_NOT_FOUND: line 1:1: Column 'a' cannot be resolved"),
        ("SELECT 1 WHERE 1 = ?", ["1 OR (SELECT 1"], "SYNTAX_ERROR: execution parameter"),
        ("SELECT 1 WHERE 1 = ?", ["1); SELECT (2"], "SYNTAX_ERROR: execution parameter"),
        ("SELECT 1 WHERE 1 = ?", ["1, 2"], "SYNTAX_ERROR: execution parameter"),
        ("SELECT ? AS x", ["1"], "SYNTAX_ERROR: a ? parameter may stand in the WHERE clause only"),
    ],
)
def test_given_parameters_that_do_not_fit_when_run_then_the_query_fails(shared_lake, sql, parameters, reason):
    assert shared_lake.failure(sql, parameters).startswith(reason)
