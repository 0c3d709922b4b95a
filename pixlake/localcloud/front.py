"""The endpoint: one HTTP server on 127.0.0.1 that shares requests out between our services and moto."""

from __future__ import annotations

import errno
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeAlias

from pixlake.localcloud import moto_threads, queue_metrics, s3_events, s3_notifications
from pixlake.localcloud.errors import PortTakenError
from pixlake.localcloud.lambda_api import FUNCTIONS, Asked, LambdaApi
from pixlake.localcloud.protocol import JsonService, ServiceError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_JSON = "application/x-amz-json-1.1"

Environ: TypeAlias = dict[str, Any]
Reply: TypeAlias = tuple[int, dict[str, str], bytes]


class Front:
    """Serves from construction until `close()`.

    A request's service is named in the credential scope of its signature. Actions that a service of ours lists go
    there, Lambda's go to `lambda_api`, everything else goes to moto.

    Parameters
    ----------
    port
        0 for any free one.

    Raises
    ------
    PortTakenError
        Another program listens there.
    """

    def __init__(self, port: int) -> None:
        from moto.moto_server.werkzeug_app import MotoRequestHandler  # noqa: PLC0415
        from werkzeug.serving import make_server  # noqa: PLC0415

        class QuietHandler(MotoRequestHandler):
            def log(self, type: str, message: str, *args: Any) -> None:  # noqa: ARG002 - werkzeug's naming
                logger.debug(message, *args)

        self._moto = _moto()
        self._services: dict[str, JsonService] = {}
        self._lambda: LambdaApi | None = None
        self._outputs: Callable[[], dict[str, Any]] | None = None
        self._idle = threading.Condition()
        self._running = 0
        self._refusing = False
        listener = _listen(port)
        self._server = make_server(
            HOST, 0, self._serve, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
        )
        listener.close()  # the server holds a copy
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="front", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The endpoint, for AWS_ENDPOINT_URL."""
        return f"http://{HOST}:{self.port}"

    def add(self, service: JsonService) -> None:
        """Route the service's actions to it."""
        self._services[service.signing_name] = service

    def serve_lambda(self, lambda_api: LambdaApi) -> None:
        """Serve Lambda: a function may invoke another one."""
        self._lambda = lambda_api

    def ready(self, outputs: Callable[[], dict[str, Any]]) -> None:
        """Serve `/_pixlake/outputs`; from now on `/_pixlake/health` says so."""
        self._outputs = outputs

    def quiesce(self, seconds: float = 5) -> None:
        """Refuse new requests and wait for the running ones, so that nobody is told yes for what is not saved."""
        self._refusing = True
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0, seconds)

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        with self._idle:
            self._running += 1
        try:
            if self._refusing:
                return _send(
                    _error(ServiceError("ServiceUnavailable", "The local cloud is stopping", 503)), start_response
                )
            return self._dispatch(environ, start_response)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _dispatch(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        reply = self._own(environ)
        if reply is not None:
            return _send(reply, start_response)
        with s3_events.delivery_after():
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer

    def _own(self, environ: Environ) -> Reply | None:
        """Answer the request if it is for us."""
        path = environ["PATH_INFO"]
        if path.startswith("/_pixlake/"):
            return self._about(path)
        name = _signing_name(environ)
        service = self._services.get(name)
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        try:
            if service is not None and action in service.actions:
                payload = json.loads(_body(environ) or b"{}")
                return _json(200, service.handle(action, payload))
            if name == "lambda" or (not name and path.startswith(FUNCTIONS)):
                return self._about_functions(environ, path)
        except ServiceError as error:
            return _error(error)
        except Exception as error:
            logger.exception("%s failed", action or path)
            return _error(ServiceError("InternalFailure", f"{type(error).__name__}: {error}", 500))
        return None

    def _about(self, path: str) -> Reply:
        if path == "/_pixlake/health":
            return _json(200 if self._outputs else 503, {"status": "ready" if self._outputs else "starting"})
        if path == "/_pixlake/outputs" and self._outputs:
            return _json(200, self._outputs())
        return _json(404, {"message": f"{path}: there is /_pixlake/health and, when ready, /_pixlake/outputs"})

    def _about_functions(self, environ: Environ, path: str) -> Reply:
        if self._lambda is None:
            raise ServiceError("ServiceUnavailable", "The local cloud is starting", 503)
        asked = Asked(
            invocation_type=environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse"),
            log_type=environ.get("HTTP_X_AMZ_LOG_TYPE", "None"),
        )
        query = environ.get("QUERY_STRING", "")
        return self._lambda.answer(environ["REQUEST_METHOD"], path, query, _body(environ), asked)


@cache
def _moto() -> Any:
    """Return moto's WSGI application, one a process like its backends, with our locks and events in place."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    moto_threads.install()
    s3_events.install()
    s3_notifications.install()
    queue_metrics.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return DomainDispatcherApplication(create_backend_app)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"Port {port} of {HOST} is taken by another program, perhaps another `pixlake up`. "
            "Stop that one, or choose another port with --port."
        ) from error
    return listener


def _signing_name(environ: Environ) -> str:
    """Return the service in `Credential=<key>/<day>/<region>/<service>/aws4_request`, or an empty string."""
    _, found, rest = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
    scope = rest.split(",")[0].split("/")
    return scope[3] if found and len(scope) == 5 else ""


def _body(environ: Environ) -> bytes:
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body: bytes = stream.read(int(length)) if length else stream.read() if environ.get("wsgi.input_terminated") else b""
    return body


def _json(status: int, document: Any) -> Reply:
    return status, {"Content-Type": _JSON}, json.dumps(document).encode()


def _error(error: ServiceError) -> Reply:
    document = {"__type": error.code, "message": error.message, "Message": error.message}
    return error.status, {"Content-Type": _JSON, "x-amzn-ErrorType": error.code}, json.dumps(document).encode()


def _send(reply: Reply, start_response: Any) -> Iterable[bytes]:
    status, headers, body = reply
    headers = {**headers, "x-amzn-RequestId": str(uuid.uuid4()), "Content-Length": str(len(body))}
    start_response(f"{status} {'OK' if status < 400 else 'Error'}", list(headers.items()))
    return [body]
