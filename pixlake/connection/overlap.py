"""Which entry of somebody else's is in the way of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixlake.connection.entry import Configuration, Keys, entries, includes, keys_of


@dataclass(frozen=True)
class Conflict:
    """An entry that has events of ours for keys of ours; S3 refuses the two together."""

    id: str
    destination: str
    events: tuple[str, ...]
    keys: Keys

    def __str__(self) -> str:
        return f"{self.id!r} sends {', '.join(self.events)} of {self.keys} to {self.destination}"


def conflicts(configuration: Configuration, own: Mapping[str, Any]) -> list[Conflict]:
    """The entries for which S3 would refuse `own` ("Configuration is ambiguously defined"), whatever their destination.

    Two entries may not have a type of event in common where both their prefixes and their suffixes overlap; a missing
    one overlaps with every other. Source: "Configuring event notifications using object key name filtering" in the S3
    user guide.
    """
    found = []
    for _, destination, entry in entries(configuration):
        shared = tuple(each for each in entry["Events"] if any(_shared(each, event) for event in own["Events"]))
        keys = keys_of(entry)
        if entry.get("Id") != own["Id"] and shared and keys.overlaps(keys_of(own)):
            found.append(Conflict(str(entry.get("Id")), destination, shared, keys))
    return found


def _shared(one: str, other: str) -> bool:
    return includes(one, other) or includes(other, one)
