"""What a file costs: decoded and prepared in a fork of this process, its memory, time, words and leavings counted.

The process that calls `account` must have one thread and no runtime: it is forked for each file.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from inference.errors import REJECTION_CODES, ImageRejected
from inference.prepare import prepare
from inference.specs import ModelSpec

SECONDS = 60
"""Of CPU: half of the function's time, on a machine that may be slower than Lambda."""


@dataclass(frozen=True)
class Account:
    """`outcome`: `scored`, a code, or what must not be: an exception's name, `killed by …`. Megabytes are resident."""

    name: str
    outcome: str
    message: str
    file_bytes: int
    seconds: float
    megabytes: int
    complaints: str
    left: tuple[str, ...]

    def faults(self, seconds: float, megabytes: int) -> list[str]:
        """What breaks a bound."""
        found = []
        if self.outcome != "scored" and self.outcome not in REJECTION_CODES:
            found.append(f"ended as {self.outcome}")
        if self.outcome in REJECTION_CODES and not self.message:
            found.append("no reason is given")
        if self.seconds > seconds:
            found.append(f"took {self.seconds:.1f} s")
        if self.megabytes > megabytes:
            found.append(f"took {self.megabytes} MB")
        if self.complaints:
            found.append(f"said on stderr: {self.complaints[:200]!r}")
        if self.left:
            found.append(f"left {', '.join(self.left)}")
        return found


def account(name: str, data: bytes, models: list[ModelSpec], max_pixels: int, folder: Path) -> Account:
    """Decode `data` in a fork whose working and temporary folder is `folder`, which is empty."""
    answers, answer = os.pipe()
    complaints, complaint = os.pipe()
    child = os.fork()
    if child == 0:
        _child(data, models, max_pixels, folder, answer, complaint)
    os.close(answer)
    os.close(complaint)
    words = _read(answers, complaints)
    _, status, used = os.wait4(child, 0)
    outcome, message = _outcome(words[answers], status)
    left = tuple(sorted(path.name for path in folder.iterdir()))
    for path in folder.iterdir():
        path.unlink()
    return Account(
        name=name,
        outcome=outcome,
        message=message,
        file_bytes=len(data),
        seconds=used.ru_utime + used.ru_stime,
        megabytes=used.ru_maxrss >> 10,
        complaints=words[complaints].decode(errors="replace"),
        left=left,
    )


def _child(data: bytes, models: list[ModelSpec], max_pixels: int, folder: Path, answer: int, complaint: int) -> None:
    status = 1
    try:
        os.dup2(complaint, 1)
        os.dup2(complaint, 2)
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            prepare(data, models, max_pixels)
            outcome, message = "scored", ""
        except ImageRejected as rejected:
            outcome, message = rejected.code, rejected.message
        except BaseException as error:
            outcome, message = type(error).__name__, str(error)[:500]
        os.write(answer, json.dumps([outcome, message[:3000]]).encode())
        status = 0
    finally:
        os._exit(status)


def _read(*pipes: int) -> dict[int, bytes]:
    """Everything that is written to the pipes until the child is gone, or is no child to wait for any longer."""
    words = dict.fromkeys(pipes, b"")
    open_pipes = set(pipes)
    until = time.monotonic() + 4 * SECONDS  # the limit on CPU time ends it, unless it sleeps
    while open_pipes and time.monotonic() < until:
        for pipe in select.select(open_pipes, [], [], 1.0)[0]:
            if some := os.read(pipe, 1 << 16):
                words[pipe] += some if len(words[pipe]) < 1 << 20 else b""
            else:
                open_pipes.discard(pipe)
    for pipe in pipes:
        os.close(pipe)
    return words


def _outcome(words: bytes, status: int) -> tuple[str, str]:
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}", ""
    if not words:
        return f"exit status {os.waitstatus_to_exitcode(status)} without an answer", ""
    outcome, message = json.loads(words)
    return outcome, message
