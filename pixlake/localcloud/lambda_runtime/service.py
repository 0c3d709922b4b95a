"""All functions of a stack, and Lambda's Invoke."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pixlake.localcloud.lambda_runtime.function import LambdaFunction
from pixlake.localcloud.lambda_runtime.settings import PAYLOAD_LIMIT, FunctionSettings, Outcome
from pixlake.localcloud.protocol import ServiceError


class LambdaService:
    """The functions of the template by name. Their output goes to `<logs>/<function>.log`."""

    def __init__(self, functions: Iterable[FunctionSettings], endpoint_url: str, region: str, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lambda-spawner")
        self._functions = {
            settings.name: LambdaFunction(settings, endpoint_url, region, logs / f"{settings.name}.log", self._spawner)
            for settings in functions
        }

    def function(self, name_or_arn: str) -> LambdaFunction:
        """Return a function by name or ARN; `ResourceNotFoundException` if there is none."""
        name = name_or_arn.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
        if name not in self._functions:
            raise ServiceError(
                "ResourceNotFoundException", f"Function not found: {name}; there is {', '.join(self._functions)}", 404
            )
        return self._functions[name]

    def invoke(self, name: str, payload: bytes, invocation_type: str = "RequestResponse") -> Outcome:
        """Answer Lambda's Invoke; only the synchronous type is there."""
        if invocation_type != "RequestResponse":
            raise ServiceError(
                "InvalidParameterValueException",
                f"InvocationType {invocation_type} is not supported by the local cloud, only RequestResponse",
            )
        if len(payload) > PAYLOAD_LIMIT:
            raise ServiceError("RequestEntityTooLargeException", f"{len(payload)} bytes; at most {PAYLOAD_LIMIT}", 413)
        return self.function(name).invoke(payload or b"{}")

    def close(self) -> None:
        """End every function process."""
        for function in self._functions.values():
            function.close()
        self._spawner.shutdown()
