"""What the local cloud answers of Lambda's API: Invoke, and what its functions and event source mappings are."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, unquote

from pixlake.localcloud.event_source import EventSourceMapping
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.protocol import ServiceError

FUNCTIONS = "/2015-03-31/functions/"
MAPPINGS = "/2015-03-31/event-source-mappings"
Reply: TypeAlias = tuple[int, dict[str, str], bytes]
LOG_TAIL = 4096
"""Bytes of the log that Invoke hands out on request."""
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Asked:
    """What an invocation asks for in its headers."""

    invocation_type: str = "RequestResponse"
    log_type: str = "None"


NOTHING_ASKED = Asked()


class LambdaApi:
    """Lambda's REST API over the functions and mappings that run here; a version or an alias is the function itself."""

    def __init__(self, functions: LambdaService, mappings: Sequence[EventSourceMapping] = ()) -> None:
        self._functions = functions
        self._mappings = mappings

    def answer(self, method: str, path: str, query: str, body: bytes, asked: Asked = NOTHING_ASKED) -> Reply:
        """Answer a request; `ServiceError` for an operation that is not there."""
        name, _, rest = unquote(path.removeprefix(FUNCTIONS)).partition("/")
        if path.startswith(FUNCTIONS) and (method, rest) == ("POST", "invocations"):
            return self._invoke(name, body, asked)
        if path.startswith(FUNCTIONS) and (method, rest) == ("GET", "configuration"):
            (qualifier,) = parse_qs(query).get("Qualifier", [""])
            return 200, _JSON, json.dumps(self._configuration(name, qualifier)).encode()
        if (method, path.rstrip("/")) == ("GET", MAPPINGS):
            return 200, _JSON, json.dumps({"EventSourceMappings": self._listed(parse_qs(query))}).encode()
        raise ServiceError(
            "InvalidAction",
            f"{method} {path}: of Lambda the local cloud answers Invoke, GetFunctionConfiguration and "
            "ListEventSourceMappings only",
            501,
        )

    def _invoke(self, name: str, body: bytes, asked: Asked) -> Reply:
        outcome = self._functions.invoke(name, body, asked.invocation_type)
        headers = {"X-Amz-Executed-Version": "$LATEST", **_JSON}
        if asked.log_type == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(outcome.log[-LOG_TAIL:]).decode()
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return 200, headers, outcome.payload

    def _configuration(self, name: str, qualifier: str = "") -> dict[str, object]:
        settings = self._functions.function(name).settings
        return {
            "FunctionName": settings.name,
            "FunctionArn": f"{settings.arn}:{qualifier}" if qualifier else settings.arn,
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
                    "FunctionArn": function.arn + _qualifier(settings.function_name),
                    "BatchSize": settings.batch_size,
                    "MaximumBatchingWindowInSeconds": settings.window_seconds,
                    "State": "Enabled" if mapping.polls else "Disabled",
                    "FunctionResponseTypes": ["ReportBatchItemFailures"] if settings.report_batch_item_failures else [],
                }
            )
        return found


def _qualifier(name_or_arn: str) -> str:
    """`:live` of a name or an ARN that names an alias or a version, or nothing."""
    _, _, name = name_or_arn.rpartition(":function:")
    return "".join(name.partition(":")[1:])
