"""The tables of docs/costs.md. `python -m pixlake.cost.page` writes them anew; a test holds the page to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pixlake.cost.alternatives import gpu_vm, machines, rekognition
from pixlake.cost.bill import bill, cache_balance, cache_break_even, settings
from pixlake.cost.prices import price_list
from pixlake.cost.words import arithmetic, dollars, quantity, rate, value
from pixlake.cost.workload import Workload

PAGE = Path(__file__).parents[2] / "docs" / "costs.md"
MILLION = Workload()
LARGE = Workload(images_per_day=10_000_000)
"""A large classifieds site."""


def bill_table() -> str:
    """Every item, for a million images."""
    here, there = bill(MILLION), bill(LARGE)
    rows = ["| item | a million images take | 1 M a day | 10 M a day |", "|---|---|---|---|"]
    for small, large in zip(here.lines, there.lines, strict=True):
        uses = arithmetic(small, MILLION, price_list())
        rows.append(f"| {small.item.name} | {uses} | {dollars(small.million)} | {dollars(large.million)} |")
    rows.append(f"| **all, a million images** | | **{dollars(here.million)}** | **{dollars(there.million)}** |")
    rows.append(f"| all, a month | | {dollars(here.month)} | {dollars(there.month)} |")
    return "\n".join(rows)


def settings_table() -> str:
    """The two settings that matter most, at three volumes."""
    rows = ["| images a day | a million | matters most | then |", "|---|---|---|---|"]
    for images in (100_000, 1_000_000, 10_000_000):
        work = Workload(images_per_day=images)
        cells = []
        for setting in settings(work)[:2]:
            values = sorted([(setting.value, setting.now), *setting.others.items()])
            cells.append(f"`{setting.name}`: " + ", ".join(f"{value(each)} → {dollars(usd)}" for each, usd in values))
        rows.append(f"| {quantity(images)} | {dollars(bill(work).million)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def cache_table() -> str:
    """What the result cache adds to a million images, by the share of duplicates."""
    shares = (0.0, 0.1, 0.3, 0.5)
    table, saved, balance = [], [], []
    for share in shares:
        work = replace(MILLION, duplicates=share)
        lines = {line.item.name: line.million for line in bill(work).lines}
        without = {line.item.name: line.million for line in bill(replace(work, result_cache=False)).lines}
        table.append(dollars(lines["Result cache"]))
        saved.append(dollars(lines["Lambda, compute"] - without["Lambda, compute"]))
        balance.append(f"**{dollars(cache_balance(MILLION, share))}**")
    even = cache_break_even(MILLION)
    if even is None:
        raise ValueError("the result cache never pays with the default workload: docs/costs.md says otherwise")
    head = " | ".join(f"d = {share:g}" for share in shares)
    return "\n".join(
        [
            f"| | {head} |",
            "|---|" + "---|" * len(shares),
            f"| table: reads, writes, storage | {' | '.join(table)} |",
            f"| scoring saved | {' | '.join(saved)} |",
            f"| **balance** | {' | '.join(balance)} |",
            "",
            f"It breaks even at {even:.0%} of duplicates.",
        ]
    )


def alternatives_table() -> str:
    """The same images by other means, a million images."""
    rows = ["| | 1 M a day | 10 M a day |", "|---|---|---|"]
    works = (MILLION, LARGE)
    ours = [dollars(bill(work).million) for work in works]
    theirs = [dollars(rekognition(work) / work.millions) for work in works]
    count = [machines(work) for work in works]
    vms = [f"{dollars(gpu_vm(work) / work.millions)} ({n})" for work, n in zip(works, count, strict=True)]
    rows.append(f"| pixlake, all | {' | '.join(ours)} |")
    rows.append(f"| Rekognition, labels and moderation, the calls alone | {' | '.join(theirs)} |")
    rows.append(f"| GPU machines (their number) in the place of Lambda, all | {' | '.join(vms)} |")
    return "\n".join(rows)


def prices_table() -> str:
    """The price list."""
    rows = ["| price | from | seen |", "|---|---|---|"]
    for price in price_list().by_name.values():
        tiers = ", then ".join(rate(tier, price.per) for tier in price.tiers)
        seen = [tier.seen for tier in price.tiers]
        word = "yes" if all(seen) else "in part" if any(seen) else "from memory"
        rows.append(f"| {tiers} ({price.unit}) | {price.page} | {word} |")
    return "\n".join(rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "bill": bill_table,
    "settings": settings_table,
    "cache": cache_table,
    "alternatives": alternatives_table,
    "prices": prices_table,
}


def rendered(page: str) -> str:
    """The page with its tables made anew; each stands between `<!-- table: name -->` and `<!-- end -->`."""

    def table(match: re.Match[str]) -> str:
        return f"{match[1]}\n{TABLES[match[2]]()}\n{match[3]}"

    return re.sub(r"(<!-- table: (\w+) -->)\n.*?\n?(<!-- end -->)", table, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
