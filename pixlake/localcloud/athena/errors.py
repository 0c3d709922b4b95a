"""How a query ends other than well, in Athena's words, and what DuckDB's errors are called there.

QueryEnded
├── QueryFailed      state FAILED: `reason` is StateChangeReason, e.g. `COLUMN_NOT_FOUND: line 1:8: Column …`
│   └── NotSupported what Athena can do and the local Athena cannot; it names the thing
└── QueryCancelled   state CANCELLED: stopped by a user or by the work group's scan limit
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb

# Athena's error catalogue: category 1 SYSTEM, 2 USER, 3 OTHER; types 1000 user, 1001 data, 1006 syntax and analysis.
USER = 2
SYNTAX_OR_ANALYSIS = 1006
DATA = 1001
EXHAUSTED = 8
INTERNAL = 200


class QueryEnded(Exception):
    """A query that did not succeed."""

    state = "FAILED"

    def __init__(self, reason: str, error_type: int = SYNTAX_OR_ANALYSIS, category: int = USER) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error_type = error_type
        self.category = category

    def athena_error(self) -> dict[str, Any]:
        """`Status.AthenaError` of GetQueryExecution."""
        return {
            "ErrorCategory": self.category,
            "ErrorType": self.error_type,
            "Retryable": False,
            "ErrorMessage": self.reason,
        }


class QueryFailed(QueryEnded):
    """A query that ends FAILED."""


class NotSupported(QueryFailed):
    """Something of Athena's that the local Athena does not do; `instead` says what it does."""

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(f"NOT_SUPPORTED: {what} is not supported by the local Athena{instead and f'; {instead}'}")


class QueryCancelled(QueryEnded):
    """A query that ends CANCELLED."""

    state = "CANCELLED"


Position = Callable[[str], str]
"""The place of a name in the statement, as `line 1:8`."""

# What DuckDB says -> what Athena says. `{0}` is the first group; `{at}` the place of that name in the statement.
COLUMN_NOT_FOUND = (
    "COLUMN_NOT_FOUND: {at}: Column '{0}' cannot be resolved or requester is not authorized to access requested "
    "resources"
)
_WORDINGS: list[tuple[str, str, int]] = [
    (r'Referenced column "(.+?)" (?:not found|was not found)', COLUMN_NOT_FOUND, SYNTAX_OR_ANALYSIS),
    (r'Column "(.+?)" referenced that exists in the SELECT clause', COLUMN_NOT_FOUND, SYNTAX_OR_ANALYSIS),
    (r'does not have a column named "(.+?)"', COLUMN_NOT_FOUND, SYNTAX_OR_ANALYSIS),
    (r'Could not find key "(.+?)" in struct', COLUMN_NOT_FOUND, SYNTAX_OR_ANALYSIS),
    (r'Referenced table "(.+?)" not found', COLUMN_NOT_FOUND, SYNTAX_OR_ANALYSIS),
    (r'Ambiguous reference to column name "(.+?)"', "AMBIGUOUS_NAME: {at}: Column '{0}' is ambiguous", 1006),
    (
        r'column "(.+?)" must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE: {at}: '{0}' must be an aggregate expression or appear in GROUP BY clause",
        SYNTAX_OR_ANALYSIS,
    ),
    (r"Function with name \"?(\w+)\"? does not exist", "", SYNTAX_OR_ANALYSIS),
    (r"executing the UDF: ValueError: ([A-Z_]+: .+)", "{0}", DATA),  # scalars/ speak Trino's words
    (r"(?i)Division by zero", "DIVISION_BY_ZERO: Division by zero", DATA),
    (
        r"Invalid Input Error: "
        r"(Array subscript .+|SQL array .+|Key not present .+|Input string .+|size must .+|N must .+|Percentile .+)",
        "INVALID_FUNCTION_ARGUMENT: {0}",
        DATA,
    ),
    (
        r"More than one row returned by a subquery",
        "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
        DATA,
    ),
    (r"Conversion Error: (.+)", "INVALID_CAST_ARGUMENT: {0}", DATA),
    (r"Out of Range Error: (.+)", "NUMERIC_VALUE_OUT_OF_RANGE: {0}", DATA),
    (r"Invalid Input Error: (.+)", "INVALID_FUNCTION_ARGUMENT: {0}", DATA),
    (r"Out of Memory Error: (.+)", "Query exhausted resources at this scale factor: {0}", EXHAUSTED),
    (
        r"TRY can not be used in combination with a (volatile function|scalar subquery)",
        "NOT_SUPPORTED: TRY around a {0} is not supported by the local Athena",
        SYNTAX_OR_ANALYSIS,
    ),
    (r"Parser Error: (.+)", "SYNTAX_ERROR: {0}", SYNTAX_OR_ANALYSIS),
    (r"Binder Error: (No function matches .+|Cannot compare .+)", "TYPE_MISMATCH: {0}", SYNTAX_OR_ANALYSIS),
    (r"Binder Error: (.+)", "SYNTAX_ERROR: {0}", SYNTAX_OR_ANALYSIS),
]


def from_duckdb(error: duckdb.Error, position: Position) -> QueryFailed:
    """Say a DuckDB error as Athena would; what has no counterpart keeps DuckDB's words and says so."""
    text = str(error)
    for pattern, wording, error_type in _WORDINGS:
        found = re.search(pattern, text)
        if not found:
            continue
        if not wording:
            # Names that Trino does not know were refused before, so this one it knows and DuckDB does not.
            return NotSupported(f"{position(found[1])}: function {found[1].lower()}()")
        name = found[1] if found.groups() else ""
        return QueryFailed(wording.format(name, at=position(name)), error_type)
    return QueryFailed(f"GENERIC_INTERNAL_ERROR: the local engine said: {text.splitlines()[0]}", INTERNAL, 1)
