"""The ratios that follow from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measures import Spread, ratios
from benchmarks.suite import Measured
from benchmarks.tasks import WEIGHTS


def figures(measured: Mapping[str, Sequence[Measured]]) -> dict[str, Spread]:
    """The ratios, from the wall clock and, with `_cpu`, from CPU time. Those whose tasks did not run are left out."""
    found: dict[str, Spread] = {}

    def compare(name: str, over: str, under: str) -> None:
        if over in measured and under in measured:
            above, below = measured[over], measured[under]
            found[name] = ratios([one.rate for one in above], [one.rate for one in below])
            found[f"{name}_cpu"] = ratios([one.cpu_rate for one in above], [one.cpu_rate for one in below])

    compare("handler_vs_limit_1mpx", "handler, 1 Mpx", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_batch_50", "handler, 1 Mpx, batches of 50", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_batch_100", "handler, 1 Mpx, batches of 100", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_cache", "handler, 1 Mpx, cache", "limit, 1 Mpx")
    compare("handler_vs_limit_12mpx", "handler, 12 Mpx", "limit, 12 Mpx")
    compare("handler_vs_limit_png_webp", "handler, PNG and WebP", "limit, PNG and WebP")
    # As many uploads, so the ratio of times is that of rates upside down.
    compare("duplicates_time_ratio", "handler, 1 Mpx, cache", "handler, 1 Mpx, cache, 30 % duplicates")
    compare("handler_vs_limit_category_nsfw", "handler, category + nsfw", "limit, category + nsfw")
    compare("int8_vs_fp32", "limit, category + nsfw", "limit, category + nsfw, fp32")
    compare("int8_vs_fp32_four", "limit, four models", "limit, four models, fp32")
    for weights in WEIGHTS:
        for peer in ("daft", "ray", "ray-tuned"):
            name = f"vs_{peer.replace('-', '_')}"
            compare(f"{name}_{weights}", "handler, category + nsfw", f"{peer}, category + nsfw, {weights}")
            compare(f"{name}_four_{weights}", "handler, four models", f"{peer}, four models, {weights}")
    compare("limit_fp32_vs_daft_fp32", "limit, category + nsfw, fp32", "daft, category + nsfw, fp32")
    second = _second_core(measured)
    return {**found, **({"second_core_vs_limit": second} if second else {})}


def _second_core(measured: Mapping[str, Sequence[Measured]]) -> Spread | None:
    """What the second core adds to the handler's rate, over what it adds to the limit's, each as a share of one's."""
    names = [f"{kind}, 1 Mpx{more}" for kind in ("handler", "limit") for more in ("", ", 2 processes")]
    if not all(name in measured for name in names):
        return None
    handler, handler_2, limit, limit_2 = ([one.rate for one in measured[name]] for name in names)
    gains = [
        [both / one - 1 for both, one in zip(pair, single, strict=True)]
        for pair, single in ((handler_2, handler), (limit_2, limit))
    ]
    return ratios(*gains)


def summary(runs: Sequence[Measured]) -> dict[str, Any]:
    """A task's medians and spreads, as results.json holds them."""
    handled = [one for one in runs if one.usage.get("scored_rows")]
    peaks = [one.usage["peak_mb"] for one in runs if "peak_mb" in one.usage]
    return {
        "images_a_round": runs[0].images,
        "images_per_second": Spread.of([one.rate for one in runs]).to_json(),
        "images_per_cpu_second": Spread.of([one.cpu_rate for one in runs]).to_json(),
        "services_cpu_ms_an_image": round(
            sum(one.services_cpu_s for one in runs) / sum(one.images for one in runs) * 1000, 4
        ),
        **({"peak_mb": max(peaks)} if peaks else {}),
        **(
            {"firehose_billed_vs_rows": round(_total(handled, "billed_bytes") / _total(handled, "row_bytes"), 4)}
            if handled
            else {}
        ),
    }


def _total(runs: Sequence[Measured], name: str) -> float:
    return sum(one.usage[name] for one in runs)
