"""SHOW and DESCRIBE: answered from the Glue catalogue, as plain text."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable

from pixlake.localcloud.athena.catalog import Catalog, Column, Table, View
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.projection import is_projected
from pixlake.localcloud.athena.results import Result, text_result
from pixlake.localcloud.athena.statements import MetadataStatement

_NAME = r'(?:[`"]?(?P<db>\w+)[`"]?\.)?[`"]?(?P<name>\w+)[`"]?'
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?"
_IN = r"(?:\s+(?:IN|FROM)\s+[`\"]?(?P<db>\w+)[`\"]?)?"


class MetadataRunner:
    """Runs SHOW TABLES, VIEWS, DATABASES, COLUMNS, PARTITIONS, TBLPROPERTIES, CREATE VIEW | TABLE, and DESCRIBE."""

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
        return text_result(["database_name"], _matching(self._catalog.databases(), found["like"]))

    def tables(self, found: re.Match[str]) -> Result:
        """SHOW TABLES [IN database] ['pattern']: views too."""
        names = self._catalog.tables((found["db"] or self._database).lower())
        return text_result(["tab_name"], _matching(names, found["like"]))

    def views(self, found: re.Match[str]) -> Result:
        """SHOW VIEWS [IN database] [LIKE 'pattern']."""
        names = self._catalog.tables((found["db"] or self._database).lower(), views_only=True)
        return text_result(["views"], _matching(names, found["like"]))

    def columns(self, found: re.Match[str]) -> Result:
        """SHOW COLUMNS IN [database.]table: the names, padded as Hive does."""
        table = self._find(found)
        keys = table.partition_keys if isinstance(table, Table) else ()
        return text_result(["field"], [f"{column.name:<20}" for column in (*table.columns, *keys)])

    def partitions(self, found: re.Match[str]) -> Result:
        """SHOW PARTITIONS [database.]table: Glue's. Athena lists none of a projected table."""
        table = self._find(found)
        if not isinstance(table, Table) or not table.partition_keys:
            raise QueryFailed(f"FAILED: SemanticException Table {found['name']} is not a partitioned table", 1003)
        if is_projected(table):
            return text_result(["partition"], [])
        names = [key.name for key in table.partition_keys]
        rows = [
            "/".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
            for values, _ in self._catalog.partitions(table)
        ]
        return text_result(["partition"], sorted(rows))

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
        return text_result(["col_name", "data_type", "comment"], rows)

    def properties(self, found: re.Match[str]) -> Result:
        """SHOW TBLPROPERTIES [database.]table."""
        table = self._find(found)
        parameters = table.parameters if isinstance(table, Table) else {}
        rows = [f"{name}\t{value}" for name, value in sorted(parameters.items())]
        return text_result(["prpt_name", "prpt_value"], rows)

    def create_view(self, found: re.Match[str]) -> Result:
        """SHOW CREATE VIEW [database.]view."""
        view = self._find(found)
        if not isinstance(view, View):
            raise QueryFailed(f"NOT_SUPPORTED: line 1:1: Relation '{view.database}.{view.name}' is a table, not a view")
        lines = [f"CREATE VIEW {view.database}.{view.name} AS", *view.sql.splitlines()]
        return text_result(["Create View"], lines)

    def create_table(self, found: re.Match[str]) -> Result:
        """SHOW CREATE TABLE [database.]table: as Hive writes it, its blanks at the ends of lines left out."""
        table = self._find(found)
        if isinstance(table, View):
            raise QueryFailed(
                f"NOT_SUPPORTED: line 1:1: Relation '{table.database}.{table.name}' is a view, not a table"
            )
        lines = [f"CREATE EXTERNAL TABLE `{table.name}`(", *_listed(_definition(c) for c in table.columns)]
        if table.partition_keys:
            lines += ["PARTITIONED BY (", *_listed(_definition(c) for c in table.partition_keys)]
        lines += ["ROW FORMAT SERDE", f"  '{table.serde}'"]
        lines += ["STORED AS INPUTFORMAT", f"  '{table.input_format}'", "OUTPUTFORMAT", f"  '{table.output_format}'"]
        lines += ["LOCATION", f"  '{table.location}'"]
        properties = [f"'{name}'='{value}'" for name, value in sorted(table.parameters.items()) if name != "EXTERNAL"]
        lines += ["TBLPROPERTIES (", *_listed(properties)] if properties else []
        return text_result(["createtab_stmt"], lines)

    def _find(self, found: re.Match[str]) -> Table | View:
        return self._catalog.table((found["db"] or self._database).lower(), found["name"])


def _definition(column: Column) -> str:
    comment = column.comment.replace("'", "\\'")
    return f"`{column.name}` {column.hive}" + (f" COMMENT '{comment}'" if comment else "")


def _listed(items: Iterable[str]) -> list[str]:
    """One a line, commas between, a parenthesis at the end."""
    *others, last = items
    return [*(f"  {item}," for item in others), f"  {last})"]


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
    (r"SHOW\s+CREATE\s+TABLE\s+" + _NAME, MetadataRunner.create_table),
    (r"DESC(?:RIBE)?\s+" + _NAME, MetadataRunner.describe),
]
