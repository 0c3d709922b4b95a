"""List prices, from the one dated file `prices.toml`."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Tier:
    """US dollars for `per` units, up to a month's `up_to` units in all; `seen`: found again, not from memory."""

    up_to: float
    usd: float
    seen: bool = True


@dataclass(frozen=True)
class Price:
    """What one thing costs: `tiers`, each for `per` units, and the AWS pricing `page` that says so."""

    tiers: tuple[Tier, ...]
    per: float
    unit: str
    page: str

    def of(self, quantity: float) -> float:
        """US dollars for a month's quantity, in units; each tier's price holds for the part that falls into it."""
        total, below = 0.0, 0.0
        for tier in self.tiers:
            if quantity <= below:
                break
            total += (min(quantity, tier.up_to) - below) * tier.usd / self.per
            below = tier.up_to
        return total


@dataclass(frozen=True)
class PriceList:
    """All prices by name, of one day, region and processor architecture."""

    dated: date
    region: str
    architecture: str
    by_name: dict[str, Price]

    def __getitem__(self, name: str) -> Price:
        return self.by_name[name]


@cache
def price_list() -> PriceList:
    """Read the file once."""
    with PRICES.open("rb") as file:
        document = tomllib.load(file)
    return PriceList(
        document["dated"],
        document["region"],
        document["architecture"],
        {name: _price(entry) for name, entry in document["prices"].items()},
    )


def _price(entry: dict[str, Any]) -> Price:
    tiers = tuple(
        Tier(tier.get("up_to", math.inf), tier["usd"], not tier.get("from_memory", False)) for tier in entry["tiers"]
    )
    return Price(tiers, entry["per"], entry["unit"], entry["page"])
