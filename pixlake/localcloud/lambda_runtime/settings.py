"""What a function is, and what an invocation of it ended in."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Bytes of a synchronous invocation's request or response (Lambda quota)."""


@dataclass(frozen=True)
class FunctionSettings:
    """A function as the template states it. `memory_mb` is told to the function and reported, not enforced."""

    name: str
    arn: str
    handler: str
    code: Path
    runtime: str
    timeout_seconds: int = 3
    memory_mb: int = 128
    variables: Mapping[str, str] = field(default_factory=dict)
    log_group: str = ""
    log_format: str = "Text"
    log_level: str = ""
    python: Path = Path(sys.executable)
    """The interpreter that runs it, with awslambdaric and, as in the managed runtime, boto3."""

    def environment(self, endpoint_url: str, region: str, runtime_api: str, scratch: Path) -> dict[str, str]:
        """Return the process's whole environment: the template's variables and what Lambda sets, nothing of ours.

        Beyond Lambda: `AWS_ENDPOINT_URL` leads boto3 here, HOME and TMPDIR are a folder of the environment's own
        (so no `~/.aws` of the person at the keyboard is read), and PYTHONPATH names the code.
        """
        folders = [str(self.python.parent), "/usr/local/bin", "/usr/bin", "/bin"]
        reserved = {
            "_HANDLER": self.handler,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group or f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": scratch.name,
            "AWS_LAMBDA_LOG_FORMAT": self.log_format,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            # Temporary and an environment's own, as Lambda's are; accepted like any others.
            "AWS_ACCESS_KEY_ID": f"ASIA{secrets.token_hex(8).upper()}",
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
            "AWS_SESSION_TOKEN": secrets.token_urlsafe(180),
            "AWS_ENDPOINT_URL": endpoint_url,
            "LAMBDA_TASK_ROOT": str(self.code),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
        }
        if self.log_level:
            reserved["AWS_LAMBDA_LOG_LEVEL"] = self.log_level
        defaults = {"PATH": os.pathsep.join(folders), "PYTHONPATH": str(self.code)}
        return {**defaults, **self.variables, **reserved}


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended. `failed` means that `payload` is Lambda's error document."""

    request_id: str
    payload: bytes
    failed: bool = False
    log: bytes = b""
    """What was logged meanwhile: of the function, so other environments that run beside have their lines in it."""

    @classmethod
    def error(cls, request_id: str, error_type: str, message: str) -> Outcome:
        """Build the error document Lambda itself answers with, e.g. for a timeout."""
        document = {"errorType": error_type, "errorMessage": message}
        return cls(request_id, json.dumps(document).encode(), failed=True)
