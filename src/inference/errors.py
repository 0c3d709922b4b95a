"""Everything that can go wrong here, and the codes an image can be rejected with.

InferenceError
├── CatalogError      a model's directory is wrong: the deployment's fault, stops at start
├── ModelFailed       a model broke on pixels that decoded: ours, worth a retry, never a row
├── DecodeFailed      no telling what an image is for want of memory, time or a process: ours, worth a retry
└── ImageRejected     an image cannot be scored: its own fault, final. Never leaves `Scorer.score`: it comes back
                      as a `Rejected` in the image's place
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from inference.facts import ImageFacts

RejectionCode = Literal[
    "empty", "unsupported_format", "truncated", "corrupt", "too_many_pixels", "decoder_crash", "decode_timeout"
]

REJECTION_CODES: tuple[RejectionCode, ...] = get_args(RejectionCode)
"""What an image may be rejected with.

`empty`: no bytes. `unsupported_format`: by content none of the formats, or a kind of one that is not read.
`truncated`: the file ends before its own headers say so. `corrupt`: the right format, but broken.
`too_many_pixels`: over the limit by its header, or a side over a million; unread. `decoder_crash`: decoded in a process
of its own it killed that process, or took more memory than there is. `decode_timeout`: that process did not end in
time."""


class InferenceError(Exception):
    """The root: whatever this package raises on purpose."""


class CatalogError(InferenceError):
    """A model's directory cannot be used as it is written.

    Parameters
    ----------
    path
        the file at fault
    key
        the key in it, dotted from the top (`input.layout`), or "" for the file as a whole
    problem
        what is wrong and what to write instead
    """

    def __init__(self, path: Path, key: str, problem: str) -> None:
        super().__init__(f"{path}: {key}: {problem}" if key else f"{path}: {problem}")
        self.path = path
        self.key = key


class ModelFailed(InferenceError):
    """A model could not score pixels that decoded.

    No row may be written from it; the cause is chained.
    """

    def __init__(self, model: str, problem: str) -> None:
        super().__init__(f"model {model}: {problem}")
        self.model = model


class DecodeFailed(InferenceError):
    """An image could not be decoded by no fault that can be told to be its own; no row may be written from it."""


class ImageRejected(InferenceError):
    """An image that cannot be scored, with what was learnt of it before that was clear."""

    def __init__(self, code: RejectionCode, message: str, image: ImageFacts | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.image = image
