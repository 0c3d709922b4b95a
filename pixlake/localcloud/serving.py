"""The local cloud in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from pixlake.localcloud.cloud import LocalCloud
from pixlake.localcloud.errors import LocalCloudError


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def serve(
    port: int = 4566,
    data_dir: Path | None = None,
    template_path: Path = Path("template.yaml"),
    parameters: Mapping[str, Any] | None = None,
    workers: int | None = None,
    progress: Callable[[str], None] = _to_stderr,
    announce: Callable[[str], None] = lambda line: print(line, flush=True),
    python: Path = Path(sys.executable),
    check_releases: bool = False,
) -> int:
    """Run the local cloud until a signal, then drain and stop it; a second signal ends it at once.

    Returns
    -------
    int
        Exit status: 0 after a clean stop, 1 if it could not start (the reason goes to `progress`).
    """
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)  # AWS is this process's own now; a profile that is not there would stop boto3
    stopping = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        signal.signal(number, signal.SIG_DFL)
        stopping.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    cloud = LocalCloud(
        template_path,
        parameters,
        port,
        data_dir,
        workers,
        progress,
        python=python,
        check_releases=check_releases,
    )
    try:
        cloud.start()
        announce(f"pixlake ready {cloud.endpoint_url}")
        stopping.wait()
        cloud.stop()
        progress("Stopped")
    except LocalCloudError as error:
        progress(str(error))
        return 1
    finally:
        cloud.stop(drain=False)
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0
