"""The actions of Athena's API: those of query executions here, those of the catalogue in catalog_api.py."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixlake.localcloud.athena import results
from pixlake.localcloud.athena.catalog_api import CatalogApi
from pixlake.localcloud.athena.executions import FINAL, Execution, Executions
from pixlake.localcloud.athena.executor import Executor
from pixlake.localcloud.athena.files import FileCache
from pixlake.localcloud.athena.kept_results import KeptResults
from pixlake.localcloud.athena.paging import page, page_start
from pixlake.localcloud.athena.query_text import StatementRejected
from pixlake.localcloud.athena.results import Result
from pixlake.localcloud.athena.select import Running, SelectRunner
from pixlake.localcloud.athena.statements import parse_statement
from pixlake.localcloud.athena.workgroups import INVALID, query_settings
from pixlake.localcloud.athena.writes import WriteRunner
from pixlake.localcloud.clients import client_factory
from pixlake.localcloud.protocol import ServiceError

_MAX_PAGE = 1000
_MAX_BATCH = 50
_MAX_QUERY = 262_144


def _utc_now() -> dt.datetime:
    """Return the time by which projections compute NOW: UTC, without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class AthenaService:
    """Amazon Athena's query executions, over the S3 and Glue of an endpoint.

    Work groups, named queries and data catalogues stay with the endpoint's own Athena; work groups are read there.
    """

    signing_name = "athena"

    def __init__(self, endpoint_url: str, region: str = "us-east-1", now: Callable[[], dt.datetime] = _utc_now) -> None:
        client = client_factory(endpoint_url, region)
        self._s3, self._athena = client("s3"), client("athena")
        self._directory = Path(tempfile.mkdtemp(prefix="pixlake-athena-"))
        selects = SelectRunner(self._s3, FileCache(self._s3, self._directory), self._directory, now)
        glue = client("glue")
        self._executor = Executor(glue, selects, WriteRunner(self._s3, glue, selects, self._directory))
        self._executions = Executions(self._run)
        self._kept = KeptResults(self._s3)
        catalog = CatalogApi(glue, self._athena)
        self._tokens: dict[str, tuple[dict[str, Any], str]] = {}
        self._lock = threading.Lock()
        self._handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "GetQueryResults": self._results,
            "GetQueryRuntimeStatistics": self._runtime_statistics,
            "StopQueryExecution": self._stop,
            "ListQueryExecutions": self._list,
            "GetDatabase": catalog.get_database,
            "ListDatabases": catalog.list_databases,
            "GetTableMetadata": catalog.get_table_metadata,
            "ListTableMetadata": catalog.list_table_metadata,
            "BatchGetNamedQuery": catalog.batch_get_named_query,
        }
        self.actions = frozenset(self._handlers)

    def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer one request; `ServiceError` for what Athena answers with an error."""
        handler = self._handlers.get(action)
        if handler is None:
            raise ServiceError("UnknownOperationException", f"{action} is not an action of the local Athena")
        return handler(payload)

    def files_opened(self, query_execution_id: str) -> list[str]:
        """The objects that a query read, as sorted s3:// URIs."""
        return sorted(file.uri for file in self._execution(query_execution_id).running.files_opened)

    def close(self) -> None:
        """Cancel what runs and delete the local copies."""
        self._executions.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            token = payload.get("ClientRequestToken")
            if token in self._tokens:
                before, query_execution_id = self._tokens[token]
                if before != payload:
                    raise ServiceError(INVALID, "Idempotent parameters do not match")
                return {"QueryExecutionId": query_execution_id}
            execution = self._accept(payload)
            self._executions.start(execution)
            if token:
                self._tokens[token] = (payload, execution.id)
            return {"QueryExecutionId": execution.id}

    def _accept(self, payload: dict[str, Any]) -> Execution:
        sql = payload.get("QueryString") or ""
        if not 1 <= len(sql) <= _MAX_QUERY:
            raise ServiceError(INVALID, f"queryString: length must be between 1 and {_MAX_QUERY}")
        if payload.get("EngineConfiguration"):
            raise ServiceError(INVALID, "EngineConfiguration (Spark) is not supported by the local Athena")
        context = {key: value for key, value in (payload.get("QueryExecutionContext") or {}).items() if value}
        if context.get("Catalog", "AwsDataCatalog").lower() != "awsdatacatalog":
            raise ServiceError(
                INVALID, f"Catalog {context['Catalog']} is not supported by the local Athena: only AwsDataCatalog"
            )
        work_group = payload.get("WorkGroup") or "primary"
        settings = query_settings(self._athena, self._s3, work_group, payload.get("ResultConfiguration") or {})
        try:
            statement = parse_statement(sql)
        except StatementRejected as error:
            raise ServiceError(INVALID, str(error)) from error
        # awswrangler puts the name in backquotes for DDL, and Athena takes it so.
        running = Running(context.get("Database", "default").strip("`"), settings)
        return Execution(sql, statement, running, work_group, context, payload.get("ExecutionParameters") or [])

    def _run(self, execution: Execution) -> Result:
        result = self._executor.run(execution.statement, execution.values, execution.running)
        execution.running.check()
        location = execution.output_location
        results.put(self._s3, location, result, execution.id, execution.running.settings.encryption)
        self._kept.keep(location, result.taken_rows())
        return result

    def _get(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"QueryExecution": self._execution(payload["QueryExecutionId"]).describe()}

    def _batch_get(self, payload: dict[str, Any]) -> dict[str, Any]:
        asked = payload["QueryExecutionIds"]
        if len(asked) > _MAX_BATCH:
            raise ServiceError(INVALID, f"queryExecutionIds: at most {_MAX_BATCH}")
        found = [execution for i in asked if (execution := self._executions.get(i))]
        missing = [i for i in asked if self._executions.get(i) is None]
        return {
            "QueryExecutions": [execution.describe() for execution in found],
            "UnprocessedQueryExecutionIds": [
                {
                    "QueryExecutionId": i,
                    "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                    "ErrorMessage": f"QueryExecution {i} was not found",
                }
                for i in missing
            ],
        }

    def _results(self, payload: dict[str, Any]) -> dict[str, Any]:
        execution = self._execution(payload["QueryExecutionId"])
        size = payload.get("MaxResults", _MAX_PAGE)
        if not 1 <= size <= _MAX_PAGE:
            raise ServiceError(INVALID, f"MaxResults is more than maximum allowed length {_MAX_PAGE}.")
        if payload.get("QueryResultType", "DATA_ROWS") != "DATA_ROWS":
            raise ServiceError(INVALID, "QueryResultType DATA_MANIFEST is not supported by the local Athena")
        with execution.lock:
            if execution.state not in FINAL:
                raise ServiceError(INVALID, f"Query has not yet finished. Current state: {execution.state}")
            if execution.result is None:
                raise ServiceError(INVALID, f"Query did not finish successfully. Final query state: {execution.state}")
            result = execution.result
        start = page_start(payload)
        return result.page(self._kept.rows(execution.output_location, result), start, size)

    def _runtime_statistics(self, payload: dict[str, Any]) -> dict[str, Any]:
        execution = self._execution(payload["QueryExecutionId"])
        result = execution.result
        rows = result.row_count or result.update_count if result else 0
        return {
            "QueryRuntimeStatistics": {
                "Timeline": execution.timeline(),
                "Rows": {"InputBytes": execution.running.bytes_scanned, "OutputRows": rows},
            }
        }

    def _stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._executions.stop(self._execution(payload["QueryExecutionId"]))
        return {}

    def _list(self, payload: dict[str, Any]) -> dict[str, Any]:
        ids = self._executions.ids(payload.get("WorkGroup") or "primary")
        return page(payload, "QueryExecutionIds", ids, _MAX_BATCH)

    def _execution(self, query_execution_id: str) -> Execution:
        execution = self._executions.get(query_execution_id)
        if execution is None:
            raise ServiceError(INVALID, f"QueryExecution {query_execution_id} was not found")
        return execution
