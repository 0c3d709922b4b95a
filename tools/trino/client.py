"""A client of Trino's REST protocol (https://trino.io/docs/current/develop/client-protocol.html)."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.trino.errors import QueryFailed

Row = tuple[Any, ...]
_NODE_SECONDS, _POLL_SECONDS = 30, 0.5
"""A server that has just started runs `SELECT 1`, and some seconds later knows that its node has the catalogue too."""


@dataclass
class Result:
    """A statement's answer.

    Values are as JSON has them: timestamps, dates and decimals are text, doubles are numbers (NaN and infinities
    floats too). A row (struct) is a dictionary by field name, a map a dictionary whose keys are text.
    """

    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)
    """The coordinator's own figures, e.g. `physicalInputBytes`, `processedRows`, `totalSplits`."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


class TrinoClient:
    """Runs statements in one catalogue and schema."""

    def __init__(
        self, url: str, schema: str = "default", catalog: str = "awsdatacatalog", seconds: float = 120
    ) -> None:
        self._url, self._seconds = url, seconds
        self._headers = {"X-Trino-User": "pixlake", "X-Trino-Catalog": catalog, "X-Trino-Schema": schema}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def execute(self, sql: str, parameters: Sequence[str] = ()) -> Result:
        """Run a statement to its end.

        Parameters
        ----------
        sql
            One statement, in Trino's SQL, with or without a semicolon at its end.
        parameters
            SQL literals for its `?`, as Athena's execution parameters are: text comes quoted.

        Raises
        ------
        QueryFailed
            Trino refused it or gave up.
        """
        sql = sql.strip().rstrip(";")
        if parameters:
            quoted = sql.replace("'", "''")
            sql = f"EXECUTE IMMEDIATE '{quoted}' USING {', '.join(parameters)}"
        deadline = time.monotonic() + _NODE_SECONDS
        while True:
            try:
                return self._run(sql)
            except QueryFailed as error:
                if error.name != "NO_NODES_AVAILABLE" or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)

    def _run(self, sql: str) -> Result:
        result = Result()
        columns: list[dict[str, Any]] = []
        answer = self._ask(urllib.request.Request(f"{self._url}/v1/statement", sql.encode(), self._headers))
        while True:
            if error := answer.get("error"):
                raise QueryFailed(error["errorName"], error["message"])
            columns = answer.get("columns") or columns
            result.rows += [
                tuple(_value(c["typeSignature"], value) for c, value in zip(columns, row, strict=True))
                for row in answer.get("data", [])
            ]
            if "nextUri" not in answer:
                break
            answer = self._ask(urllib.request.Request(answer["nextUri"], headers=self._headers))
        result.names, result.types = [c["name"] for c in columns], [c["type"] for c in columns]
        result.statistics = answer["stats"]
        return result

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                document: dict[str, Any] = json.load(answer)
                return document
        except urllib.error.HTTPError as error:
            with error:
                raise QueryFailed(f"HTTP {error.code}", error.read().decode(errors="replace")) from None


def _value(signature: dict[str, Any], value: Any) -> Any:
    """Give a value of the protocol the shape that `Result` promises."""
    if value is None:
        return None
    arguments = [argument["value"] for argument in signature["arguments"]]
    match signature["rawType"]:
        case "double" | "real":
            return float(value)
        case "array":
            return [_value(arguments[0], item) for item in value]
        case "map":
            return {key: _value(arguments[1], item) for key, item in value.items()}
        case "row":
            fields = enumerate(zip(arguments, value, strict=True))
            return {_field_name(argument, n): _value(argument["typeSignature"], item) for n, (argument, item) in fields}
        case _:
            return value


def _field_name(argument: dict[str, Any], place: int) -> str:
    """Fields without a name are field0, field1, … as in Trino's own command line and in Athena."""
    return str(argument["fieldName"]["name"]) if argument.get("fieldName") else f"field{place}"
