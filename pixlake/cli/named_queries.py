"""Named queries: what a query's header says of it, and its parameters as SQL literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pixlake.cli.terminal import CommandError, counted

NAME = re.compile(r"[a-z][a-z0-9_]*")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")  # \d would take the digits of every script, which SQL does not
NUMERIC = frozenset({"double", "integer", "int", "bigint", "number"})


@dataclass(frozen=True)
class Parameter:
    """One `?`: its name, and its type where the header states one, as in `least score (double)`."""

    name: str
    type: str | None = None

    def literal(self, value: str) -> str:
        """The value as a SQL literal; a string comes quoted, so that nothing can break out of it.

        Raises
        ------
        CommandError
            The value is not of the type.
        """
        if self.type in NUMERIC and not NUMBER.fullmatch(value):
            raise CommandError(f"--param {value}: {self.name} is a number", status=2)
        if self.type == "date":
            try:
                date.fromisoformat(value)
            except ValueError as error:
                raise CommandError(f"--param {value}: {self.name} is a day, yyyy-MM-dd", status=2) from error
        untyped_number = self.type is None and NUMBER.fullmatch(value)
        return value if self.type in NUMERIC or untyped_number else "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Header:
    """The comment on top of a query: the question it answers, its parameters, its columns."""

    question: str
    parameters: tuple[Parameter, ...]
    columns: str

    @classmethod
    def of(cls, sql: str) -> Header:
        """Read the header; a statement without one has no parameters that are known."""
        lines = [line.lstrip("-").strip() for line in sql.strip().splitlines() if line.startswith("--")]
        parts = re.split(r"\b(Parameters|Columns):", " ".join(lines))
        said = dict(zip(parts[1::2], (part.strip().rstrip(".") for part in parts[2::2]), strict=True))
        return cls(parts[0].strip(), _parameters(said.get("Parameters", "")), said.get("Columns", ""))


def _parameters(text: str) -> tuple[Parameter, ...]:
    if text.lower() in ("", "none"):
        return ()
    found = []
    for part in re.split(r",(?![^(]*\))", text):  # at the commas outside brackets
        name, _, rest = part.strip().partition("(")
        kind = re.split(r"\W", rest)[0].lower() if rest else ""
        known = NUMERIC | {"date", "varchar", "text", "string"}
        found.append(Parameter(name.strip(), kind if kind in known else None))
    return tuple(found)


def deployed(workgroup: str) -> dict[str, str]:
    """The work group's named queries: SQL by name."""
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    athena = boto3.client("athena")
    found: dict[str, str] = {}
    try:
        for page in athena.get_paginator("list_named_queries").paginate(WorkGroup=workgroup):
            if page["NamedQueryIds"]:  # a page holds at most 50, as many as a batch may
                batch = athena.batch_get_named_query(NamedQueryIds=page["NamedQueryIds"])
                found |= {query["Name"]: query["QueryString"] for query in batch["NamedQueries"]}
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the named queries of work group {workgroup} cannot be read: {error}") from error
    return dict(sorted(found.items()))


def literals(sql: str, values: Sequence[str]) -> list[str]:
    """Values for the statement's `?` in order, each checked against its header."""
    parameters = Header.of(sql).parameters
    if not parameters:
        return [Parameter("a parameter").literal(value) for value in values]
    if len(values) != len(parameters):
        wanted = ", ".join(f"{p.name} ({p.type})" if p.type else p.name for p in parameters)
        raise CommandError(
            f"{counted(len(parameters), 'parameter')} wanted, {len(values)} given: --param each of {wanted}", status=2
        )
    return [parameter.literal(value) for parameter, value in zip(parameters, values, strict=True)]
