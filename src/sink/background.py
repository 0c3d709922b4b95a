"""Threads that a batch waits for only as long as it has time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Background:
    """Runs calls in threads, in the order of their submission.

    A thread cannot be killed: one that hangs is left behind and ends by its client's time-outs.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "background")
        self._running: set[Future[Any]] = set()

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call soon."""
        future = self._pool.submit(call, *args, **kwargs)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def finish(self, seconds: float) -> None:
        """Wait for all calls, but no longer than that, and drop those that have not begun."""
        wait(list(self._running), timeout=seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
