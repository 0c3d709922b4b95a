"""A function: its warm environments, and new ones up to a limit."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from pixlake.localcloud.lambda_runtime.environment import Environment
from pixlake.localcloud.lambda_runtime.settings import FunctionSettings, Outcome

_TAIL = 65_536


class LambdaFunction:
    """Invokes a function in the warmest free environment, starting one when all are busy."""

    def __init__(
        self, settings: FunctionSettings, endpoint_url: str, region: str, log: Path, spawner: Executor
    ) -> None:
        self.settings = settings
        self._endpoint_url = endpoint_url
        self._region = region
        self._log = log
        self._spawner = spawner
        self._lock = threading.Lock()
        self._free: list[Environment] = []
        self._busy: set[Environment] = set()
        self._closed = False

    def invoke(self, payload: bytes) -> Outcome:
        """Run the function once, synchronously; the caller bounds how many run at a time."""
        before = self._log.stat().st_size if self._log.exists() else 0
        environment = self._acquire()
        try:
            outcome = environment.invoke(payload)
        finally:
            self._release(environment)
        return replace(outcome, log=_tail(self._log, before))

    def _acquire(self) -> Environment:
        with self._lock:
            while self._free:
                environment = self._free.pop()
                if not environment.dead:
                    self._busy.add(environment)
                    return environment
                environment.close()
            if self._closed:
                raise RuntimeError(f"{self.settings.name} is stopped.")
            environment = Environment(self.settings, self._endpoint_url, self._region, self._log, self._spawner)
            self._busy.add(environment)
            return environment

    def _release(self, environment: Environment) -> None:
        with self._lock:
            self._busy.discard(environment)
            if not environment.dead and not self._closed:
                self._free.append(environment)
                return
        environment.close()

    def close(self) -> None:
        """End every environment; an invocation that still runs fails as if it had crashed."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
            busy = list(self._busy)
        for environment in busy:
            environment.kill()
        for environment in free:
            environment.close()


def _tail(log: Path, since: int) -> bytes:
    """The end of what was written after `since` bytes."""
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(since, end - _TAIL))
        return file.read()
