"""Everything that `make bench` measures besides the interleaved tasks, and how it is put together as results.json."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import cold_start, growth, latency, memory, package, whole_path
from benchmarks.dataset import Dataset
from benchmarks.figures import figures, summary
from benchmarks.measures import Spread
from benchmarks.suite import Measured
from inference.catalog import MODELS
from pixlake.cost.bill import bill
from pixlake.cost.page import LARGE
from pixlake.cost.workload import SLOWER_VCPU

LIBRARIES = ("onnxruntime", "numpy", "pillow", "pi-heif", "boto3", "orjson", "aws-lambda-powertools")
BATCHES = (1, 10, 50, 100)
DEFAULT = "handler, 1 Mpx, batches of 50"  # the template's BatchSize
PHOTOMATH = {"hours_a_million": 12, "images_per_second": 1_000_000 / (12 * 3600), "fan_out": 5}
"""What Photomath reports of scoring images: 12 hours a million on one VM, five times as fast spread over several."""


def besides(pictures: Dataset, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure what needs no comparison; `tell` is told what comes next."""
    small, large = pictures.sets["jpeg_1mpx"], pictures.sets["jpeg_12mpx"]
    tell("latency of one image")
    measured: dict[str, Any] = {"latency_ms": latency.latency_ms(MODELS, pictures.directory, small[:500])}
    tell("peak memory by batch size")
    measured["peak_mb"] = {
        name: {str(size): memory.peak_mb(MODELS, pictures.directory, paths, size) for size in BATCHES}
        for name, paths in (("jpeg_1mpx", small[:100]), ("jpeg_12mpx", large[:100]))
    }
    tell("growth from 1,000 to 100,000 events")
    measured["growth_us_an_event"] = growth.microseconds_an_event()
    tell("the whole path through the local cloud")
    measured["whole_path"] = whole_path.whole_path(small[:200])
    tell("cold starts")
    starts = [cold_start.start() for _ in range(rounds)]
    parts = [cold_start.parts_ms() for _ in range(rounds)]
    measured["init_spread_ms"] = Spread.of([each.ms for each in starts]).to_json()
    measured["init_mb"] = median(each.memory_mb for each in starts)
    measured["init_parts_ms"] = {name: median(each[name] for each in parts) for name in parts[0]}
    measured["package_parts_mb"] = package.sizes_mb()
    return measured


def results(
    tasks: Mapping[str, Sequence[Measured]],
    others: Mapping[str, Any],
    pictures: Dataset,
    peers: Mapping[str, str],
    quick: bool,
) -> dict[str, Any]:
    """results.json: the ratios first, then what they are made of, then where, with what and when."""
    found = figures(tasks)
    handler = tasks.get("handler, 1 Mpx")
    grown = others["growth_us_an_event"]
    told = {
        **{name: spread.median for name, spread in found.items()},
        "init_ms": others["init_spread_ms"]["median"],
        "package_mb": sum(others["package_parts_mb"].values()),
        "peak_mb_batch_10_12mpx": others["peak_mb"]["jpeg_12mpx"]["10"],
        "firehose_billed_vs_rows": summary(tasks[DEFAULT])["firehose_billed_vs_rows"] if DEFAULT in tasks else None,
        "growth_100000_vs_1000": grown["100000"] / grown["1000"],
        "usd_per_million": _usd_per_million(handler) if handler else None,
        "spread": {
            **{name: spread.to_json() for name, spread in found.items()},
            "init_ms": others["init_spread_ms"],
        },
        "tasks": {name: summary(runs) for name, runs in tasks.items()},
        **{name: value for name, value in others.items() if name != "init_spread_ms"},
        "photomath": PHOTOMATH,
        "quick": quick,
        "rounds": max(map(len, tasks.values())),
        "dataset_sha256": pictures.sha256,
        "machine": _machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}, **peers},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return {name: _rounded(value) for name, value in told.items()}


def _usd_per_million(handler: Sequence[Measured]) -> float:
    """All in, at 10 M images a day; an image takes what the handler took here, and Lambda's share of a core more."""
    took_ms = 1000 / median(run.rate for run in handler)
    return bill(replace(LARGE, ms_per_image=took_ms * SLOWER_VCPU)).million


def _machine() -> dict[str, Any]:
    processor = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        models = [
            line for line in information.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        processor = models[0].partition(":")[2].strip() if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": list(os.getloadavg()),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
