"""One execution environment: a process that runs the function, one invocation at a time."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from concurrent.futures import Executor
from pathlib import Path

from pixlake.localcloud.lambda_runtime.runtime_api import Event, Invocation, RuntimeApi
from pixlake.localcloud.lambda_runtime.settings import FunctionSettings, Outcome

INIT_SECONDS = 10
"""Lambda gives the init phase 10 s, and runs it again within the first invocation's time if that was too short."""

_RUN = (
    # PR_SET_PDEATHSIG: should the local cloud die without a chance to clean up, the kernel ends its functions.
    "import ctypes, runpy, signal; ctypes.CDLL(None).prctl(1, signal.SIGKILL); "
    "runpy.run_module('awslambdaric', run_name='__main__', alter_sys=True)"
)


class Environment:
    """A started process and its Runtime API. After a crash or a timeout it is `dead` and a new one is needed.

    Parameters
    ----------
    spawner
        Starts the process, always in the same thread: the kernel watches the thread that made a child, not the process.
    """

    def __init__(
        self, settings: FunctionSettings, endpoint_url: str, region: str, log: Path, spawner: Executor
    ) -> None:
        self._settings = settings
        self._log = log
        self._scratch = tempfile.TemporaryDirectory(prefix=f"{settings.name}-", ignore_cleanup_errors=True)
        self._api = RuntimeApi()
        self._started = time.monotonic()
        self._init_ms: float | None = None
        environment = settings.environment(endpoint_url, region, self._api.address, Path(self._scratch.name))
        self._process = spawner.submit(self._start, environment).result()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def _start(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._settings.python, "-c", _RUN, self._settings.handler],
                cwd=self._settings.code,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, so that a kill reaches its children too
            )

    def _watch(self) -> None:
        code = self._process.wait()
        name = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        self._api.events.put(Event("exited", name.encode()))

    def invoke(self, payload: bytes) -> Outcome:
        """Run the function once. The outcome of a dead environment's invocation is a failure, as on Lambda."""
        request_id = str(uuid.uuid4())
        settings = self._settings
        cold = self._init_ms is None
        if cold and (failure := self._wait_for_init(request_id)):
            self.kill()
            return failure
        self._write(f"START RequestId: {request_id} Version: $LATEST")
        began = time.monotonic()
        deadline_ms = int((time.time() + settings.timeout_seconds) * 1000)
        self._api.send(Invocation(request_id, payload, deadline_ms, settings.arn))
        outcome = self._wait_for_outcome(request_id, began + settings.timeout_seconds)
        milliseconds = (time.monotonic() - began) * 1000
        self._report(request_id, milliseconds, self._init_ms if cold else None)
        return outcome

    def _wait_for_init(self, request_id: str) -> Outcome | None:
        limit = INIT_SECONDS + self._settings.timeout_seconds
        deadline = self._started + limit
        while (event := self._api.wait(deadline - time.monotonic())) is not None:
            self._init_ms = (time.monotonic() - self._started) * 1000
            match event.kind:
                case "ready":
                    return None
                case "init_error":
                    return Outcome(request_id, event.payload, failed=True)
                case "exited":
                    return self._exited(request_id, event)
        self._write(f"INIT_REPORT Init Duration: {limit * 1000:.2f} ms\tPhase: init\tStatus: timeout")
        return Outcome.error(
            request_id, "Sandbox.Timedout", f"RequestId: {request_id} Error: Init timed out after {limit} seconds"
        )

    def _wait_for_outcome(self, request_id: str, deadline: float) -> Outcome:
        while (event := self._api.wait(deadline - time.monotonic())) is not None:
            if event.kind == "exited":
                self.kill()
                return self._exited(request_id, event)
            if event.request_id == request_id:
                return Outcome(request_id, event.payload, failed=event.kind == "error")
        self.kill()
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        message = f"{now} {request_id} Task timed out after {self._settings.timeout_seconds:.2f} seconds"
        self._write(message)
        return Outcome.error(request_id, "Sandbox.Timedout", message)

    def _exited(self, request_id: str, event: Event) -> Outcome:
        message = f"RequestId: {request_id} Error: Runtime exited with error: {event.payload.decode()}"
        self._write(message)
        return Outcome.error(request_id, "Runtime.ExitError", message)

    def _report(self, request_id: str, milliseconds: float, init_ms: float | None) -> None:
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {int(milliseconds) + 1} ms",
            f"Memory Size: {self._settings.memory_mb} MB",
        ]
        if (used := self._max_memory_mb()) is not None:
            parts.append(f"Max Memory Used: {used} MB")
        if init_ms is not None:
            parts.append(f"Init Duration: {init_ms:.2f} ms")
        self._write(f"END RequestId: {request_id}\n" + "\t".join(parts))

    def _max_memory_mb(self) -> int | None:
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return None
        peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(peak[0]) // 1024 if peak else None

    def _write(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(text + "\n")

    def kill(self) -> None:
        """End the process and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Kill the process, stop the Runtime API and remove the scratch folder."""
        self.kill()
        self._api.close()
        self._scratch.cleanup()
