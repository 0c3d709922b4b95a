"""Synthetic events through the scorer with simulated services and every fault on: epoch by epoch, each balanced."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sink.arrivals import Limits
from tests.faults.firehose import FAULTS
from tests.faults.ledger import settle
from tests.faults.trouble import TROUBLES
from tests.faults.world import World

EPOCH = 5_000
"""Events of one world: so that memory has a bound, whatever the number of events."""
BATCH = 50


@dataclass
class Report:
    """What became of all events, before and after the replay; what was done more than once; what does not add up."""

    events: int = 0
    first: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    final: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    scored_again: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def soak(events: int, seed: int, progress: Callable[[int], None] = lambda done: None) -> Report:
    report = Report()
    for epoch, start in enumerate(range(0, events, EPOCH)):
        size = min(EPOCH, events - start)
        _one_world(size, random.Random(f"{seed} {epoch}"), report, progress)
        report.memory_mb.append(_resident_mb())
    if (grown := _growth(report.memory_mb)) > 64:
        report.wrong.append(f"memory grew by {grown:.0f} MB")
    return report


def _one_world(events: int, dice: random.Random, report: Report, progress: Callable[[int], None]) -> None:
    world = final_world(events, dice, dice.random() < 0.3, progress)
    first = settle(world)
    report.events += events
    report.first += first.fates
    world.scorer.mended = True
    world.replay()
    last = settle(world)
    report.final += last.fates
    report.statuses += last.shown
    report.repeated += last.repeated
    report.scored_again += world.scored_again
    report.wrong += first.wrong + last.wrong
    report.wrong += [f"{count} events ended as {fate}" for fate, count in last.fates.items() if fate != "row"]


def final_world(
    events: int, dice: random.Random, versioned: bool, progress: Callable[[int], None] = lambda done: None
) -> World:
    """A world after so many events and the faults between them, come to rest; nothing is replayed."""
    world = World(
        versioned=versioned,
        cache=dice.random() < 0.8,
        trust_etag=dice.random() < 0.3,
        rows_a_record=dice.choice([1, 5, 500]),
        limits=Limits(downloads_at_once=2),
    )
    while len(world.events) < events:
        before = len(world.events)
        for _ in range(min(dice.randint(1, 2 * BATCH), events - before)):
            _somebody_does_something(world, dice)
            world.clock.advance(dice.choice([0.001, 0.01, 0.1]))
        _something_breaks(world, dice)
        visible = world.queue.visible()
        dice.shuffle(visible)
        for first in range(0, len(visible), BATCH):
            world.invoke(visible[first : first + BATCH], forgets=dice.random() < 0.01)
            world.expire_credentials(False)
            world.scorer.image_s = 0.05
        if dice.random() < 0.2:
            share = dice.choice([0, 0, 0, 0.05])
            world.firehose.deliver(lambda row, share=share: dice.random() < share)
        progress(len(world.events) - before)
    world.heal()
    world.drain()
    return world


def _somebody_does_something(world: World, dice: random.Random) -> None:
    exists = list(world.s3.versions)[-200:]
    what = dice.random()
    if what < 0.05 and exists and world.s3.versions[key := dice.choice(exists)]:
        world.delete(key, for_good=world.s3.versioned and dice.random() < 0.5)
        return
    key = dice.choice(exists) if what < 0.2 and exists else f"{len(world.events)}.jpg"
    event = world.upload(key, _body(dice), delay_s=dice.choice([10, 300, 3_600]) if dice.random() < 0.05 else 0)
    if dice.random() < 0.02:
        world.notify(event, dice.choice([0, 60, 7_200]))
    if dice.random() < 0.02:
        world.s3.trouble[key].extend(dice.choices(TROUBLES, k=dice.randint(1, 6)))


def _body(dice: random.Random) -> bytes:
    kind = dice.random()
    if kind < 0.3:
        return b"photo %d" % dice.randrange(500)
    if kind < 0.33:
        return b"bad %d" % dice.randrange(1 << 30)
    if kind < 0.331:
        return b"poison %d" % dice.randrange(1 << 30)
    return b"%d" % dice.getrandbits(60)


def _something_breaks(world: World, dice: random.Random) -> None:
    if dice.random() < 0.3:
        world.firehose.faults.extend(dice.choices(["", *FAULTS], k=dice.randint(1, 6)))
    if dice.random() < 0.05:
        world.table.trouble.extend(dice.choices(TROUBLES[:2], k=2))
    if dice.random() < 0.05:
        world.table.unprocessed = dice.randint(1, 4)
    if dice.random() < 0.03:
        world.expire_credentials()
    if dice.random() < 0.03:
        world.scorer.kill_at = dice.randint(1, BATCH)
    if dice.random() < 0.03:
        world.scorer.image_s = dice.choice([2, 5, 40])


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def _growth(memory_mb: list[float]) -> float:
    """From the first quarter, when everything is loaded, to the last."""
    quarter = max(len(memory_mb) // 4, 1)
    return max(memory_mb[-quarter:]) - max(memory_mb[:quarter])
