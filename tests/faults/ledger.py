"""The balance: where every event ended, and why something was done more than once."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from sink.rows import row_id, timestamp
from tests.faults import views
from tests.faults.s3 import BUCKET, Event
from tests.faults.world import World, scores_of


@dataclass
class Balance:
    """Events by outcome, and everything that does not add up, in words."""

    fates: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class _Outcomes:
    """Rows, lines or dead letters, found by event."""

    def __init__(self, rows: list[dict]) -> None:
        self.by_id = Counter(row["row_id"] for row in rows)
        self.read = defaultdict(dict)  # of an unversioned bucket: identity depends on Last-Modified as read
        for row in rows:
            if row["status"] in views.READ and "content_sha256" in row:
                self.read[row["object_key"], row["etag"]][row["row_id"]] = row["uploaded_at"]

    def of(self, event: Event) -> set[str]:
        """Identities of the rows that speak of an event."""
        found = {identity for identity in (_unread_id(event),) if identity in self.by_id}
        if event.kind == "created" and event.version_id is None:
            # The same bytes put again before the first were read: one stored object, read at the later time.
            since = timestamp(datetime.fromtimestamp(int(event.at), UTC))
            found |= {i for i, at in self.read.get((event.key, event.etag), {}).items() if at >= since}
        return found


def _unread_id(event: Event) -> str:
    return row_id(
        bucket=BUCKET,
        key=event.key,
        version_id=event.version_id,
        etag=event.etag,
        sequencer=event.sequencer,
        removal=event.kind == "removed",
    )


def settle(world: World) -> Balance:
    """Balance a world whose queue is empty and whose stream has delivered."""
    balance = Balance()
    assert not world.queue.messages
    assert not world.firehose.buffer
    lake = _Outcomes(world.firehose.lake)
    errors = _Outcomes([orjson.loads(raw) for raw in world.firehose.error_output])
    dead = Counter(message.event.number for message in world.queue.dead.values())
    accounted: set[str] = set()
    contents = Counter((event.key, event.etag) for event in world.events if event.etag is not None)
    for event in world.events:
        rows, lines = lake.of(event), errors.of(event)
        accounted |= rows
        places = {"row": rows, "error output": lines, "dead": dead[event.number]}
        outcomes = [name for name, found in places.items() if found]
        balance.fates[outcomes[0] if outcomes else "unaccounted"] += 1
        if not outcomes:
            balance.wrong.append(f"{event} is lost")
        elif len(outcomes) > 1:
            told = world.copies[event.number] > 1 or event.number in world.repeatable
            # Twins of one stored object share its row: one may be dead while the other one was read.
            shared = contents[event.key, event.etag] > 1
            balance.repeated["several outcomes"] += 1
            if not (told or shared):
                balance.wrong.append(f"{event} ended as {outcomes} without a reason")
    if strangers := lake.by_id.keys() - accounted:
        balance.wrong.append(f"{len(strangers)} rows speak of no event")
    _check_rows(world, balance)
    _check_views(world, lake, balance)
    return balance


def _check_rows(world: World, balance: Balance) -> None:
    bodies = {event.etag: event.body for event in world.events if event.body is not None}
    partitions = defaultdict(set)
    for row in world.firehose.lake:
        balance.rows[row["status"]] += 1
        partitions[row["row_id"]].add(row["dt"])
        if row["status"] == "scored":
            scores = scores_of(bodies[row["etag"]])
            if {name: row.get(name) for name in scores} != scores or row["models"].keys() != scores.keys():
                balance.wrong.append(f"{row['object_key']} has scores that are not its content's, or not all of them")
    for identity, count in Counter(row["row_id"] for row in world.firehose.lake).items():
        balance.repeated["rows written again"] += count - 1
        if len(partitions[identity]) > 1:
            balance.wrong.append(f"the row {identity} lies in {partitions[identity]}")
    for body, runs in world.scorer.runs.items():
        balance.repeated["model runs again"] += runs - 1
        if runs > world.deliveries[body]:
            balance.wrong.append(f"{body!r} was scored {runs} times in {world.deliveries[body]} deliveries")


def _check_views(world: World, lake: _Outcomes, balance: Balance) -> None:
    rows = world.firehose.lake
    lines_shown = views.uploads(rows)
    shown = Counter(row["row_id"] for row in lines_shown)
    balance.shown = Counter(row["status"] for row in lines_shown)
    if again := [identity for identity, count in shown.items() if count > 1]:
        balance.wrong.append(f"uploads counts {again} more than once")
    created = [event for event in world.events if event.kind == "created"]
    told = [lake.of(event) for event in created]
    for event, identities in zip(created, told, strict=True):
        # Of an upload that was read, no second line says that it was missed.
        lines = [identity for identity in identities if shown[identity]]
        if identities and not lines:
            balance.wrong.append(f"uploads hides {event}")
    if sum(shown.values()) > sum(map(bool, told)):
        balance.wrong.append(f"uploads shows {sum(shown.values())} lines for {sum(map(bool, told))} uploads")
    if world.queue.dead or world.firehose.error_output:
        return  # the last word on some object is still to come
    exist = {key: version.etag for key, version in world.s3.current().items()}
    seen = {row["object_key"]: row["etag"] for row in views.images(rows)}
    if exist != seen:
        balance.wrong.append(f"images shows {seen} where {exist} exists")
    unread = [row["object_key"] for row in views.images(rows) if row["status"] in views.UNREAD]
    if unread:
        balance.wrong.append(f"images has not read {unread}")
