"""athena/views/*.sql: the views' texts, filled in, as Athena and Trino keep views in Glue."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixlake.localcloud.hive_types import parse_hive_type
from pixlake.localcloud.trino_types import trino_type
from tools.schemas.policy import Policy, literal

EVERY_COLUMN = "every column of "
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_COLUMN = re.compile(r"(\w+) \((.+)\)")


@dataclass(frozen=True)
class View:
    """One file of athena/views/: its header says what it shows and its columns, with their Hive types."""

    name: str
    description: str
    sql: str
    columns: tuple[tuple[str, str], ...]
    policy_version: int

    @classmethod
    def read(cls, path: Path, contract: dict[str, Any], policy: Policy) -> View:
        """Read a view's file and fill in its placeholders.

        `{{ policy.x }}` is a threshold, `{{ columns }}` every column of the table, `{{ judgements }}` the text of
        `fragments/judgements.sql`.
        """
        sql = _filled(path, contract, policy).strip()
        header = re.match(r"((?:--.*\n)+)", sql)
        if header is None or "Columns:" not in header[1]:
            raise ValueError(f"{path}: starts with no header; say in `-- …` what the view shows, and `-- Columns: …`")
        if "${" in sql:
            raise ValueError(f"{path}: holds `${{`, which CloudFormation would take for one of its own variables")
        words = " ".join(line.lstrip("-").strip() for line in header[1].splitlines())
        description, columns = words.split(" Columns: ")
        return cls(path.stem, description, sql, tuple(_columns(path, columns.rstrip("."), contract)), policy.version)

    def stored_text(self, database: str) -> str:
        """The JSON that Athena and Trino keep, in base64, as a view's text; types in Trino's words."""
        definition = {
            "catalog": "awsdatacatalog",
            "schema": database,
            "columns": [{"name": name, "type": trino_type(parse_hive_type(hive))} for name, hive in self.columns],
            "originalSql": self.sql,
        }
        return json.dumps(definition, ensure_ascii=False)


def _filled(path: Path, contract: dict[str, Any], policy: Policy) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "columns":
            return ", ".join(column["name"] for column in contract["columns"] + contract["partition_keys"])
        if name == "judgements":
            return _filled(path.parent / "fragments" / "judgements.sql", contract, policy).strip()
        kind, _, threshold = name.partition(".")
        if kind != "policy" or threshold not in policy.thresholds:
            raise ValueError(f"{path}: nothing is known of {found[0]}; schemas/policy.json has the thresholds")
        return literal(policy, threshold)

    return _PLACEHOLDER.sub(value, path.read_text(encoding="utf-8"))


def _columns(path: Path, text: str, contract: dict[str, Any]) -> list[tuple[str, str]]:
    columns: list[tuple[str, str]] = []
    for part in re.split(r", (?![^(]*\))", text):
        if part == EVERY_COLUMN + contract["table"]:
            columns += [(column["name"], column["type"]) for column in contract["columns"] + contract["partition_keys"]]
        elif found := _COLUMN.fullmatch(part):
            columns.append((found[1], found[2]))
        else:
            raise ValueError(f"{path}: Columns: {part!r} is not of the form `name (type)`")
    return columns
