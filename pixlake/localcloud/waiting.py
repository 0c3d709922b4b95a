"""Waiting for a condition with a bound, instead of sleeping for a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float, what: str = "the condition", interval: float = 0.02) -> T:
    """Return the condition's first true value; raise TimeoutError when `timeout` seconds passed without one."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout:g} s; last value: {value!r}")
        time.sleep(interval)
    return value
