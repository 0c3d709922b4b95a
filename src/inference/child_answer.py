"""What a decoding process writes to its parent: bytes that can do nothing but be parsed. No pickle.

`READY`, then, once the image is decoded, four bytes of length, a JSON head of that length, and the arrays it lists.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from inference.errors import ImageRejected
from inference.facts import ImageFacts
from inference.prepare import Prepared

READY = b"R"
"""Written when the process has started and holds the image: whatever ends it from here on is the image's doing."""

Answer = Prepared | ImageRejected | MemoryError | str
"""A `str` is an error of ours, in words."""


def pack(answer: Answer) -> bytes:
    """Everything after `READY`."""
    arrays: list[NDArray[np.generic]] = []
    if isinstance(answer, Prepared):
        arrays = [array for given in answer.inputs.values() for array in given]
        listed = [[name, [[each.dtype.str, each.shape] for each in given]] for name, given in answer.inputs.items()]
        head = {"image": asdict(answer.image), "inputs": listed, "decode_ms": answer.decode_ms}
    elif isinstance(answer, ImageRejected):
        image = None if answer.image is None else asdict(answer.image)
        head = {"code": answer.code, "message": answer.message, "image": image}
    else:
        head = {"failed": "memory" if isinstance(answer, MemoryError) else answer}
    text = json.dumps(head).encode()
    return b"".join([struct.pack(">I", len(text)), text, *(array.tobytes() for array in arrays)])


def unpack(data: bytes) -> Answer:
    """The inverse of `pack`; ValueError, LookupError, TypeError, AttributeError or struct.error for anything else."""
    (length,) = struct.unpack_from(">I", data)
    head = json.loads(data[4 : 4 + length])
    image = None if head.get("image") is None else ImageFacts(**head["image"])
    if "code" in head:
        return ImageRejected(head["code"], head["message"], image)
    if image is None:
        return MemoryError() if head["failed"] == "memory" else str(head["failed"])
    inputs: dict[str, tuple[NDArray[np.generic], ...]] = {}
    place = 4 + length
    for name, listed in head["inputs"]:
        given = []
        for dtype, shape in listed:
            array = np.frombuffer(data, dtype, int(np.prod(shape)), place).reshape(shape).copy()
            place += array.nbytes
            given.append(array)
        inputs[name] = tuple(given)
    return Prepared(image, inputs, head["decode_ms"])
