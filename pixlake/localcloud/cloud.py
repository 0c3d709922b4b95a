"""The local cloud as a whole: starts from a template, serves, drains, stops."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pixlake.localcloud import parameters as template_parameters
from pixlake.localcloud import snapshot, waiting
from pixlake.localcloud.clients import client_factory
from pixlake.localcloud.errors import LocalCloudError, StateError
from pixlake.localcloud.event_source import EventSourceMapping
from pixlake.localcloud.front import Front
from pixlake.localcloud.lambda_api import LambdaApi
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.message_moves import MessageMoves
from pixlake.localcloud.releases import Releases
from pixlake.localcloud.resources import Site
from pixlake.localcloud.schedules import Schedule
from pixlake.localcloud.stack import Stack
from pixlake.localcloud.state import StateDirectory

logger = logging.getLogger(__name__)
T = TypeVar("T")

STACK_NAME = "pixlake"
REGION = "us-east-1"
_one_per_process = threading.Lock()
"""moto keeps its backends in module globals."""


def _silent(message: str) -> None:
    """Show no progress."""


class LocalCloud:
    """Runs a template on 127.0.0.1. A context manager: entering starts, leaving drains and stops.

    Parameters
    ----------
    template_path
        The template, SAM or plain.
    parameters
        Values that override `local_parameters.toml`, which overrides the template's defaults.
    port
        Where to serve; 0 for any free port.
    data_dir
        Where state survives a restart and logs are written; None for a temporary folder.
    workers
        Most batches that run at once for an event source mapping; None for the number of processors.
    progress
        Called with a line for each step.
    python
        Interpreter of the functions: it has awslambdaric, boto3 and, unless the code brings them, its dependencies.
    check_releases
        Run what CodeDeploy asks before a version gets traffic, and do not start if it says no.

    Example
    -------
    >>> with LocalCloud(Path("template.yaml")) as cloud:  # doctest: +SKIP
    ...     cloud.client("s3").upload_file("cat.jpg", cloud.outputs["UploadBucketName"], "cat.jpg")
    """

    def __init__(
        self,
        template_path: Path,
        parameters: Mapping[str, Any] | None = None,
        port: int = 0,
        data_dir: Path | None = None,
        workers: int | None = None,
        progress: Callable[[str], None] = _silent,
        region: str = REGION,
        python: Path = Path(sys.executable),
        check_releases: bool = False,
    ) -> None:
        self._template_path = Path(template_path)
        self._parameters = dict(parameters or {})
        self._port = port
        self._data_dir = data_dir
        self._workers = workers or os.cpu_count() or 1
        self._progress = progress
        self._region = region
        self._python = python
        self._check_releases = check_releases
        self._undo: list[Callable[[], None]] = []
        self._mappings: list[EventSourceMapping] = []
        self._started = False

    def start(self) -> Self:
        """Check the template, create everything, serve. Whatever fails, nothing is left behind."""
        began = time.monotonic()
        if not _one_per_process.acquire(blocking=False):
            raise LocalCloudError("This process runs a local cloud already; stop that one first.")
        self._undo.append(_one_per_process.release)
        try:
            self._start()
        except BaseException:
            self._tear_down()
            raise
        self._started = True
        seconds = time.monotonic() - began
        self._progress(
            f"{len(self.resources)} resources serve after {seconds:.1f} s; functions log to {self.log_folder}"
        )
        return self

    def _start(self) -> None:
        self._progress(f"Reading {self._template_path.name}")
        self._stack = Stack(self._template_path, self._local_parameters(), STACK_NAME, self._region)
        self._stack.check()
        self._state = StateDirectory(self._data_dir) if self._data_dir else None
        if self._state:
            self._undo.append(self._state.close)
        stored = self._state.load() if self._state else None
        _reset_moto()
        self._undo.append(_reset_moto)
        self._front = Front(self._port)
        self._undo.append(self._front.close)
        self.client = client_factory(self.endpoint_url, self._region)
        self._start_services()

        site = Site(client=self.client, region=self._region, python=self._python)
        self._progress(f"Creating {len(self._stack.template.resources)} resources")
        self._stack.create(site)
        self._template_inventory = snapshot.inventory(self._region)
        if self._state and stored:
            self._progress(f"Restoring the state in {self._state.folder}")
            snapshot.put_back(stored, self._state, self.client, self._region)
        self._functions = LambdaService(site.functions, self.endpoint_url, self._region, self._log_folder())
        self._undo.append(self._functions.close)
        self._front.serve_lambda(LambdaApi(self._functions, self._mappings))
        for release in site.releases if self._check_releases else ():
            self._progress(f"Checking {release.alias_arn} before it gets uploads")
            self._releases.check(release, self._functions)
        for settings in site.mappings:
            function = self._functions.function(settings.function_name)
            mapping = EventSourceMapping(settings, self.client("sqs"), function, self._region, self._workers)
            self._mappings.append(mapping)
            mapping.start()
        for schedule in site.schedules:
            running = Schedule(schedule, self._functions.function(schedule.function_arn), self._region)
            self._undo.append(running.stop)  # before the functions, since what is undone last was done first
            running.start()
        self._front.ready(self.describe)

    def _local_parameters(self) -> dict[str, Any]:
        """Merge the local defaults that this template knows with the caller's values, which it must know."""
        known = Stack.parameter_names(self._template_path)
        local = {name: value for name, value in template_parameters.local_parameters().items() if name in known}
        return local | self._parameters

    def _start_services(self) -> None:
        # Imported here: they bring pyarrow and DuckDB, which `pixlake --help` need not load.
        from pixlake.localcloud.athena import AthenaService  # noqa: PLC0415
        from pixlake.localcloud.firehose import FirehoseService  # noqa: PLC0415

        self._firehose = FirehoseService(self.endpoint_url, self._region)
        athena = AthenaService(self.endpoint_url, self._region)
        self._releases = Releases()
        for service in (self._firehose, athena, MessageMoves(self._region), self._releases):
            self._undo.append(service.close)
            self._front.add(service)

    def _log_folder(self) -> Path:
        if self._state:
            self.log_folder = self._state.folder / "logs"
        else:
            folder = tempfile.mkdtemp(prefix="pixlake-")
            self._undo.append(lambda: shutil.rmtree(folder, ignore_errors=True))
            self.log_folder = Path(folder)
        return self.log_folder

    @property
    def endpoint_url(self) -> str:
        """Where everything is served."""
        return self._front.url

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs by name."""
        return self._stack.outputs

    @property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical id; those of nested stacks as `Nested/LogicalId`."""
        return self._stack.resources()

    def describe(self) -> dict[str, Any]:
        """Return what `/_pixlake/outputs` shows."""
        return {
            "stack": STACK_NAME,
            "region": self._region,
            "parameters": self._stack.parameters(),
            "endpoint_url": self.endpoint_url,
            "outputs": self.outputs,
            "resources": self.resources,
            "logs": str(self.log_folder),
        }

    def stop(self, drain: bool = True, drain_seconds: float = 30) -> None:
        """Let running batches finish (for at most `drain_seconds`), write Firehose's buffers, save the state, stop.

        Messages still in a queue stay there: with a data directory they survive, without one they are gone.
        """
        if not self._started:
            return
        self._started = False
        try:
            self._progress("Letting running batches finish" if drain else "Stopping")
            self._drain(drain_seconds if drain else 0)
            if self._state:
                self._save()
        finally:
            self._tear_down()

    def _drain(self, seconds: float) -> None:
        for mapping in self._mappings:
            mapping.stopping()
        deadline = time.monotonic() + seconds
        for mapping in self._mappings:
            if not mapping.stop(max(deadline - time.monotonic(), 0)):
                self._progress(
                    f"A batch still ran after {seconds:g} s; its messages are not lost, they will be delivered again"
                )
        self._mappings.clear()
        if left := self._firehose.flush():
            self._progress(f"Not kept: {left} rows that S3 did not take from the delivery streams")

    def _save(self) -> None:
        assert self._state is not None  # noqa: S101 - for the type checker
        self._progress(f"Saving the state in {self._state.folder}")
        items = snapshot.take_items(self.client, self._region)
        self._front.quiesce()
        for lost in snapshot.not_kept(self._region, self._template_inventory):
            self._progress(f"Not kept: {lost}")
        try:
            self._state.save(snapshot.take(self._state, self._region, items, self._template_inventory))
        except OSError as error:
            raise StateError(
                f"The state could not be saved in {self._state.folder}: {error.strerror}. "
                "The state of the last clean stop is still there; what came since is lost."
            ) from error

    def _tear_down(self) -> None:
        for mapping in self._mappings:
            mapping.stopping()
        for mapping in self._mappings:
            mapping.stop(0)
        self._mappings.clear()
        while self._undo:
            undo = self._undo.pop()
            try:
                undo()
            except Exception:
                logger.exception("A part of the local cloud did not stop cleanly")

    def wait_until(self, condition: Callable[[], T], timeout: float, what: str = "the condition") -> T:
        """Return the condition's first true value; raise TimeoutError after `timeout` seconds without one."""
        return waiting.wait_until(condition, timeout, what)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(drain=error is None)


def _reset_moto() -> None:
    from moto.moto_api._internal.models import moto_api_backend  # noqa: PLC0415

    moto_api_backend.reset()
