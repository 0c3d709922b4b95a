"""A local cloud in a process of its own, as `pixlake up` starts it, and how the tests talk to it."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest

from pixlake.localcloud.waiting import wait_until
from tests.conftest import ROOT
from tests.e2e.recording import Record, checkout, describe, keep_logs

T = TypeVar("T")
BIN = Path(sys.executable).parent
PATIENCE = 120
"""Seconds that any wait may take on a slow machine; a wait ends as soon as its condition holds."""


PATIENCE_WITH_OTHERS = 300
"""Seconds that a test which judges all the others waits for those that run beside it."""
_recordings: list[Path] = []
"""Where the clouds of this process record, once the tests have begun."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests marked `last` judge what the others have left."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session", autouse=True)
def recorded_run(tmp_path_factory) -> Path:
    """The folder in which all processes of a test run record."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    _recordings.append(shared / "recordings")
    return _recordings[-1]


def recorded(folder: Path, enough: Callable[[Record], Any]) -> Record:
    """What the run has recorded; where tests run beside this one, once it is enough."""

    def read() -> Record | None:
        record = Record.read(folder)
        return record if enough(record) else None

    if "PYTEST_XDIST_WORKER" in os.environ:
        with suppress(TimeoutError):
            return wait_until(read, PATIENCE_WITH_OTHERS, "the other tests' calls", interval=2)
    return Record.read(folder)


def wait_for(condition: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """The condition's first true value."""
    return wait_until(condition, patience, what, interval=0.1)


def clean_environment() -> dict[str, str]:
    """What a newcomer's shell has: no AWS variables, no configuration."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PIXLAKE_", "POWERTOOLS"))
    }
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_PAGER": ""}


class RunningCloud:
    """A running `pixlake up`."""

    def __init__(self, process: subprocess.Popen, url: str) -> None:
        self.process, self.url = process, url
        port = url.rpartition(":")[2]
        exports = self._run("pixlake", "env", "--port", port, env=clean_environment()).stdout
        words = (word for line in exports.splitlines() for word in shlex.split(line.removeprefix("export ")))
        self.variables = dict(word.split("=", 1) for word in words)
        self.env = clean_environment() | self.variables
        self.session = boto3.Session("test", "test", region_name=self.variables["AWS_REGION"])
        self.bucket = self.variables["PIXLAKE_UPLOAD_BUCKET"]
        self._athena: Any = None

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.url)

    @staticmethod
    def _run(program: str, *arguments: str | Path, env: dict[str, str], check: bool = True):
        command = [BIN / program, *map(str, arguments)]
        return subprocess.run(command, env=env, check=check, capture_output=True, text=True, timeout=PATIENCE)

    def pixlake(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess:
        return self._run("pixlake", *arguments, env=self.env, check=check)

    def aws(self, *arguments: str | Path) -> Any:
        """The aws CLI's answer."""
        printed = self._run("aws", *arguments, "--output", "json", env=self.env).stdout
        return json.loads(printed) if printed.strip() else None

    def sql(self, sql: str) -> list[dict[str, Any]]:
        return json.loads(self.pixlake("query", sql, "--format", "json").stdout)

    def ask(self, sql: str) -> list[dict[str, str | None]]:
        """What Athena answers, every value as text: without the start of a program, for tests that ask often."""
        if self._athena is None:
            self._athena = self.client("athena")
        place = {
            "WorkGroup": self.variables["PIXLAKE_WORKGROUP"],
            "QueryExecutionContext": {"Database": self.variables["PIXLAKE_DATABASE"]},
        }
        started = self._athena.start_query_execution(QueryString=sql, **place)["QueryExecutionId"]

        def ended() -> dict[str, Any] | None:
            status = self._athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            return None if status["State"] in ("QUEUED", "RUNNING") else status

        status = wait_for(ended, "the query's end")
        assert status["State"] == "SUCCEEDED", status
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        header, *rows = [
            [datum.get("VarCharValue") for datum in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        return [dict(zip(header, row, strict=True)) for row in rows]

    def rows(self, columns: str, prefix: str, expected: int, bucket: str | None = None) -> list[dict[str, Any]]:
        """Rows of the keys that start with `prefix`, once there are as many as expected."""
        where = f"bucket = '{bucket or self.bucket}' AND starts_with(object_key, '{prefix}')"
        sql = f"SELECT {columns} FROM image_scores WHERE {where} ORDER BY object_key"
        return wait_for(
            lambda: rows if len(rows := self.sql(sql)) >= expected else None, f"{expected} rows of {prefix!r}"
        )

    def describe(self) -> dict[str, Any]:
        """What the local cloud says of itself."""
        with urllib.request.urlopen(f"{self.url}/_pixlake/outputs") as answer:
            described: dict[str, Any] = json.load(answer)
        return described

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        return self.describe()["outputs"]

    def scorer_log(self) -> str:
        """What the scorer has written so far."""
        return "".join(path.read_text() for path in Path(self.describe()["logs"]).glob("*.log"))

    def depth(self, queue_url: str) -> int:
        """Messages in a queue, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(map(int, answer["Attributes"].values()))

    def dead_letters(self) -> int:
        return self.depth(self.variables["PIXLAKE_DLQ_URL"])


@contextmanager
def running(*arguments: str, program: Sequence[str | Path] = (BIN / "pixlake",)) -> Iterator[RunningCloud]:
    """Start `pixlake up` on a free port; stop it as a person would, and see that it ends cleanly.

    Within the suite, and unless a template is given, the functions' calls are recorded: see recording.py.
    """
    recorder = checkout(_recordings[-1]) if _recordings and "--template" not in arguments else None
    if recorder is not None:
        arguments = (*arguments, "--template", str(recorder))
    command = [*program, "up", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    complaints: list[str] = []
    reader = threading.Thread(target=lambda: complaints.extend(process.stderr), daemon=True)
    reader.start()
    try:
        line = process.stdout.readline()
        if not line.startswith("pixlake ready http://127.0.0.1:"):
            reader.join(10)
            raise AssertionError(f"the local cloud did not start: {line}{''.join(complaints)}")
        cloud = RunningCloud(process, line.split()[2])
        if recorder is not None:
            describe(recorder.parent, cloud.describe(), cloud.client("iam"))
        yield cloud
        if recorder is not None:
            keep_logs(recorder.parent, cloud.describe()["logs"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, "".join(complaints)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        reader.join(10)
        process.stderr.close()


@pytest.fixture(scope="session")
def cloud() -> Iterator[RunningCloud]:
    """One local cloud for the tests that leave it as they find it. Each uses a key prefix of its own."""
    # Longer than a batch takes with a cold start on a busy machine, or its messages come again; yet worth waiting for.
    quick = ["VisibilityTimeoutSeconds=20", "MaxReceiveCount=2", "MetadataNames=listing-id,note", "LogLevel=DEBUG"]
    # No sample is over the threshold of is_nsfw, and one has text.
    alerts = ["AlertOn=is_nsfw,has_text"]
    with running(*[argument for pair in quick + alerts for argument in ("--parameter", pair)]) as started:
        yield started
