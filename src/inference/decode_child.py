"""The process that decodes one image and ends: `python -m inference.decode_child '{…}' < image`, for `isolation` alone.

It loads no model and no runtime, holds no credentials, can write no file, and has limits on memory and CPU time of its
own, so that whatever an image does to a decoder it does to this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from pathlib import Path

from inference.child_answer import READY, Answer, pack
from inference.errors import ImageRejected
from inference.model_toml import read_model
from inference.prepare import prepare


def main(argument: str) -> None:
    """Read the image from stdin, answer on stdout.

    Parameters
    ----------
    argument
        JSON: `models` (paths of model.toml files), `max_pixels`, `memory_bytes`, `cpu_seconds`
    """
    given = json.loads(argument)
    # stdout is the answer's alone: what a library prints there goes to stderr.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        models = [read_model(Path(path)) for path in given["models"]]
        image = sys.stdin.buffer.read()
        _limit(given["memory_bytes"], given["cpu_seconds"])
        answers.write(READY)
        answers.flush()
        answer: Answer
        try:
            answer = prepare(image, models, given["max_pixels"])
        except ImageRejected as rejected:
            answer = rejected
        except MemoryError as error:
            answer = error
        except Exception as error:  # a bug of ours: the parent says so, with the words of it
            answer = repr(error)
        answers.write(pack(answer))


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    """From here on too much memory is a MemoryError, too much CPU time a signal, and a core dump or file nothing."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Should the memory of the machine itself run out, this process goes before its parent. Only Linux has the file.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
