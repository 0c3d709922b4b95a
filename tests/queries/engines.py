"""What runs a query: the local Athena here; another engine over the same Glue and S3 plugs in by the same protocol."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.queries.lake import Lake

PLAIN: dict[str, Any] = {
    "bigint": int,
    "integer": int,
    "double": float,
    "float": float,
    "boolean": lambda text: text == "true",
}


@dataclass(frozen=True)
class Answer:
    """A result.

    Values are int, float, bool, None or text; a timestamp is text in the form `yyyy-MM-dd HH:mm:ss.SSS`.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]
    types: list[str]
    files_opened: list[str]
    """Keys of the lake's objects that were read."""


class Engine(Protocol):
    """Runs one statement."""

    def run(self, lake: Lake, sql: str, parameters: Sequence[str] = ()) -> Answer:
        """Run a statement in a lake's database; `parameters` are SQL literals for its `?`."""


class LocalAthena:
    """The local Athena, through its API."""

    def __init__(self, service):
        self._service = service

    def run(self, lake, sql, parameters=()):
        started = self._service.handle(
            "StartQueryExecution",
            {
                "QueryString": sql,
                "QueryExecutionContext": {"Database": lake.database},
                "ResultConfiguration": {"OutputLocation": f"s3://{lake.bucket}/athena-results/"},
                **({"ExecutionParameters": list(parameters)} if parameters else {}),
            },
        )
        status = self._ended(started)["Status"]
        assert status["State"] == "SUCCEEDED", f"{status.get('StateChangeReason')}\n{sql}"
        found = self._service.handle("GetQueryResults", started)["ResultSet"]
        columns = found["ResultSetMetadata"]["ColumnInfo"]
        types = [column["Type"] for column in columns]
        rows = [
            tuple(
                PLAIN.get(kind, str)(datum["VarCharValue"]) if datum else None
                for kind, datum in zip(types, row["Data"], strict=True)
            )
            for row in found["Rows"][1:]
        ]
        opened = self._service.files_opened(started["QueryExecutionId"])
        prefix = f"s3://{lake.bucket}/"
        return Answer([column["Name"] for column in columns], rows, types, [u.removeprefix(prefix) for u in opened])

    def _ended(self, started, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self._service.handle("GetQueryExecution", started)["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return execution
            threading.Event().wait(0.01)
        raise AssertionError(f"a query did not end in {seconds} s")
