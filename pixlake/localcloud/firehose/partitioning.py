"""Dynamic partitioning: the keys that a stream's jq query finds in a row."""

from __future__ import annotations

from typing import Any

import jq

MAX_ACTIVE_PARTITIONS = 500
"""The default quota of a stream; rows of further partitions go to the error output."""


class UnpartitionableError(Exception):
    """A row without usable partition keys; the message goes into the error output."""


class PartitionQuery:
    """A compiled `MetadataExtractionQuery`, e.g. `{dt: .dt}`: an object of key to scalar."""

    def __init__(self, query: str) -> None:
        """Compile once; raises `ValueError` for a query that jq does not understand."""
        self._program = jq.compile(query)

    def keys(self, row: bytes, wanted: tuple[str, ...]) -> dict[str, str]:
        """Return the row's partition keys, the `wanted` ones (those the prefix names) among them."""
        try:
            outputs = self._program.input_text(row.decode()).all()
        except ValueError as error:  # malformed JSON, malformed UTF-8, or the query failed on this row
            raise UnpartitionableError(f"Non JSON record provided: {error}") from error
        if len(outputs) != 1 or not isinstance(outputs[0], dict):
            # A record of several objects on a stream without deaggregation, or of more than 500 with it.
            raise UnpartitionableError("Non JSON record provided: the query must give one object of partition keys")
        found = outputs[0]
        return {
            name: _scalar(name, found.get(name)) for name in (*wanted, *(name for name in found if name not in wanted))
        }


def _scalar(name: str, value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() if value:
            return value
        case int() | float():
            return str(value)
        case None | "":
            raise UnpartitionableError(f"partitionKeys values must not be null or empty: {name}")
    raise UnpartitionableError(f"partitionKeys values must be scalars: {name} is {type(value).__name__}")
