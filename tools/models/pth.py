"""Read a legacy torch checkpoint (.pth before zip files) without torch, and without letting the pickle run code."""

import io
import pickle
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from tools.models.errors import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype[Any]


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _RestrictedUnpickler(pickle.Unpickler):
    """Knows the five names a state dict needs; any other name, so any code, is refused."""

    ALLOWED: dict[tuple[str, str], Any] = {  # noqa: RUF012 (a table, never changed)
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise WeightsError(
                f"the checkpoint names {module}.{name}, which a state dict does not need. It may be an attack: "
                "don't load it elsewhere; if it is sound, allow the name in tools/models/pth.py."
            ) from None

    def persistent_load(self, reference: Any) -> _Storage:
        _, dtype, key, *_ = reference
        return _Storage(key, dtype)


def read_state_dict(content: bytes) -> dict[str, np.ndarray]:
    """Name to array. The file: magic, protocol, system, state, storage keys, each a pickle; then the raw storages."""
    stream = io.BytesIO(content)
    magic, protocol, system = (_RestrictedUnpickler(stream).load() for _ in range(3))
    if magic != MAGIC or protocol != PROTOCOL or not system["little_endian"]:
        raise WeightsError("not a legacy little-endian torch checkpoint: the pinned weight file is another format.")
    state: dict[str, _Tensor] = _RestrictedUnpickler(stream).load()
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in state.values()}
    storages = {}
    for key in _RestrictedUnpickler(stream).load():
        count = int.from_bytes(stream.read(8), "little")
        storages[key] = np.frombuffer(stream.read(count * dtypes[key].itemsize), dtypes[key])
    return {name: _view(storages[tensor.storage.key], tensor) for name, tensor in state.items()}


def _view(storage: np.ndarray, tensor: _Tensor) -> np.ndarray:
    strides = [step * storage.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
