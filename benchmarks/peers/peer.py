"""One peer at work: a process in the peers' own environment, started once, told by lines of JSON what to score."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers import agreement, artefacts
from benchmarks.peers.processes import Meter, send, tree
from benchmarks.peers.serving import Job, Scores
from benchmarks.workers import Took, pin

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
CACHE = ROOT / ".cache" / "bench" / "peers"
PROGRAMS = {
    "daft": "benchmarks.peers.on_daft",
    "ray": "benchmarks.peers.on_ray_by_guide",
    "ray-tuned": "benchmarks.peers.on_ray",
}
CORES = 2
LIMIT_S = 900.0
"""A start or a run that takes longer is a failure: the slowest that we saw took a tenth of it."""
STOP_S = 20.0
"""Time to end in good order, from the middle of a run after Ctrl-C as well; Ray takes 2 s when it is idle."""
LONGEST_DIRECTORY = 40
"""Ray adds up to 65 characters for its sockets, whose names end at 107 (unix(7))."""
VARIABLES = {
    "DO_NOT_TRACK": "1",
    "DAFT_ANALYTICS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # no cluster: Ray's servers then listen on the loopback interface alone
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
}


class PeerFailed(RuntimeError):
    """A peer did not start, stopped answering, or answered with other pictures than it was asked for."""


@dataclass(frozen=True)
class Ran(Took):
    """One run. CPU time and memory are those of the peer's process and of all that descend from it."""

    peak_mb: float
    scores: Scores


class Peer:
    """A framework (`ray` or `daft`) with the given models; between its runs its processes are suspended.

    Parameters
    ----------
    variant
        see `artefacts.files`
    """

    def __init__(self, name: str, variant: artefacts.Variant, models: Sequence[str], cores: int = CORES) -> None:
        self.title = f"{name} {variant} {'+'.join(models)}"
        self.versions: Mapping[str, str] = {}
        self._name, self._variant, self._models, self._cores = name, variant, tuple(models), cores
        self._log = CACHE / f"{self.title.replace(' ', '-')}.log"
        self._process: subprocess.Popen[str] | None = None
        self._temporary = ""

    def __enter__(self) -> Peer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it is ready; models may load with the first run only: warm up.

        Raises
        ------
        PeerFailed
            not on Linux, not installed, or it ended instead
        """
        if not sys.platform.startswith("linux"):
            raise PeerFailed("the peers are measured by /proc, so on Linux only: leave them out with --no-peers")
        if not PYTHON.exists():
            raise PeerFailed(f"{PYTHON} is not there: `make bench` sets it up, --no-peers goes without")
        CACHE.mkdir(parents=True, exist_ok=True)
        near = CACHE.parent / "tmp"
        near.mkdir(exist_ok=True)
        short = len(str(near)) + len("/12345678") <= LONGEST_DIRECTORY
        self._temporary = tempfile.mkdtemp(prefix="", dir=near if short else None)
        job = Job(artefacts.files(self._variant, self._models), self._cores, self._temporary)
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "benchmarks.peers.serving", PROGRAMS[self._name], json.dumps(asdict(job))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env={**os.environ, **VARIABLES, "TMPDIR": self._temporary},
                start_new_session=True,  # Ctrl-C is for the bench, which then stops its peers in good order
            )
        pin(self._process.pid, set(range(self._cores)))
        try:
            self.versions = self._answer()["versions"]
            self._suspend()
        except BaseException:
            self.stop()
            raise

    def run(self, paths: Sequence[Path]) -> Ran:
        """Score the files.

        Raises
        ------
        PeerFailed
            it ended, took too long, or left out a file
        """
        process = self._running()
        send(tree(process.pid), signal.SIGCONT)
        with Meter(process.pid) as meter:
            self._tell({"paths": [str(path) for path in paths]})
            answer = self._answer()
        self._suspend()
        scores = answer["scores"]
        if set(scores) != {str(path) for path in paths}:
            raise PeerFailed(f"{self.title}: {len(scores)} of {len(paths)} pictures scored; see {self._log}")
        return Ran(answer["wall_s"], meter.cpu_s(answer["wall_s"]), meter.peak_mb, scores)

    def check(self) -> None:
        """Score the photos whose answers are known; a first warm-up, too.

        Raises
        ------
        PeerDisagrees
            its figures are not the models'
        """
        agreement.require(self.run(agreement.photos()).scores, self._models, self._variant)

    def stop(self) -> None:
        """End the process by ending its input; what is left of it after that is killed."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        mine = tree(process.pid)
        try:
            send(mine, signal.SIGCONT)
            with process.stdout, suppress(BrokenPipeError, subprocess.TimeoutExpired):
                process.stdin.close()
                process.wait(STOP_S)
        finally:
            send({**mine, **tree(process.pid)}, signal.SIGKILL)
            process.wait()
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise PeerFailed(f"{self.title} is not running: start() it first")
        return self._process

    def _suspend(self) -> None:
        # Ray's services take 5 % of a core while they wait, and the other tasks are measured meanwhile.
        send(tree(self._running().pid), signal.SIGSTOP)

    def _tell(self, told: Any) -> None:
        stdin = self._running().stdin
        assert stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            stdin.write(json.dumps(told) + "\n")
            stdin.flush()
        except BrokenPipeError:
            raise self._failed("has ended") from None

    def _answer(self) -> dict[str, Any]:
        process = self._running()
        assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
        watchdog = threading.Timer(LIMIT_S, lambda: send(tree(process.pid), signal.SIGKILL))
        watchdog.start()
        try:
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            raise self._failed(f"did not answer within {LIMIT_S:.0f} s, or ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _failed(self, what: str) -> PeerFailed:
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        return PeerFailed(f"{self.title} {what}. The end of {self._log}:\n" + "\n".join(said))
