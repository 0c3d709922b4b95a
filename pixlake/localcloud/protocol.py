"""What the local cloud's own services share: the AWS JSON 1.1 protocol, seen from a service."""

from __future__ import annotations

from typing import Any, Protocol


class ServiceError(Exception):
    """An error answer of an AWS service: the code boto3 shows, the message, the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class JsonService(Protocol):
    """A service spoken to by `X-Amz-Target: <prefix>.<action>` with a JSON body."""

    signing_name: str
    """The service's name in a request's credential scope, e.g. `firehose`."""

    actions: frozenset[str]
    """The actions answered here; the rest of the service is left to moto."""

    def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer one request; raise `ServiceError` for what AWS answers with an error."""
