"""One Trino server as a child process, over the Glue and S3 of a local endpoint."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.trino.client import TrinoClient
from tools.trino.distribution import CACHE, Distribution, fetched
from tools.trino.errors import QueryFailed, StartError
from tools.trino.java import Java, runtime

CATALOG = "awsdatacatalog"
_HOST = "127.0.0.1"
_POLL_SECONDS = 0.2
_WITH_US = (
    "import ctypes, os, signal, sys\n"
    # PR_SET_PDEATHSIG: should this process die without a chance to clean up, the kernel ends Trino.
    "sys.platform == 'linux' and ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
_JVM = (  # noqa: SIM905 - a command line reads best as one
    "-Xmx2G -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Djdk.attach.allowAttachSelf=true "
    "-Duser.timezone=UTC -Dfile.encoding=UTF-8 --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
).split()
"""The first compiler and the simplest collector: queries of seconds on two processors, not of hours on a cluster."""


@dataclass(frozen=True)
class Lake:
    """Where the tables and objects are: one endpoint for Glue and S3."""

    endpoint_url: str
    warehouse: str
    """`s3://` address for tables that are made without a location."""
    region: str = "us-east-1"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - the local cloud takes any

    def catalog(self) -> dict[str, str]:
        """The catalogue's properties: what Athena does by itself, said to Trino's Hive connector."""
        glue = "hive.metastore.glue"
        return {
            "connector.name": "hive",
            "hive.metastore": "glue",
            f"{glue}.endpoint-url": self.endpoint_url,
            f"{glue}.region": self.region,
            f"{glue}.aws-access-key": self.access_key,
            f"{glue}.aws-secret-key": self.secret_key,
            f"{glue}.default-warehouse-dir": self.warehouse,
            f"{glue}.skip-archive": "true",
            "fs.native-s3.enabled": "true",
            "s3.endpoint": self.endpoint_url,
            "s3.region": self.region,
            "s3.path-style-access": "true",
            "s3.aws-access-key": self.access_key,
            "s3.aws-secret-key": self.secret_key,
            "hive.partition-projection-enabled": "true",
            "hive.recursive-directories": "true",
            # moto has no column statistics, and the lake writes none.
            "hive.table-statistics-enabled": "false",
        }


class TrinoServer:
    """A context manager: entering fetches what is missing, starts and waits; leaving stops.

    On Linux it ends with the thread that started it, however that ends.

    Example
    -------
    >>> with TrinoServer(Lake("http://127.0.0.1:4566", "s3://lake/")) as trino:  # doctest: +SKIP
    ...     trino.client("pixlake").execute("SELECT count(*) FROM image_scores").rows
    """

    def __init__(self, lake: Lake, port: int = 0, cache: Path = CACHE, progress: Callable[[str], None] = print) -> None:
        self._lake, self._cache, self._progress = lake, cache, progress
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{_HOST}:{self._port}"

    def client(self, schema: str) -> TrinoClient:
        """Return a client whose unqualified tables are in `schema`, a database of Glue."""
        return TrinoClient(self.url, schema, CATALOG)

    def start(self, seconds: float = 180) -> Self:
        """Return when a query has been answered. Whatever fails, no process is left."""
        distribution, java = fetched(self._cache, self._progress), runtime(self._cache, self._progress)
        self._port = self._port or _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="pixlake-trino-"))
        began = time.monotonic()
        try:
            self._launch(self._folder, distribution, java)
            self._wait(began + seconds)
        except BaseException:
            self.stop()
            raise
        seconds = time.monotonic() - began
        self._progress(f"Trino answers at {self.url} after {seconds:.1f} s, on Java {java.version} ({java.program})")
        return self

    def stop(self, seconds: float = 20) -> None:
        """End the process, by force if it takes longer than that, and delete its files."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _launch(self, folder: Path, distribution: Distribution, java: Java) -> None:
        (folder / "catalog").mkdir()
        _write(folder / "catalog" / f"{CATALOG}.properties", self._lake.catalog())
        _write(
            folder / "config.properties",
            {
                "coordinator": "true",
                "node-scheduler.include-coordinator": "true",
                "http-server.http.port": str(self._port),
                "node.internal-address": _HOST,
                "node.bind-ip": _HOST,
                "discovery.uri": self.url,
                "catalog.management": "static",
                "query.max-memory": "1GB",
                "query.max-memory-per-node": "768MB",
                "memory.heap-headroom-per-node": "256MB",
            },
        )
        settings = {
            "config": folder / "config.properties",
            "node.environment": "test",
            "node.id": "pixlake",
            "node.data-dir": folder / "data",
            "plugin.dir": distribution.plugins,
            "catalog.config-dir": folder / "catalog",
        }
        command = [sys.executable, "-c", _WITH_US, str(java.program), *_JVM]
        command += ["--add-modules=jdk.incubator.vector"] if java.has_vectors else []
        command += [f"-D{name}={value}" for name, value in settings.items()]
        command += ["-cp", f"{distribution.libraries}/*", "io.trino.server.TrinoServer"]
        with (folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder
            )

    def _wait(self, deadline: float) -> None:
        """Wait until the first query is answered: the port is open and the node known some seconds before."""
        client = self.client("default")
        while True:
            assert self._process  # noqa: S101 - for the type checker
            if self._process.poll() is not None:
                raise StartError(f"Trino ended with status {self._process.returncode}: {self._complaints()}")
            if time.monotonic() > deadline:
                raise StartError(f"Trino did not answer in time: {self._complaints()}")
            try:
                client.execute("SELECT 1")
            except (QueryFailed, OSError):
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _complaints(self) -> str:
        """The log's errors, or its end."""
        assert self._folder  # noqa: S101 - for the type checker
        lines = (self._folder / "server.log").read_text(errors="replace").splitlines()
        errors = [line for line in lines if "ERROR" in line or line.startswith(("Error", "Exception", "Caused by"))]
        return "\n".join(errors[-10:] or lines[-10:]) or "it wrote nothing"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _write(path: Path, properties: Mapping[str, str]) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")
