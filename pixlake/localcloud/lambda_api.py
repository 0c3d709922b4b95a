"""What the local cloud answers of Lambda's API: Invoke, and what its functions and event source mappings are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import parse_qs

from pixlake.localcloud.event_source import EventSourceMapping
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.protocol import ServiceError

FUNCTIONS = "/2015-03-31/functions/"
MAPPINGS = "/2015-03-31/event-source-mappings"
Reply: TypeAlias = tuple[int, dict[str, str], bytes]
_JSON = {"Content-Type": "application/json"}


class LambdaApi:
    """Lambda's REST API over the functions and mappings that run here; one version of each, `$LATEST`."""

    def __init__(self, functions: LambdaService, mappings: Sequence[EventSourceMapping] = ()) -> None:
        self._functions = functions
        self._mappings = mappings

    def answer(self, method: str, path: str, query: str, body: bytes, invocation_type: str) -> Reply:
        """Answer a request; `ServiceError` for an operation that is not there."""
        name, _, rest = path.removeprefix(FUNCTIONS).partition("/")
        if path.startswith(FUNCTIONS) and (method, rest) == ("POST", "invocations"):
            return self._invoke(name, body, invocation_type)
        if path.startswith(FUNCTIONS) and (method, rest) == ("GET", "configuration"):
            return 200, _JSON, json.dumps(self._configuration(name)).encode()
        if (method, path.rstrip("/")) == ("GET", MAPPINGS):
            return 200, _JSON, json.dumps({"EventSourceMappings": self._listed(parse_qs(query))}).encode()
        raise ServiceError(
            "InvalidAction",
            f"{method} {path}: of Lambda the local cloud answers Invoke, GetFunctionConfiguration and "
            "ListEventSourceMappings only",
            501,
        )

    def _invoke(self, name: str, body: bytes, invocation_type: str) -> Reply:
        outcome = self._functions.invoke(name, body, invocation_type)
        headers = {"X-Amz-Executed-Version": "$LATEST", **_JSON}
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return 200, headers, outcome.payload

    def _configuration(self, name: str) -> dict[str, object]:
        settings = self._functions.function(name).settings
        return {
            "FunctionName": settings.name,
            "FunctionArn": settings.arn,
            "Runtime": settings.runtime,
            "Handler": settings.handler,
            "Timeout": settings.timeout_seconds,
            "MemorySize": settings.memory_mb,
            "Version": "$LATEST",
            "PackageType": "Zip",
            # A function that could not be created has stopped the start of the local cloud.
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Environment": {"Variables": dict(settings.variables)},
            "LoggingConfig": {"LogFormat": settings.log_format, "LogGroup": settings.log_group},
        }

    def _listed(self, wanted: dict[str, list[str]]) -> list[dict[str, object]]:
        found = []
        for mapping in self._mappings:
            settings = mapping.settings
            function = self._functions.function(settings.function_name).settings
            if wanted.get("EventSourceArn", [settings.queue_arn]) != [settings.queue_arn]:
                continue
            if "FunctionName" in wanted and self._functions.function(wanted["FunctionName"][0]).settings != function:
                continue
            found.append(
                {
                    "UUID": mapping.uuid,
                    "EventSourceArn": settings.queue_arn,
                    "FunctionArn": function.arn,
                    "BatchSize": settings.batch_size,
                    "MaximumBatchingWindowInSeconds": settings.window_seconds,
                    "State": "Enabled" if mapping.polls else "Disabled",
                    "FunctionResponseTypes": ["ReportBatchItemFailures"] if settings.report_batch_item_failures else [],
                }
            )
        return found
