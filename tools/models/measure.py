"""Run one model over stored inputs, in a process of its own, and store what comes out.

`python -m tools.models.measure MODEL INPUTS.npy OUTPUTS.npz`; the environment says which CPU to play, see `hidden_cpu`.
A process of its own, because onnxruntime looks at the CPU once, when it is loaded.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from tools.models.errors import ModelBuildError
from tools.models.hidden_cpu import NATIVE, VARIABLE, hide_cpu

BATCH = 8
REPOSITORY = Path(__file__).parents[2]


def outputs_in_mode(
    model: ModelProto | Path,
    inputs: np.ndarray,
    mode: str = NATIVE,
    environment: Mapping[str, str] | None = None,
    emulator: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Outputs by name of the model over all inputs, from a child process in the given CPU mode."""
    with tempfile.TemporaryDirectory() as folder:
        path = model if isinstance(model, Path) else Path(folder, "model.onnx")
        if isinstance(model, ModelProto):
            path.write_bytes(model.SerializeToString())
        given, results = Path(folder, "inputs.npy"), Path(folder, "outputs.npz")
        np.save(given, inputs)
        command = [*emulator, sys.executable, "-m", "tools.models.measure", str(path), str(given), str(results)]
        child = {**os.environ, **(environment or {}), VARIABLE: mode}
        try:
            subprocess.run(command, cwd=REPOSITORY, env=child, check=True)
        except FileNotFoundError:
            raise ModelBuildError(f"{command[0]} is not on the PATH: on Debian, apt-get install qemu-user.") from None
        except subprocess.CalledProcessError as failure:
            raise ModelBuildError(f"running the model as {mode} ended with {failure.returncode}, see above.") from None
        with np.load(results) as stored:
            return dict(stored)


def _run(model: Path, inputs: np.ndarray) -> dict[str, Any]:
    import onnxruntime  # noqa: PLC0415 (only now: hide_cpu decides which copy this is)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "2"))
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    batches = [session.run(names, {"image": inputs[at : at + BATCH]}) for at in range(0, len(inputs), BATCH)]
    return {name: np.concatenate(parts) for name, parts in zip(names, zip(*batches, strict=True), strict=True)}


if __name__ == "__main__":
    hide_cpu()
    model_path, inputs_path, outputs_path = map(Path, sys.argv[1:])
    np.savez(outputs_path, **_run(model_path, np.load(inputs_path)))
