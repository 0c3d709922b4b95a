"""How long to wait before a call is made again."""

from __future__ import annotations

import random


def full_jitter(first_delay_s: float, attempt: int) -> float:
    """Seconds before attempt 1, 2, …: up to twice as many each time, at random, so that clients do not come in step."""
    return random.uniform(0, first_delay_s * 2**attempt)  # noqa: S311 - jitter is no secret
