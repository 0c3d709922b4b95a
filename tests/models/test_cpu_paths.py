"""The int8 artefacts answer the same with and without VNNI, on the instructions that Lambda promises."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.models.hidden_cpu import AVX2, HIDDEN_MODES, NATIVE, VARIABLE
from tools.models.measure import outputs_in_mode
from tools.models.preprocess import INPUTS, RESIZES

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "src" / "inference" / "models"
PHOTOS = sorted((ROOT / "tests" / "golden" / "photos").iterdir())
# Integer layers answer the same to the bit; what is left in fp32 (softmax, all of text) rounds by the CPU's vectors.
TOLERANCES = {"category": 1e-5, "nsfw": 1e-6, "text": 2e-3}


def stress(mode, environment):
    command = [sys.executable, str(Path(__file__).with_name("stress_layers.py"))]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    child = {**os.environ, **environment, VARIABLE: mode, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=ROOT, env=child, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["mode"] == mode
    return result["off"]


@pytest.mark.parametrize("mode", [NATIVE, *HIDDEN_MODES])
def test_seven_bit_and_depthwise_layers_are_exact_at_full_activation(hidden_cpu, mode):
    off = stress(mode, hidden_cpu)
    assert set(off["seven_bits"].values()) == {0}
    assert set(off["depthwise"].values()) == {0}


@pytest.mark.parametrize("mode", HIDDEN_MODES)
def test_eight_bit_layers_saturate_where_vnni_is_hidden(hidden_cpu, mode):
    # The control: were VNNI not really hidden, these layers would be exact and the tests beside this one say nothing.
    assert min(stress(mode, hidden_cpu)["eight_bits"].values()) > 10


@pytest.mark.parametrize("model", sorted(TOLERANCES))
def test_outputs_do_not_depend_on_vnni(hidden_cpu, model):
    # given the golden photos
    pixels = np.stack([np.asarray(RESIZES[model](Image.open(path).convert("RGB"))) for path in PHOTOS])
    inputs, artefact = INPUTS[model](pixels), MODELS / model / "model.onnx"
    # when the artefact runs on this CPU, and on one of AVX2 only
    native = outputs_in_mode(artefact, inputs)
    hidden = outputs_in_mode(artefact, inputs, AVX2, hidden_cpu)
    # then it answers the same
    for name, values in native.items():
        tolerance = TOLERANCES[model] * max(1.0, float(np.abs(values).max()))
        assert np.abs(hidden[name] - values).max() <= tolerance, name
