"""Decodes an image in a process of its own, so that what kills or hangs the decoder costs that image alone.

A fresh interpreter and pipes: a fork of a process with threads of onnxruntime is unsafe, and Lambda has no /dev/shm,
which multiprocessing's queues and pools want. See docs/adr/0007-decode-isolation.md.
"""

from __future__ import annotations

import json
import math
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from inference.child_answer import READY, Answer, unpack
from inference.errors import DecodeFailed, ImageRejected
from inference.prepare import Prepared, Rejected, ms_since
from inference.specs import ModelSpec

COMMAND = (sys.executable, "-P", "-m", "inference.decode_child")
"""`-P`: the working directory is no place to import from."""

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")
"""Of the environment; credentials above all are not."""


@dataclass(frozen=True, slots=True)
class ChildDecoder:
    """Starts a process an image.

    Attributes
    ----------
    memory_bytes
        of the process's address space, libraries included
    seconds
        from its start to its answer
    """

    models: Sequence[ModelSpec]
    max_pixels: int
    memory_bytes: int
    seconds: float

    def prepare(self, data: bytes, within_s: float) -> Prepared | Rejected:
        """Decode one image; never longer than `within_s` seconds.

        A process that ends without an answer once it holds the image is rejected as `decoder_crash`, one that is still
        at it after `seconds` as `decode_timeout`.

        Raises
        ------
        DecodeFailed
            our trouble: the process did not start, there was no time left, or a bug
        """
        started = perf_counter()
        seconds = min(self.seconds, within_s)
        try:
            ended = subprocess.run(
                [*COMMAND, self._argument()],
                input=data,
                capture_output=True,
                env=_environment(),
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            if seconds < self.seconds or not error.output:
                raise DecodeFailed(
                    f"an image decoded alone had no answer after {seconds:.1f} s, all that was left"
                ) from error
            return Rejected("decode_timeout", f"not decoded after {seconds:g} seconds", None, ms_since(started))
        except OSError as error:
            raise DecodeFailed(f"the decoding process does not start: {error}") from error
        if not ended.stdout.startswith(READY):
            complaint = ended.stderr.decode(errors="replace").strip()[-500:]
            raise DecodeFailed(f"the decoding process ended with {ended.returncode} before it began: {complaint}")
        return self._outcome(ended, started)

    def _argument(self) -> str:
        # Of all threads together; the parent's clock comes first, unless there is no parent any more.
        limits = {"memory_bytes": self.memory_bytes, "cpu_seconds": 4 * math.ceil(self.seconds)}
        models = [str(model.description) for model in self.models]
        return json.dumps({"models": models, "max_pixels": self.max_pixels, **limits})

    def _outcome(self, ended: subprocess.CompletedProcess[bytes], started: float) -> Prepared | Rejected:
        answer: Answer | None = None
        if ended.returncode == 0:
            try:
                answer = unpack(ended.stdout[len(READY) :])
            except (ValueError, LookupError, TypeError, AttributeError, struct.error):
                answer = None
        milliseconds = ms_since(started)
        match answer:
            case Prepared():
                answer.decode_ms = milliseconds
                return answer
            case ImageRejected():
                return Rejected(answer.code, answer.message, answer.image, milliseconds)
            case str():
                raise DecodeFailed(f"a bug, as it seems: {answer}")
            case MemoryError():
                reason = f"decoding it takes more than {self.memory_bytes >> 20} MB of memory"
            case None:
                reason = f"the process that decoded it {_end_of(ended.returncode)}"
        return Rejected("decoder_crash", reason, None, milliseconds)


def _end_of(returncode: int) -> str:
    if returncode >= 0:
        return f"ended with status {returncode} and no whole answer"
    name = signal.Signals(-returncode).name
    return f"was ended by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # One thread of BLAS: each further one reserves address space, which is what the limit counts.
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
