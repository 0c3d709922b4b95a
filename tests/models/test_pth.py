"""The checkpoint reader: understands a legacy state dict, and lets no pickle run code."""

import io
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from tools.models.errors import WeightsError
from tools.models.pth import MAGIC, PROTOCOL, read_state_dict


class Named:
    """Pickles as a reference to a global that need not exist here, as torch's own classes do not."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class CheckpointPickler(pickle._Pickler):
    """Writes what torch's legacy `save` writes: storages by persistent id, tensors by a rebuild call."""

    def persistent_id(self, value):
        return value.reference if isinstance(value, Storage) else None

    def save(self, value, *arguments, **options):
        if isinstance(value, Named):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
            return None
        if isinstance(value, Call):
            self.save(value.function)
            self.save(value.arguments)
            self.write(pickle.REDUCE)
            return None
        return super().save(value, *arguments, **options)


class Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Storage:
    def __init__(self, key, count):
        self.reference = ("storage", Named("torch", "FloatStorage"), key, "cpu", count, None)


def checkpoint(state, storages, *, magic=MAGIC):
    stream = io.BytesIO()
    for part in (magic, PROTOCOL, {"little_endian": True}, state, list(storages)):
        CheckpointPickler(stream, protocol=2).dump(part)
    for values in storages.values():
        stream.write(len(values).to_bytes(8, "little") + np.asarray(values, "<f4").tobytes())
    return stream.getvalue()


def tensor(key, count, offset, shape, strides):
    rebuild = Named("torch._utils", "_rebuild_tensor_v2")
    return Call(rebuild, Storage(key, count), offset, shape, strides, False, OrderedDict())


def test_reads_tensors_as_views_of_their_storages():
    # given a checkpoint of one storage and two tensors in it, one of them transposed
    state = {"plain": tensor("0", 6, 0, (2, 3), (3, 1)), "transposed": tensor("0", 6, 2, (2, 2), (1, 2))}
    # when it is read
    read = read_state_dict(checkpoint(state, {"0": [0, 1, 2, 3, 4, 5]}))
    # then offsets and strides are obeyed
    assert read["plain"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read["transposed"].tolist() == [[2, 4], [3, 5]]


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "eval"), ("collections", "deque")])
def test_a_foreign_name_is_refused(module, name):
    state = {"weight": Call(Named(module, name), "touch /tmp/owned")}
    with pytest.raises(WeightsError, match=f"{module}.{name}"):
        read_state_dict(checkpoint(state, {}))


def test_an_allowed_name_of_another_module_is_refused():
    state = {"weight": Call(Named("os", "OrderedDict"))}
    with pytest.raises(WeightsError, match=r"os\.OrderedDict"):
        read_state_dict(checkpoint(state, {}))


def test_another_format_is_refused():
    with pytest.raises(WeightsError, match="not a legacy"):
        read_state_dict(checkpoint({}, {}, magic=1))
