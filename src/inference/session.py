"""One ONNX graph, ready to run. The only place that knows onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import CatalogError, ModelFailed
from inference.specs import ModelSpec

if TYPE_CHECKING:
    import onnxruntime


class GraphSession:
    """Runs a model's graph on the inputs of some images, `input.batch` of them at a time.

    Images of a run do not touch each other: a test holds their outputs to those of an image alone.
    """

    def __init__(self, model: ModelSpec, threads: int) -> None:
        self._model = model
        self._session = _open(model, threads)
        given = {i.name: len(i.shape) for i in self._session.get_inputs()}
        if given != {model.input.name: 4}:
            names = ", ".join(given)
            raise CatalogError(model.description, "input.name", f"is {model.input.name!r}; the graph takes {names}")
        made = [output.name for output in self._session.get_outputs()]
        if unknown := set(model.output.names).difference(made):
            raise CatalogError(model.description, "output.name", f"{sorted(unknown)} is none of the graph's {made}")

    def run(self, inputs: Sequence[NDArray[np.generic]]) -> list[tuple[NDArray[np.generic], ...]]:
        """Return each image's outputs, in the order of `output.name`, without the batch axis."""
        results: list[tuple[NDArray[np.generic], ...]] = []
        size = self._model.input.batch
        for start in range(0, len(inputs), size):
            part = inputs[start : start + size]
            batch = np.stack(part) if len(part) > 1 else part[0][None]  # one image needs no copy
            try:
                arrays = self._session.run(list(self._model.output.names), {self._model.input.name: batch})
            except Exception as error:  # onnxruntime's errors share no class of their own
                raise ModelFailed(
                    self._model.name, f"the graph failed on {batch.shape} {batch.dtype}: {error}"
                ) from error
            results.extend(zip(*arrays, strict=True))
        return results


def _open(model: ModelSpec, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime  # noqa: PLC0415 - here: the catalogue is read by tools that need no runtime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors; warnings name nodes that nobody can act on
    # A spinning thread burns the CPU that the next download or decode needs; Lambda bills it too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    artefact = model.artefact
    if artefact is None or not artefact.is_file():
        raise CatalogError(
            model.directory / "model.onnx", "", "is not there; run `make models`, or check out the whole repository"
        )
    try:
        return onnxruntime.InferenceSession(str(artefact), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CatalogError(artefact, "", f"is not a graph that onnxruntime loads: {error}") from error
