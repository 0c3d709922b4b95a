"""An image that kills the decoder costs its batch one delivery, and itself alone its scores."""

import io
import shutil

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("isolation")]
QUICK = ["VisibilityTimeoutSeconds=12", "BatchingWindowSeconds=2"]


def bmp(side: int) -> bytes:
    buffer = io.BytesIO()
    Image.effect_mandelbrot((side, side), (-3, -2.5, 2, 2.5), 60).convert("RGB").save(buffer, "BMP")
    return buffer.getvalue()


@pytest.fixture
def checkout(tmp_path):
    """The code as it is deployed, where a BMP decoder on the function's path segfaults on pictures of 13×13."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignore)
    shutil.copytree(ROOT / "athena", tmp_path / "athena")
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copy(ROOT / "tests" / "frail_decoder" / "sitecustomize.py", tmp_path / "src")
    return tmp_path


def test_an_image_that_kills_the_decoder_ends_as_a_row_and_its_neighbours_are_scored(checkout):
    files = {f"kills/{side}.bmp": bmp(side) for side in (12, 13, 30, 31, 32)}
    parameters = [argument for pair in QUICK for argument in ("--parameter", pair)]
    with running("--template", str(checkout / "template.yaml"), *parameters) as cloud:
        # given a batch with a killer, whose first delivery kills the function's process
        for key, body in files.items():
            cloud.client("s3").put_object(Bucket=cloud.bucket, Key=key, Body=body)

        # when it comes again
        rows = cloud.rows("DISTINCT object_key, status, error.code AS code, error.message AS message", "kills/", 5)

        # then only the killer has no scores
        found = {row["object_key"]: (row["status"], row["code"], row["message"]) for row in rows}
        crash = ("rejected", "decoder_crash", "the process that decoded it was ended by SIGSEGV")
        assert found == {key: crash if key == "kills/13.bmp" else ("scored", None, None) for key in files}
        assert cloud.scorer_log().count("Runtime exited with error: signal: SIGSEGV") == 1
        wait_for(lambda: cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"]) == 0, "an empty queue")
        assert cloud.dead_letters() == 0
