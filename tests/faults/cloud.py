"""`pixlake up` with a layer of faults in front of its endpoint: `python -m tests.faults.cloud up --port 0 …`.

POST /_faults takes a list of rules and puts them in place of the former; GET /_faults counts what they did. A rule:

`service`, `action`   as in the request's signature and X-Amz-Target, or the HTTP method for S3
`path`                what the path must start with (any)
`effect`              `error`: answer with `code` and `status` · `refuse`: FailedPutCount > 0, of `some` or all ·
                      `drop`: do it, and close the connection without an answer · `kill`: do it, and kill the caller's
                      process before it learns of it
`times`, `share`      how often it acts (always), and on which share of the requests that match (all)
"""

import contextlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from pixlake.localcloud import front
from pixlake.localcloud.lambda_runtime.environment import Environment

REFUSED = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


class Faults:
    """The rules in force, and the function processes that may be killed."""

    def __init__(self, seed: int) -> None:
        self._lock, self._random = threading.Lock(), random.Random(seed)
        self._rules: list[dict[str, Any]] = []
        self.done: Counter[str] = Counter()
        self.workers: list[subprocess.Popen] = []

    def replace(self, rules: list[dict[str, Any]]) -> None:
        with self._lock:
            self._rules = rules

    def next(self, service: str, action: str, path: str) -> dict[str, Any] | None:
        """The rule that this request meets; its turn is used up."""
        with self._lock:
            for rule in self._rules:
                if (rule["service"], rule["action"]) != (service, action) or not path.startswith(rule.get("path", "")):
                    continue
                if rule.get("times", 1) > 0 and self._random.random() < rule.get("share", 1):
                    if "times" in rule:
                        rule["times"] -= 1
                    self.done[f"{rule['effect']} {service} {action}"] += 1
                    return rule
        return None

    def kill(self, port: int) -> None:
        """Kill the function process whose socket has this local port."""
        nodes = {
            f"socket:[{fields[9]}]"
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if int((fields := line.split())[1].rpartition(":")[2], 16) == port
        }
        for worker in [each for each in self.workers if each.poll() is None]:
            with contextlib.suppress(OSError):
                if nodes & {str(entry.readlink()) for entry in Path(f"/proc/{worker.pid}/fd").iterdir()}:
                    os.killpg(worker.pid, signal.SIGKILL)
                    return
        raise AssertionError(f"no function process has the port {port}")


def install(faults: Faults) -> None:
    """Put the layer in front of every local cloud of this process."""
    dispatch, start = front.Front._dispatch, Environment._start

    def dispatch_with_faults(self, environ, start_response):
        if environ["PATH_INFO"] == "/_faults":
            return front._send(_administer(faults, environ), start_response)
        service = front._signing_name(environ)
        action = (
            environ["REQUEST_METHOD"] if service == "s3" else environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[2]
        )
        rule = faults.next(service, action, environ["PATH_INFO"])
        if rule is None:
            return dispatch(self, environ, start_response)
        if rule["effect"] == "error":
            return front._send(_error(rule, service), start_response)
        if rule["effect"] == "refuse":
            return front._send(_refuse(self, environ, rule.get("some", False)), start_response)
        answer = list(dispatch(self, environ, start_response))
        if rule["effect"] == "kill":
            faults.kill(environ["REMOTE_PORT"])
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer

    def start_and_remember(self, environment):
        process = start(self, environment)
        faults.workers = [worker for worker in faults.workers if worker.poll() is None] + [process]
        return process

    front.Front._dispatch = dispatch_with_faults
    Environment._start = start_and_remember


def _administer(faults: Faults, environ: dict[str, Any]) -> front.Reply:
    if environ["REQUEST_METHOD"] == "POST":
        faults.replace(json.loads(front._body(environ)))
    return front._json(200, dict(faults.done))


def _error(rule: dict[str, Any], service: str) -> front.Reply:
    if service != "s3":
        return front._error(front.ServiceError(rule["code"], "said the test", rule["status"]))
    body = f"<Error><Code>{rule['code']}</Code><Message>said the test</Message></Error>"
    return rule["status"], {"Content-Type": "application/xml"}, body.encode()


def _refuse(cloud: front.Front, environ: dict[str, Any], some: bool) -> front.Reply:
    """Hand on the records that are taken; of `some`, every other one."""
    request = json.loads(front._body(environ))
    records = request["Records"]
    kept = {place for place in range(len(records)) if some and place % 2}
    taken = [records[place] for place in sorted(kept)]
    answers = [{"RecordId": "r"} if place in kept else REFUSED for place in range(len(records))]
    if taken:
        body = json.dumps(request | {"Records": taken}).encode()
        environ = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        assert cloud._own(environ)[0] == 200
    return front._json(200, {"FailedPutCount": len(records) - len(taken), "RequestResponses": answers})


if __name__ == "__main__":
    from pixlake.cli import main

    install(Faults(seed=int(os.environ.get("PIXLAKE_FAULTS_SEED", "1"))))
    sys.argv[0] = "pixlake"
    main()
