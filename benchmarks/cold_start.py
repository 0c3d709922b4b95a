"""How long the init phase takes: a new process each time, under the runtime client that Lambda's own images use.

What `make build` made, on the Python of `.venv-runtime` (`make test-built` makes both), as it is on Lambda; where they
are not there, the source.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.package import BUILT
from benchmarks.processes import memory_mb
from benchmarks.workers import environment
from pixlake.localcloud.lambda_runtime.runtime_api import RuntimeApi

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / ".venv-runtime" / "bin" / "python"
SOURCE, PYTHON = (BUILT, RUNTIME) if BUILT.is_dir() and RUNTIME.is_file() else (ROOT / "src", Path(sys.executable))
LIMIT_S = 60.0
NO_PORT = 9  # the discard port: no call is made in the init phase

_PARTS = """
import json, time
began = time.perf_counter()
import handlers.bootstrap as bootstrap
from handlers.score_uploads_settings import ScoreUploadsSettings
imported = time.perf_counter()
bootstrap.score_uploads(ScoreUploadsSettings.from_env())
wired = time.perf_counter()
print(json.dumps({"imports": (imported - began) * 1000, "models_and_clients": (wired - imported) * 1000}))
"""


@dataclass(frozen=True)
class Start:
    """From the start of the process until it asks for its first event: milliseconds, resident megabytes (10⁶ bytes)."""

    ms: float
    memory_mb: float


def start() -> Start:
    """Start the function in a new process."""
    api = RuntimeApi()
    variables = {**_variables(), "AWS_LAMBDA_RUNTIME_API": api.address, "_HANDLER": "handlers.score_uploads.handler"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(PYTHON), "-m", "awslambdaric", variables["_HANDLER"]],
        cwd=SOURCE,
        env=variables,
        stdout=subprocess.DEVNULL,
    )
    try:
        event = api.events.get(timeout=LIMIT_S)
        took = (time.perf_counter() - began) * 1000
        memory = memory_mb(process.pid, "VmRSS")
    finally:
        process.kill()
        process.wait()
        api.close()
    if event.kind != "ready":
        raise RuntimeError(f"the function did not start, but answered {event.kind}: {event.payload.decode()}")
    return Start(took, memory)


def parts_ms() -> dict[str, float]:
    """Milliseconds by part, in a process without the runtime client; Python's own start is in none of them."""
    command = [str(PYTHON), "-c", _PARTS]
    answer = subprocess.run(command, cwd=SOURCE, env=_variables(), capture_output=True, text=True, check=True)
    parts: dict[str, float] = json.loads(answer.stdout)
    return parts


def _variables() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, **environment(NO_PORT, cached=True), "PYTHONPATH": str(SOURCE), "LAMBDA_TASK_ROOT": str(SOURCE)}
