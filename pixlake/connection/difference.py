"""What changes in a notification configuration, as a unified diff of lines that a person can read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pixlake.connection.configuration import normal
from pixlake.connection.entry import BRIDGE, DESTINATIONS, Configuration, keys_of

_NAMES = {"QueueConfigurations": "queue", "TopicConfigurations": "topic", "LambdaFunctionConfigurations": "function"}
_CONTEXT = 4  # lines: the neighbour is shown as a whole


def difference(before: Configuration, after: Configuration, bucket: str) -> list[str]:
    """The lines of the diff; none where both mean the same."""
    if normal(before) == normal(after):
        return []
    old, new = list(lines(before)), list(lines(after))
    place = f"s3://{bucket} notifications"
    return list(difflib.unified_diff(old, new, f"{place}, now", f"{place}, then", n=_CONTEXT, lineterm=""))


def lines(configuration: Configuration) -> Iterator[str]:
    """A configuration, four lines an entry."""
    plain = normal(configuration)
    for name, arn in DESTINATIONS.items():
        for entry in plain.get(name, []):
            yield from _entry(_NAMES[name], entry, arn)
    yield f"EventBridge: {'on' if BRIDGE in plain else 'off'}"


def _entry(kind: str, entry: Mapping[str, Any], arn: str) -> Iterator[str]:
    yield f"entry {entry['Id']}"
    yield f"  {kind + ':':<9} {entry[arn]}"
    yield f"  events:   {', '.join(entry['Events'])}"
    yield f"  keys:     {keys_of(entry)}"
