"""`pixlake cost`: what so many images a day would cost on AWS, at list prices."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from pixlake.cli.terminal import CommandError, messages, output

if TYPE_CHECKING:
    from pixlake.cost.bill import Bill
    from pixlake.cost.workload import Workload

LARGE = 10_000_000
"""Uploads a day of a large classifieds site: what the same settings would cost there."""


def cost(
    images_per_day: Annotated[float, typer.Option(help="Images uploaded a day.", min=1)] = 1_000_000,
    images: Annotated[
        float | None, typer.Option(help="Images a month of 30 days, instead of --images-per-day.", min=30)
    ] = None,
    mean_bytes: Annotated[float, typer.Option(help="Mean size; 250,000 is a photo of a megapixel.", min=1)] = 250_000,
    duplicates: Annotated[
        float,
        typer.Option(help="Share of uploads whose bytes came before (query duplicate_share).", min=0, max=1),
    ] = 0.3,
    ms_per_image: Annotated[
        float | None,
        typer.Option(help="Decoding and scoring by one vCPU (column timing). Default: by the size.", min=0),
    ] = None,
    memory: Annotated[int, typer.Option(help="MemorySize in MB; 1769 is one vCPU.", min=128, max=10_240)] = 1_769,
    batch_size: Annotated[int, typer.Option(help="BatchSize.", min=1, max=10_000)] = 50,
    window: Annotated[float, typer.Option(help="BatchingWindowSeconds.", min=0, max=300)] = 20,
    result_cache: Annotated[bool, typer.Option(help="ResultCache.")] = True,
    result_cache_days: Annotated[float, typer.Option(help="ResultCacheDays.", min=0)] = 14,
    reconcile_hours: Annotated[
        float, typer.Option(help="Hours between runs of the ledger (ReconcileSchedule).", min=1)
    ] = 6,
    entry: Annotated[Literal["notification", "eventbridge", "sns"], typer.Option(help="Entry.")] = "notification",
    buffer: Annotated[float, typer.Option(help="FirehoseBufferSeconds.", min=60, max=900)] = 300,
    nsfw_alert_share: Annotated[float, typer.Option(help="Share of uploads that raise an alert.", min=0, max=1)] = 0.01,
    log_days: Annotated[float, typer.Option(help="LogRetentionDays.", min=1)] = 30,
    days: Annotated[float, typer.Option(help="Days that the lake keeps its rows.", min=1)] = 365,
    queries_per_day: Annotated[float, typer.Option(help="Queries a day, each about a week of uploads.", min=0)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Reckon what the pipeline costs, item by item, at AWS's list prices (us-east-1, x86, no free tier).

    Not part of it: what there is without pixlake, that is keeping the images and uploading them. The formulas and what
    they assume are in docs/costs.md, the prices in pixlake/cost/prices.toml. Asks nothing of AWS.

    [bold]pixlake cost --images-per-day 200000 --mean-bytes 1500000 --duplicates 0.1[/]
    """
    from pixlake.cost.workload import DAYS_A_MONTH, Workload  # noqa: PLC0415 - keeps `pixlake --help` fast

    work = Workload(
        images_per_day=images / DAYS_A_MONTH if images is not None else images_per_day,
        mean_bytes=mean_bytes,
        duplicates=duplicates,
        ms_per_image=ms_per_image,
        memory_mb=memory,
        batch_size=batch_size,
        window_s=window,
        result_cache=result_cache,
        result_cache_days=result_cache_days,
        reconcile_hours=reconcile_hours,
        entry=entry,
        buffer_s=buffer,
        alert_share=nsfw_alert_share,
        log_days=log_days,
        lake_days=days,
        queries_per_day=queries_per_day,
    )
    if batch_size > 10 and window < 1:
        raise CommandError("--batch-size above 10 needs a --window of at least 1 second, as on Lambda", 2)
    document = _document(work)
    typer.echo(json.dumps(document)) if as_json else _show(work)


