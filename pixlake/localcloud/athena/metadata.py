"""SHOW and DESCRIBE: answered from the Glue catalogue, as plain text."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from pixlake.localcloud.athena.catalog import Catalog, Table, View
from pixlake.localcloud.athena.column_types import AthenaType
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.projection import is_projected
from pixlake.localcloud.athena.results import Result, ResultColumn, Row
from pixlake.localcloud.athena.statements import MetadataStatement

_STRING = AthenaType("string")
_NAME = r'(?:[`"]?(?P<db>\w+)[`"]?\.)?[`"]?(?P<name>\w+)[`"]?'
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?"
_IN = r"(?:\s+(?:IN|FROM)\s+[`\"]?(?P<db>\w+)[`\"]?)?"


class MetadataRunner:
    """Runs SHOW TABLES, VIEWS, DATABASES, COLUMNS, PARTITIONS, TBLPROPERTIES, CREATE VIEW, and DESCRIBE."""

    def __init__(self, catalog: Catalog, database: str) -> None:
        self._catalog = catalog
        self._database = database.lower()

    def run(self, statement: MetadataStatement) -> Result:
        """Answer one statement; raises `QueryEnded`."""
        bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", statement.source.sql, flags=re.DOTALL).strip().rstrip(";").strip()
        for pattern, answer in _STATEMENTS:
            if found := re.fullmatch(pattern, bare, re.IGNORECASE | re.DOTALL):
                return answer(self, found)
        raise NotSupported(" ".join(statement.words[:3]))

    def databases(self, found: re.Match[str]) -> Result:
        """SHOW DATABASES | SCHEMAS [LIKE 'pattern']."""
        return _text(["database_name"], [[name] for name in _matching(self._catalog.databases(), found["like"])])

    def tables(self, found: re.Match[str]) -> Result:
        """SHOW TABLES [IN database] ['pattern']: views too."""
        names = self._catalog.tables((found["db"] or self._database).lower())
        return _text(["tab_name"], [[name] for name in _matching(names, found["like"])])

    def views(self, found: re.Match[str]) -> Result:
        """SHOW VIEWS [IN database] [LIKE 'pattern']."""
        names = self._catalog.tables((found["db"] or self._database).lower(), views_only=True)
        return _text(["views"], [[name] for name in _matching(names, found["like"])])

    def columns(self, found: re.Match[str]) -> Result:
        """SHOW COLUMNS IN [database.]table: the names, padded as Hive does."""
        table = self._find(found)
        keys = table.partition_keys if isinstance(table, Table) else ()
        return _text(["field"], [[f"{column.name:<20}"] for column in (*table.columns, *keys)])

    def partitions(self, found: re.Match[str]) -> Result:
        """SHOW PARTITIONS [database.]table: Glue's. Athena lists none of a projected table."""
        table = self._find(found)
        if not isinstance(table, Table) or not table.partition_keys:
            raise QueryFailed(f"FAILED: SemanticException Table {found['name']} is not a partitioned table", 1003)
        if is_projected(table):
            return _text(["partition"], [])
        names = [key.name for key in table.partition_keys]
        rows = [
            "/".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
            for values, _ in self._catalog.partitions(table)
        ]
        return _text(["partition"], [[row] for row in sorted(rows)])

    def describe(self, found: re.Match[str]) -> Result:
        """DESCRIBE [database.]table: one text of name, type and comment a column, then the partition keys."""
        table = self._find(found)
        keys = table.partition_keys if isinstance(table, Table) else ()
        rows = [f"{c.name:<20}\t{c.hive:<20}\t{c.comment:<20}" for c in (*table.columns, *keys)]
        if keys:
            rows += [
                "\t \t ",
                "# Partition Information\t \t ",
                "# col_name            \tdata_type           \tcomment             ",
            ]
            rows += ["\t \t ", *(f"{c.name:<20}\t{c.hive:<20}\t{c.comment:<20}" for c in keys)]
        return _text(["col_name", "data_type", "comment"], [[row] for row in rows])

    def properties(self, found: re.Match[str]) -> Result:
        """SHOW TBLPROPERTIES [database.]table."""
        table = self._find(found)
        parameters = table.parameters if isinstance(table, Table) else {}
        return _text(["prpt_name", "prpt_value"], [[f"{name}\t{value}"] for name, value in sorted(parameters.items())])

    def create_view(self, found: re.Match[str]) -> Result:
        """SHOW CREATE VIEW [database.]view."""
        view = self._find(found)
        if not isinstance(view, View):
            raise QueryFailed(f"NOT_SUPPORTED: line 1:1: Relation '{view.database}.{view.name}' is a table, not a view")
        lines = [f"CREATE VIEW {view.database}.{view.name} AS", *view.sql.splitlines()]
        return _text(["Create View"], [[line] for line in lines])

    def _find(self, found: re.Match[str]) -> Table | View:
        return self._catalog.table((found["db"] or self._database).lower(), found["name"])


def _text(names: list[str], rows: list[Row]) -> Result:
    return Result([ResultColumn(name, _STRING) for name in names], rows, is_text=True)


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """Hive's patterns: `*` for any characters, `|` for a choice."""
    if not pattern:
        return names
    choices = [choice.lower().replace("%", "*") for choice in pattern.split("|")]
    return [name for name in names if any(fnmatch.fnmatchcase(name.lower(), choice) for choice in choices)]


_STATEMENTS: list[tuple[str, Callable[[MetadataRunner, re.Match[str]], Result]]] = [
    (r"SHOW\s+(?:DATABASES|SCHEMAS)" + _LIKE, MetadataRunner.databases),
    (r"SHOW\s+TABLES" + _IN + _LIKE, MetadataRunner.tables),
    (r"SHOW\s+VIEWS" + _IN + _LIKE, MetadataRunner.views),
    (r"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+" + _NAME, MetadataRunner.columns),
    (r"SHOW\s+PARTITIONS\s+" + _NAME, MetadataRunner.partitions),
    (r"SHOW\s+TBLPROPERTIES\s+" + _NAME, MetadataRunner.properties),
    (r"SHOW\s+CREATE\s+VIEW\s+" + _NAME, MetadataRunner.create_view),
    (r"DESC(?:RIBE)?\s+" + _NAME, MetadataRunner.describe),
]
