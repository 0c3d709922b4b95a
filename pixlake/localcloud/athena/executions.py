"""Query executions: their states, what GetQueryExecution says of them, and the threads that run them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pixlake.localcloud.athena.errors import INTERNAL, QueryEnded, QueryFailed
from pixlake.localcloud.athena.results import Result, manifest_location
from pixlake.localcloud.athena.select import Running
from pixlake.localcloud.athena.statements import Statement

FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
ENGINE_VERSION = "Athena engine version 3"

logger = logging.getLogger(__name__)
Run = Callable[["Execution"], Result]


@dataclass
class Execution:
    """One query execution. Its state changes under its lock."""

    sql: str
    statement: Statement
    running: Running
    work_group: str
    context: dict[str, str]
    values: Sequence[str]
    state: str = "QUEUED"
    reason: str | None = None
    error: dict[str, Any] | None = None
    result: Result | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """The query execution id."""
        return self.running.id

    @property
    def output_location(self) -> str:
        """Where the result's object goes."""
        return self.running.settings.output_prefix + self.statement.output_name(self.id)

    def describe(self) -> dict[str, Any]:
        """`QueryExecution` of GetQueryExecution; times as epoch seconds."""
        with self.lock:
            status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": round(self.submitted, 3)}
            if self.completed is not None:
                status["CompletionDateTime"] = round(self.completed, 3)
            if self.reason is not None:
                status["StateChangeReason"] = self.reason
            if self.error is not None:
                status["AthenaError"] = self.error
            configuration: dict[str, Any] = {"OutputLocation": self.output_location}
            if self.running.settings.encryption:
                configuration["EncryptionConfiguration"] = self.running.settings.encryption
            described: dict[str, Any] = {
                "QueryExecutionId": self.id,
                "Query": self.sql,
                "StatementType": self.statement.statement_type,
                "SubstatementType": self.statement.substatement_type,
                "ResultConfiguration": configuration,
                "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
                "QueryExecutionContext": self.context,
                "Status": status,
                "Statistics": self.statistics(),
                "WorkGroup": self.work_group,
                "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE_VERSION},
            }
            if self.values:
                described["ExecutionParameters"] = list(self.values)
            return described

    def statistics(self) -> dict[str, Any]:
        """`Statistics`: the times in milliseconds, and the bytes of the files opened."""
        with self.lock:
            statistics: dict[str, Any] = {
                **self.timeline(),
                "DataScannedInBytes": self.running.bytes_scanned,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            }
            if self.result is not None and self.result.manifest is not None:
                statistics["DataManifestLocation"] = manifest_location(self.output_location)
            return statistics

    def timeline(self) -> dict[str, int]:
        """Where the time went."""
        now = self.completed or time.time()
        started = self.started or now
        return {
            "EngineExecutionTimeInMillis": round((now - started) * 1000),
            "TotalExecutionTimeInMillis": round((now - self.submitted) * 1000),
            "QueryQueueTimeInMillis": round((started - self.submitted) * 1000),
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
        }


class Executions:
    """All executions of a service, newest last, and the pool they run on."""

    def __init__(self, run: Run, workers: int = 4) -> None:
        self._run = run
        self._known: dict[str, Execution] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="athena")

    def get(self, query_execution_id: str) -> Execution | None:
        """The execution of an id."""
        return self._known.get(query_execution_id)

    def ids(self, work_group: str) -> list[str]:
        """Ids of a work group's executions, newest first."""
        with self._lock:
            return [execution.id for execution in reversed(self._known.values()) if execution.work_group == work_group]

    def start(self, execution: Execution) -> None:
        """Queue an execution."""
        with self._lock:
            self._known[execution.id] = execution
        self._pool.submit(self._execute, execution)

    def stop(self, execution: Execution) -> None:
        """Cancel an execution; nothing happens to one that has ended."""
        with execution.lock:
            if execution.state in FINAL:
                return
            if execution.state == "QUEUED":
                self._end(execution, "CANCELLED", "Query cancelled by user")
        threading.Thread(target=_interrupt, args=(execution,), name="athena-stop", daemon=True).start()

    def close(self) -> None:
        """Cancel what runs and wait for it."""
        for execution in list(self._known.values()):
            self.stop(execution)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _execute(self, execution: Execution) -> None:
        with execution.lock:
            if execution.state in FINAL:
                return
            execution.state = "RUNNING"
            execution.started = time.time()
        try:
            result = self._run(execution)
        except QueryEnded as ended:
            self._end(execution, ended.state, ended.reason, ended.athena_error() if ended.state == "FAILED" else None)
        except Exception as error:
            logger.exception("query %s failed inside the local Athena", execution.id)
            failed = QueryFailed(f"GENERIC_INTERNAL_ERROR: the local Athena failed: {error!r}", INTERNAL, 1)
            self._end(execution, "FAILED", failed.reason, failed.athena_error())
        else:
            with execution.lock:
                execution.result = result
                self._end(execution, "SUCCEEDED")

    @staticmethod
    def _end(execution: Execution, state: str, reason: str | None = None, error: dict[str, Any] | None = None) -> None:
        with execution.lock:
            execution.state, execution.reason, execution.error = state, reason, error
            execution.completed = time.time()
            execution.ended.set()


def _interrupt(execution: Execution) -> None:
    """Interrupt until it has ended: an interruption between two steps of the engine is lost on it."""
    execution.running.cancel()
    while not execution.ended.wait(0.05):
        execution.running.cancel()