def _document(work: Workload) -> dict[str, Any]:
    """All figures in US dollars; `charges` are a month's quantities."""
    from pixlake.cost import alternatives  # noqa: PLC0415
    from pixlake.cost.bill import bill, cache_break_even, settings  # noqa: PLC0415
    from pixlake.cost.prices import price_list  # noqa: PLC0415

    prices, reckoned = price_list(), bill(work)
    return {
        "prices": {"dated": prices.dated.isoformat(), "region": prices.region, "architecture": prices.architecture},
        "workload": {**dataclasses.asdict(work), "ms_per_image": work.image_ms, "images_a_batch": work.batch},
        "usd_per_million": reckoned.million,
        "usd_per_month": reckoned.month,
        "items": [
            {
                "name": line.item.name,
                "usd_per_million": line.million,
                "usd_per_month": line.month,
                "charges": [
                    {"price": charge.price, "quantity": charge.quantity, "unit": prices[charge.price].unit}
                    for charge in line.item.charges
                ],
            }
            for line in reckoned.lines
        ],
        "largest": reckoned.largest.item.name,
        "settings": [
            {
                "name": setting.name,
                "value": setting.value,
                "spread_usd_per_million": setting.spread,
                "usd_per_million_at": [
                    {"value": other, "usd_per_million": usd} for other, usd in setting.others.items()
                ],
            }
            for setting in settings(work)
        ],
        "cache_break_even_duplicates": cache_break_even(work),
        "usd_per_million_at_10m_a_day": _at(work, LARGE).million,
        "rekognition_usd_per_month": alternatives.rekognition(work),
        "gpu_vm_usd_per_month": alternatives.gpu_vm(work),
        "gpu_vms": alternatives.machines(work),
    }


def _at(work: Workload, images_per_day: float) -> Bill:
    from pixlake.cost.bill import bill  # noqa: PLC0415

    return bill(dataclasses.replace(work, images_per_day=images_per_day))


def _show(work: Workload) -> None:
    from pixlake.cost import alternatives  # noqa: PLC0415
    from pixlake.cost.bill import bill, cache_break_even, settings  # noqa: PLC0415
    from pixlake.cost.prices import price_list  # noqa: PLC0415
    from pixlake.cost.words import arithmetic, dollars, quantity, value  # noqa: PLC0415

    prices, reckoned = price_list(), bill(work)
    messages.print(
        f"list prices of {prices.dated}, {prices.region}, {prices.architecture}; "
        f"{quantity(work.image_ms)} ms an image, {quantity(work.batch)} images a batch",
        soft_wrap=True,
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", show_footer=True)
    table.add_column("item", footer="all", no_wrap=True)
    table.add_column("a million images take", overflow="fold")
    table.add_column("a million", justify="right", footer=dollars(reckoned.million), no_wrap=True)
    table.add_column("a month", justify="right", footer=dollars(reckoned.month), no_wrap=True)
    for line in reckoned.lines:
        uses = escape(arithmetic(line, work, prices)).replace(" + ", "\n")
        table.add_row(line.item.name, uses, dollars(line.million), dollars(line.month))
    output.print(table)
    largest = reckoned.largest
    output.print(
        f"{largest.item.name} is the largest: {largest.month / reckoned.month:.0%}. "
        "The two settings that matter most at this volume, a million images:"
    )
    for setting in settings(work)[:2]:
        values = sorted([(setting.value, setting.now), *setting.others.items()])
        output.print(f"  {setting.name}: " + ", ".join(f"{dollars(usd)} at {value(each)}" for each, usd in values))
    even = cache_break_even(work)
    output.print(
        "The result cache never pays." if even is None else f"The result cache pays from {even:.0%} of duplicates on."
    )
    large = _at(work, LARGE)
    output.print(f"At {LARGE:,} images a day: {dollars(large.million)} a million, {dollars(large.month)} a month.")
    output.print(
        f"Rekognition, labels and moderation: {dollars(alternatives.rekognition(work))} a month. "
        f"{alternatives.machines(work)} GPU machine(s) in the place of Lambda, the rest as it is: "
        f"{dollars(alternatives.gpu_vm(work))} a month."
    )
