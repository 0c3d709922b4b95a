"""A peer's program without a framework: served by `benchmarks.peers.serving`, misbehaves as FAKE_PEER says."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

from benchmarks.peers.serving import Scored

WAITS = "import signal; print(flush=True); signal.pause()"
CHILD = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE)
CHILD.stdout.readline()
VERSIONS = {"fake": "1.0", "pid": str(os.getpid()), "child": str(CHILD.pid)}


@contextmanager
def program(job):
    how = os.environ["FAKE_PEER"]
    if how == "has no room":
        raise MemoryError("no room for the object store")
    print("libraries greet on standard output")

    def score(paths):
        if how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        answered = paths[:-1] if how == "leaves one out" else paths
        ready_at = time.monotonic() - 60 if how == "loads for every run" else None
        return Scored({path: {"nsfw": 0.0, "quality": len(job.files) / 4} for path in answered}, ready_at)

    yield score
    if how != "leaves its child":
        CHILD.kill()
        CHILD.wait()
