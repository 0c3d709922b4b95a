"""Adding a model is one new directory and `make schemas`: its score can be selected by SQL, nothing else is touched."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("toy")]

MODEL_TOML = """\
name = "redness"
version = "0.1.0"
variant = "numpy"
source = "this test"
licence = "Apache-2.0"
retired = false
order = 99

[input]
name = "image"
size = [8, 8]
layout = "NHWC"
channels = "RGB"
resize = { to = [8, 8], filter = "bilinear" }
mean = [0.0, 0.0, 0.0]
std = [255.0, 255.0, 255.0]

[output]
decoder = "redness"

[column]
comment = "How red the picture is"
fields = [{ name = "score", type = "double", comment = "mean of the red channel, 0 to 1" }]
"""

DECODER = '''\
"""Mean of the red channel."""

import numpy as np


def redness(pixels: np.ndarray) -> dict[str, float]:
    """Decode float32 pixels of shape (8, 8, 3) or (1, 8, 8, 3), 0 to 1."""
    return {"score": float(np.asarray(pixels)[..., 0].mean())}
'''


@pytest.fixture
def checkout(tmp_path):
    """A copy of what a model's author works on."""
    for folder in ("src", "schemas", "athena"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path


def test_a_toy_model_is_one_directory_and_its_score_is_a_column(checkout):
    # given a new directory, and its author's one command
    model = checkout / "src" / "inference" / "models" / "redness"
    model.mkdir()
    (model / "model.toml").write_text(MODEL_TOML)
    (model / "decoder.py").write_text(DECODER)
    make_schemas = [sys.executable, "-m", "tools.schemas", "--root", str(checkout)]
    subprocess.run(make_schemas, check=True, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    # when images come in
    with running("--template", str(checkout / "template.yaml")) as cloud:
        cloud.pixlake("upload", ROOT / "samples" / "cat.jpg", "--prefix", "toy/")
        (row,) = cloud.rows(
            "redness.score AS redness, models['redness'] AS model, category.family AS family", "toy/", 1
        )

    # then the model has scored them beside the others
    assert 0.2 < row["redness"] < 0.9
    assert row["model"] == "0.1.0-numpy"
    assert row["family"] == "cat"
