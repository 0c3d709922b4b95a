"""What athena/views says of rows, in Python: rows are dictionaries as they were delivered, NULLs left out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
READ, UNREAD = ("scored", "rejected"), ("missing", "superseded")


def uploads(rows: Iterable[Row]) -> list[Row]:
    """athena/views/uploads.sql."""
    rows = [row for row in rows if row["status"] != "deleted"]
    was_read = {_same(row, "dt") for row in rows if row["status"] in READ}
    twins = defaultdict(list)
    for row in rows:
        twins[row["dt"], row["row_id"]].append(row)
    newest = [_first(each, _newest_twin) for each in twins.values()]
    return [row for row in newest if row["status"] not in UNREAD or _same(row, "dt") not in was_read]


def images(rows: Iterable[Row]) -> list[Row]:
    """athena/views/images.sql."""
    rows = list(rows)
    arrivals: dict[tuple, str] = defaultdict(str)
    versions, removed = defaultdict(set), set()
    for row in rows:
        arrivals[_identity(row)] = max(arrivals[_identity(row)], row.get("sequencer", "").upper().ljust(64, "0"))
        versions[_version(row)].add(row["row_id"])
        if row["status"] == "deleted":
            removed.add(_version(row))
    was_read = {_same(row) for row in rows if row["status"] in READ}
    objects = defaultdict(list)
    for row in rows:
        gone = row.get("version_id") is not None and _version(row) in removed and len(versions[_version(row)]) > 1
        if not gone and not (row["status"] in UNREAD and _same(row) in was_read):
            objects[row["bucket"], row["object_key"]].append(row)

    def newest(row: Row) -> tuple:
        moment, arrival = row["uploaded_at"][:19], arrivals[_identity(row)]
        descending = moment, arrival, row["scored_at"], row["event_time"]
        return (*map(_Descending, descending), row["row_id"], _Descending(row["status"]), row["source"])

    found = [_first(each, newest) for each in objects.values()]
    return [row for row in found if row["status"] != "deleted"]


def _newest_twin(row: Row) -> tuple:
    descending = row["scored_at"], row["event_time"], row["status"]
    return (row["status"] in UNREAD, *map(_Descending, descending), row["source"])


def _first(rows: list[Row], key) -> Row:
    return min(rows, key=key)


def _same(row: Row, *more: str) -> tuple:
    return tuple(row.get(name) for name in (*more, "bucket", "object_key", "etag", "sequencer"))


def _identity(row: Row) -> tuple:
    return row["bucket"], row["object_key"], row["row_id"]


def _version(row: Row) -> tuple:
    return row["bucket"], row["object_key"], row.get("version_id")


@dataclass(frozen=True, slots=True)
class _Descending:
    """Sorts texts from the last to the first."""

    text: str

    def __lt__(self, other: "_Descending") -> bool:
        return self.text > other.text
