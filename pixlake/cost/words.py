"""How quantities and prices are written, in the terminal and in docs/costs.md alike."""

from __future__ import annotations

from pixlake.cost.bill import Line
from pixlake.cost.prices import PriceList, Tier
from pixlake.cost.workload import Workload


def dollars(usd: float) -> str:
    """`$1.52`, `−$0.03`, `$1,058`: cents below a thousand."""
    sign = "−" if usd <= -0.005 else ""
    size = abs(usd)
    return f"{sign}${size:,.0f}" if size >= 1_000 else f"{sign}${size:.2f}"


def quantity(number: float) -> str:
    """`1,207,300`, `47.3`, `0.0164`: three digits at least."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def arithmetic(line: Line, work: Workload, prices: PriceList) -> str:
    """A line's quantities for a million images, each with its price: `21,143 requests × $0.20 per million`."""
    parts = []
    for charge in line.item.charges:
        price = prices[charge.price]
        parts.append(f"{quantity(charge.quantity / work.millions)} {price.unit} × {rate(price.tiers[0], price.per)}")
    return " + ".join(parts) or "off"


def rate(tier: Tier, per: float) -> str:
    """`$0.20 per million`."""
    usd = f"{tier.usd:.10f}".rstrip("0")
    usd += "0" * max(0, 2 - len(usd.partition(".")[2]))
    names = {1: "", 1_000: " per thousand", 1_000_000: " per million", 1_024: " per TB"}
    return f"${usd}{names[int(per)]}"


def value(setting: float) -> str:
    """A setting's value: `on`, `off`, `20`."""
    if isinstance(setting, bool):
        return "on" if setting else "off"
    return f"{setting:,g}"
