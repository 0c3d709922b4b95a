"""Adding a model is one new directory and `make schemas`: its score can be selected by SQL, nothing else is touched.

It comes the way that changes come to a stack: in an update of the last release, whose rows and messages stay.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for
from tests.upgrade.releases import unpack

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("toy")]

CAT = ROOT / "samples" / "cat.jpg"
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


def schema_version(cloud):
    table = cloud.client("glue").get_table(DatabaseName=cloud.variables["PIXLAKE_DATABASE"], Name="image_scores")
    return int(table["Table"]["Parameters"].get("pixlake.schema_version", "1"))


def reconcile(cloud):
    """Let the ledger run by its own code; what it answers."""
    answer = cloud.client("lambda").invoke(FunctionName=cloud.variables["PIXLAKE_RECONCILE_FUNCTION"], Payload=b"{}")
    report = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def test_a_toy_model_in_an_update_of_the_last_release_is_a_column_beside_the_rows_that_were_there(checkout, tmp_path):
    # given a stack of the last release, with its own code and rows, and an upload that came just before the update
    state, released = tmp_path / "state", unpack(tmp_path / "released")
    grace = ("--parameter", "ReconcileGraceSeconds=4")
    with running("--data", str(state), "--template", str(released), *grace) as cloud:
        cloud.pixlake("upload", CAT, "--prefix", "old/")
        (old,) = cloud.rows("row_id, scored_at, category.score AS score", "old/", 1)
        wait_for(lambda: reconcile(cloud)["days"], "a day in the ledger of the last release")
        version = schema_version(cloud)
        cloud.client("s3").upload_file(str(CAT), cloud.bucket, "old/just-before.jpg")

    # and a new directory, and its author's one command
    model = checkout / "src" / "inference" / "models" / "redness"
    model.mkdir()
    (model / "model.toml").write_text(MODEL_TOML)
    (model / "decoder.py").write_text(DECODER)
    make_schemas = [sys.executable, "-m", "tools.schemas", "--root", str(checkout)]
    subprocess.run(make_schemas, check=True, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    # when the stack is updated with its data in place, and images come in
    with running("--data", str(state), "--template", str(checkout / "template.yaml"), *grace) as cloud:
        cloud.pixlake("upload", CAT, "--prefix", "toy/")
        (row,) = cloud.rows(
            "redness.score AS redness, models['redness'] AS model, category.family AS family", "toy/", 1
        )
        cloud.rows("row_id", "old/just-before.jpg", 1)
        kept = cloud.sql(
            "SELECT object_key, row_id, scored_at, category.score AS score, redness.score AS redness "
            "FROM image_scores ORDER BY object_key"
        )
        seen = cloud.sql("SELECT object_key, category.family AS family FROM uploads ORDER BY object_key")
        now = schema_version(cloud)
        wait_for(lambda: sum(day["uploaded"] for day in reconcile(cloud)["days"]) == 3, "what the ledger counts")
        balance = json.loads(cloud.pixlake("ledger", "--json").stdout)

    # then the model has scored the new ones beside the other models
    assert 0.2 < row["redness"] < 0.9
    assert row["model"] == "0.1.0-numpy"
    assert row["family"] == "cat"
    # and one query reads rows of both: the old one as it was, with nothing in the new column
    before = {each["object_key"]: each for each in kept}
    assert before["old/cat.jpg"] == {"object_key": "old/cat.jpg", **old, "redness": None}
    assert before["toy/cat.jpg"]["redness"] == row["redness"]
    # and the views, and the table's word for what it has become
    assert seen == [
        {"object_key": key, "family": "cat"} for key in ("old/cat.jpg", "old/just-before.jpg", "toy/cat.jpg")
    ]
    assert now == version + 1
    # and the ledger counts from where it did, so that what came before the update is in the balance
    assert (balance["scored"], balance["requeued"]) == (3, 0)
