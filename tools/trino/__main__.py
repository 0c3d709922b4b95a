"""`python -m tools.trino fetch | start`: Trino over a local cloud, to be asked by hand or by tests."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from tools.trino.distribution import fetched
from tools.trino.errors import TrinoError
from tools.trino.java import runtime
from tools.trino.server import Lake, TrinoServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 where it failed, with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tools.trino", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "fetch", help="download and unpack Trino (450 MB once), and a Java runtime if none is new enough"
    )
    start = commands.add_parser(
        "start", help="run it until Ctrl-C over the Glue and S3 of a local cloud (`pixlake up`)"
    )
    start.add_argument(
        "--endpoint", default=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), help="default: %(default)s"
    )
    start.add_argument(
        "--port", type=int, default=0, help="where Trino answers on 127.0.0.1; any free port if left out"
    )
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "fetch":
            print(f"Trino is in {fetched(progress=_progress).folder}, Java in {runtime(progress=_progress).program}")
        else:
            _serve(chosen.endpoint, chosen.port)
    except TrinoError as error:
        _progress(str(error))
        return 1
    return 0


def _serve(endpoint: str, port: int) -> None:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with TrinoServer(Lake(endpoint, "s3://warehouse/"), port, progress=_progress) as server:
        print(f"trino ready {server.url}", flush=True)
        stopping.wait()
    _progress("Stopped")


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
