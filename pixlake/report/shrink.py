"""An image file's bytes → a small WebP, by the scorer's own decoder, in processes of their own.

The files are anybody's. The decoder refuses what is hostile by its rules; what brings it down nonetheless costs a child
process, and one picture says so in its place.
"""

from __future__ import annotations

import io
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from threading import Lock

from PIL import Image

from inference.errors import ImageRejected

MAX_PIXELS = 50_000_000
"""Pixels above which a file is not decoded: the scorer's own default."""
SIDE = 320
"""Longest side of a thumbnail in pixels: sharp at 160 CSS pixels on a dense screen."""
PATIENCE = 60
"""Seconds after which a decode is given up; the largest that is allowed takes about ten."""


class Unreadable(Exception):
    """A file that gives no picture; the message says why."""


@dataclass(frozen=True)
class Small:
    """A thumbnail: WebP bytes, its size in pixels."""

    webp: bytes
    width: int
    height: int


def shrink(data: bytes) -> Small:
    """Decode and reduce one file, upright and in sRGB.

    Raises
    ------
    Unreadable
        The file is rejected by the decoder.
    """
    from inference.formats.decode import decode  # noqa: PLC0415 - for the child processes alone

    try:
        rgb = decode(data, max_pixels=MAX_PIXELS, shorter_side=SIDE).rgb
    except ImageRejected as rejected:
        raise Unreadable(f"{rejected.code.replace('_', ' ')}: it cannot be decoded") from rejected
    rgb.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    rgb.save(packed, "WEBP", quality=72, method=4)
    return Small(packed.getvalue(), rgb.width, rgb.height)


def _bounded(work: Callable[[bytes], Small], data: bytes) -> Small:
    """The work, in a child process that ends if it takes too long: the alarm's default action stops any C code."""
    signal.alarm(PATIENCE)
    try:
        return work(data)
    finally:
        signal.alarm(0)


class Shrinker:
    """Decodes in child processes; may be called from several threads."""

    def __init__(self, processes: int, work: Callable[[bytes], Small] = shrink) -> None:
        self._processes = processes
        self._work = work
        self._lock = Lock()
        self._pool = self._start(processes)

    def __enter__(self) -> Shrinker:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, data: bytes) -> Small:
        """Thumbnail of one file.

        Raises
        ------
        Unreadable
            The decoder rejects it, takes too long or is brought down by it.
        """
        with self._lock:
            pool = self._pool
        try:
            return pool.submit(_bounded, self._work, data).result()
        except BrokenProcessPool:  # by this file, or by one that was decoded beside it
            with self._lock:
                if self._pool is pool:
                    self._pool = self._start(self._processes)
                    pool.shutdown(wait=False)
            return self._alone(data)

    def _alone(self, data: bytes) -> Small:
        with self._start(1) as pool:
            try:
                return pool.submit(_bounded, self._work, data).result()
            except BrokenProcessPool as error:
                raise Unreadable("it brings the decoder down, or keeps it busy for too long") from error

    @staticmethod
    def _start(processes: int) -> ProcessPoolExecutor:
        # spawn: a fork would copy the locks that other threads hold
        return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
