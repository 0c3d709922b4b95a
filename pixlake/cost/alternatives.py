"""The same images by other means."""

from __future__ import annotations

import math

from pixlake.cost.bill import bill
from pixlake.cost.prices import PriceList, price_list
from pixlake.cost.workload import SECONDS_A_DAY, Workload

REKOGNITION_CALLS = 2  # DetectLabels and DetectModerationLabels; text detection would be a third
VM_IMAGES_A_SECOND = 100.0  # a T4 has room for more; its four vCPUs decode and fetch about as many
VM_PEAK = 3.0  # the busiest hour against the mean: machines stand ready for it, Lambda is billed by use
VM_HOURS_A_MONTH = 730
LAMBDA = ("Lambda, compute", "Lambda, requests", "Result cache")


def rekognition(work: Workload, prices: PriceList | None = None) -> float:
    """US dollars a month for the calls alone: no queue, rows or lake. Every call counts towards the tiers."""
    return (prices or price_list())["rekognition_images"].of(work.images * REKOGNITION_CALLS)


def machines(work: Workload) -> int:
    """GPU machines for the busiest hour."""
    return max(1, math.ceil(work.images_per_day / SECONDS_A_DAY * VM_PEAK / VM_IMAGES_A_SECOND))


def gpu_vm(work: Workload, prices: PriceList | None = None) -> float:
    """US dollars a month for GPU machines in the place of Lambda and its cache; everything else as it is."""
    rest = sum(line.month for line in bill(work, prices).lines if line.item.name not in LAMBDA)
    return rest + (prices or price_list())["gpu_vm"].of(machines(work) * VM_HOURS_A_MONTH)
