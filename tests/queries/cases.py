"""The cases: a directory with `expected.jsonl` is one, `<name>/` or `<name>/<what is special>/`.

`input.jsonl`       rows as the scorer delivers them, NULLs left out; `dt` is the day of `uploaded_at` unless stated
`parameters.json`   values of the query's `?`, as a person types them
`expected.jsonl`    the answer; `{"at_least": x}` stands for a figure that the machine's clock decides
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from pixlake.cli.named_queries import literals
from tests.conftest import ROOT

CASES = Path(__file__).parent
QUERIES = {path.stem: path for path in sorted((ROOT / "athena" / "queries").glob("*.sql"))}
VIEWS = {path.stem: path for path in sorted((ROOT / "athena" / "views").glob("*.sql"))}


@dataclass(frozen=True)
class Case:
    """One directory: what lies in the lake, what is asked, what is answered."""

    directory: Path

    @property
    def id(self):
        return str(self.directory.relative_to(CASES))

    @property
    def name(self):
        """The query or view that it tests."""
        return self.directory.relative_to(CASES).parts[0]

    @property
    def is_query(self):
        return self.name in QUERIES

    @property
    def rows(self):
        """The delivered rows, in their order."""
        return [with_day(row) for row in _lines(self.directory / "input.jsonl")]

    @property
    def expected(self):
        return _lines(self.directory / "expected.jsonl")

    @property
    def values(self):
        path = self.directory / "parameters.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []

    @property
    def sql(self):
        """The named query; of a view, the columns that the expected rows name."""
        if self.is_query:
            return QUERIES[self.name].read_text(encoding="utf-8").strip()
        return f"SELECT {', '.join(self.expected[0])} FROM {self.name}"

    @property
    def parameters(self):
        """The values as SQL literals, by the types in the query's header."""
        return literals(self.sql, self.values) if self.is_query else []

    @property
    def ordered(self):
        """Whether the order of rows is part of the answer."""
        return bool(re.search(r"^ORDER BY", self.sql, re.MULTILINE))

    @property
    def ranges(self):
        """The ranges of days that the parameters ask for; none for a query without days."""
        days = [value for value in self.values if re.fullmatch(r"\d{4}-\d\d-\d\d", value)]
        return list(zip(days[::2], days[1::2], strict=True))


def found_cases():
    return [Case(path.parent) for path in sorted(CASES.rglob("expected.jsonl"))]


def with_day(row):
    return {"dt": row["uploaded_at"][:10], **row}


def differences(answer, case):
    """What differs between an answer and the expected rows, as lines; empty if nothing does."""
    wanted = case.expected
    names = list(wanted[0]) if wanted else answer.columns
    if answer.columns != names:
        return [f"columns {answer.columns} instead of {names}"]
    got = [dict(zip(names, row, strict=True)) for row in answer.rows]
    if not case.ordered:
        got, wanted = sorted(got, key=_order), sorted(wanted, key=_order)
    lines = [f"{len(got)} rows instead of {len(wanted)}"] if len(got) != len(wanted) else []
    lines += [
        f"row {number}: {row} instead of {other}"
        for number, (row, other) in enumerate(zip(got, wanted, strict=False), start=1)
        if row.keys() != other.keys() or any(not _equal(row[name], other[name]) for name in other)
    ]
    return lines + [f"too many: {row}" for row in got[len(wanted) :]]


def _equal(got, wanted):
    if isinstance(wanted, dict):
        return got is not None and got >= wanted["at_least"]
    if isinstance(wanted, float) and isinstance(got, float):
        return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return type(got) is type(wanted) and got == wanted


def _order(row):
    """A key to sort rows by; figures that may differ in their last digits come rounded."""
    return [
        (value is not None, f"{value:.6f}" if isinstance(value, float) else str(value))
        for value in row.values()
        if not isinstance(value, dict)
    ]


def _lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
