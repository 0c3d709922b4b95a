"""A built function under AWS's runtime interface emulator, with nothing around it but what the managed runtime gives.

The emulator comes inside the wheel of the SAM command line. It neither limits the memory nor takes two invocations at
once. The memory is limited by a cgroup of version 1 where this process may make one; the peak is measured anyhow.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixlake.localcloud.waiting import wait_until
from tests.conftest import ROOT

RIE = next((ROOT / ".venv-sam").glob("lib/python3.*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"), None)
PYTHON = ROOT / ".venv-runtime" / "bin" / "python"
CGROUPS = Path("/sys/fs/cgroup/memory")


@dataclass(frozen=True)
class Answer:
    """What an invocation gave; `text` is no JSON where the emulator itself answers, as for a time-out."""

    status: int
    text: str

    @property
    def value(self) -> Any:
        return json.loads(self.text)


class Emulated:
    """A function that runs."""

    def __init__(
        self, port: int, memory_mb: int, log: Path, cgroup: Path | None, process: subprocess.Popen[bytes]
    ) -> None:
        self.memory_mb = memory_mb
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self._log, self._cgroup, self._process = log, cgroup, process

    def invoke(self, event: Any) -> Answer:
        """Run the function once."""
        request = urllib.request.Request(self._url, json.dumps(event).encode())
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    @property
    def log(self) -> str:
        """What the function and the emulator have written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def init_ms(self) -> float:
        """How long the init phase took, as the emulator reports it at the first invocation."""
        return float(re.search(r"INIT REPORT\(durationMs: ([\d.]+)", self.log)[1])

    def measured(self) -> str:
        """Init phase and memory, for a person."""
        how = "limited by a cgroup" if self._cgroup else "no cgroup: not limited, peaks of the processes"
        return f"init {self.init_ms():.0f} ms, peak {self.peak_mb()} of {self.memory_mb} MB ({how})"

    def peak_mb(self) -> int:
        """The largest resident memory of the function's processes so far: of the cgroup, or their own peaks' sum."""
        if self._cgroup is not None:
            return int((self._cgroup / "memory.max_usage_in_bytes").read_text()) // 2**20
        peaks = [
            int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
            for pid in _descendants(self._process.pid)
        ]
        return sum(peaks) // 1024


@contextmanager
def emulated(package: Path, handler: str, memory_mb: int, timeout_s: int, variables: Mapping[str, str]) -> Iterator:
    """Run the package of one function. `variables`: its whole environment, beside what the emulator sets."""
    assert RIE, "the emulator is not there: run `make test-built`, which sets up .venv-sam"
    main, runtime = free_port(), free_port()
    with tempfile.TemporaryDirectory() as scratch, memory_limit(memory_mb) as cgroup:
        log = Path(scratch) / "log"
        reserved = {
            "PATH": "/usr/bin:/bin",
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "PYTHONDONTWRITEBYTECODE": "1",  # on Lambda the package lies on a read-only disk
            "AWS_LAMBDA_FUNCTION_NAME": package.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s),
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "LAMBDA_TASK_ROOT": str(package),
        }
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{main}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
        # The shell joins the cgroup before it becomes the emulator, so that all of the function's processes are in it.
        join = f"echo $$ > {cgroup / 'cgroup.procs'} && " if cgroup else ""
        command = [RIE, *addresses, PYTHON, "-m", "awslambdaric", handler]
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f'{join}exec "$@"', "sh", *command],
                cwd=package,
                env={**variables, **reserved},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_until(lambda: listens(main), 20, "the emulator")
            yield Emulated(main, memory_mb, log, cgroup, process)
        finally:
            for pid in _descendants(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


@contextmanager
def memory_limit(megabytes: int) -> Iterator[Path | None]:
    """A cgroup whose processes are killed above the limit; None where none can be made."""
    cgroup: Path | None = CGROUPS / f"pixlake-{uuid.uuid4().hex[:12]}"
    try:
        cgroup.mkdir()
        (cgroup / "memory.limit_in_bytes").write_text(str(megabytes * 2**20))
    except OSError:
        cgroup = None
    try:
        yield cgroup
    finally:
        if cgroup is not None:
            wait_until(_removes(cgroup), 10, "the end of the cgroup's processes")


def _removes(folder: Path) -> Callable[[], bool]:
    def removed() -> bool:
        with suppress(OSError):
            folder.rmdir()
        return not folder.exists()

    return removed


def _descendants(pid: int) -> list[int]:
    """The process and all that it started, the youngest first. Any thread of a process may start another."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found = [each for child in children.read_text().split() for each in _descendants(int(child))] + found
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
