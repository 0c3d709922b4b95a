"""Starts the loopback services as a process, and asks it what it did."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType


class Server:
    """The running services; ended with the block."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.loopback", str(directory)]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE)
        assert self._process.stdout is not None  # noqa: S101 - for the type's sake
        first = self._process.stdout.readline()
        if not first:
            raise RuntimeError(f"{' '.join(command)} ended with {self._process.wait()}: see above")
        self.port: int = json.loads(first)["port"]
        self.pid = self._process.pid

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def reset(self) -> None:
        """Count from here; the cache's table is empty again."""
        self._ask("POST", "/-/reset")

    def usage(self) -> dict[str, float]:
        """Counts and CPU seconds since the last reset."""
        answer: dict[str, float] = self._ask("GET", "/-/usage")
        return answer

    def _ask(self, method: str, path: str) -> dict[str, float]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer: dict[str, float] = json.load(response)
        return answer
