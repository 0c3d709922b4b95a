"""The Lambda Runtime API: the HTTP conversation between one execution environment and Lambda.

Source: "Using the Lambda runtime API for custom runtimes" in the Lambda developer guide, version 2018-06-01.
Each environment has a server of its own, on a loopback port, since its address is all that tells them apart.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from pixlake.localcloud.lambda_runtime.settings import PAYLOAD_LIMIT, Outcome

_ROOT = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Invocation:
    """One event on its way to the function."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str


@dataclass(frozen=True)
class Event:
    """Something the environment did. `ready`: it asked for work."""

    kind: Literal["ready", "response", "error", "init_error", "exited"]
    payload: bytes = b""
    request_id: str = ""


class RuntimeApi:
    """Hands invocations to one environment and collects what comes back in `events`."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, for AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    def send(self, invocation: Invocation) -> None:
        """Give the environment work."""
        self._work.put(invocation)

    def take(self) -> Invocation | None:
        """Wait for work; None once the API is closed."""
        return self._work.get()

    def wait(self, seconds: float) -> Event | None:
        """Return the next event, or None if none came in time."""
        try:
            return self.events.get(timeout=max(seconds, 0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Stop serving."""
        self._work.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a killed environment breaks its connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer `next`, when there is something next."""
        if self.path != f"{_ROOT}/invocation/next":
            self._answer(404)
            return
        api = self.server.api
        api.events.put(Event("ready"))
        invocation = api.take()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """Take a response or an error."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        events = self.server.api.events
        match self.path.removeprefix(_ROOT).strip("/").split("/"):
            case ["invocation", request_id, "response"]:
                if len(body) > PAYLOAD_LIMIT:
                    sizes = f"({len(body)} bytes) exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)."
                    message = f"Response payload size {sizes}"
                    outcome = Outcome.error(request_id, "Function.ResponseSizeTooLarge", message)
                    events.put(Event("error", outcome.payload, request_id))
                    self._answer(413)
                    return
                events.put(Event("response", body, request_id))
            case ["invocation", request_id, "error"]:
                events.put(Event("error", body, request_id))
            case ["init", "error"]:
                events.put(Event("init_error", body))
            case _:
                self._answer(404)
                return
        self._answer(202, b'{"status": "OK"}')

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
