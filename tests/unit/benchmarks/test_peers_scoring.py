"""What the peers run is what the models' publishers describe, and a peer that does less is found out."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.peers import agreement, artefacts
from benchmarks.peers.agreement import PeerDisagrees
from benchmarks.peers.scoring import INPUTS, Models
from inference.catalog import Catalog
from inference.prepare import model_inputs
from inference.preprocess import Reductions
from tools.models import preprocess

MODELS = ("category", "nsfw", "text", "quality")
SIZES = [(700, 300), (300, 701), (1500, 1201), (97, 64)]


@pytest.fixture(scope="module")
def scores():
    """The scores of the golden photos by the committed artefacts, as a peer makes them."""
    paths = agreement.photos()
    scored = Models(artefacts.files("int8", MODELS), threads=1).score([path.read_bytes() for path in paths])
    return {str(path): score for path, score in zip(paths, scored, strict=True)}


def picture(size):
    pixels = np.random.default_rng(7).integers(0, 256, (size[1] // 4 + 1, size[0] // 4 + 1, 3), np.uint8)
    return Image.fromarray(pixels).resize(size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["category", "nsfw", "text"])
def test_preprocessing_is_the_exact_reference(name, size):
    expected = preprocess.INPUTS[name](np.asarray(preprocess.RESIZES[name](picture(size)))[None])[0]

    np.testing.assert_allclose(INPUTS[name](picture(size)), expected, atol=1e-6)


class FullLuminance(Reductions):
    """The luminance is averaged in one step: by whole factors first is the scorer's way to be fast."""

    def at_least(self, shorter_side, channels="RGB"):
        return self._made["L", 1] if channels == "L" else super().at_least(shorter_side, channels)


@pytest.mark.parametrize("size", SIZES)
def test_quality_sees_the_same_pixels(size):
    [spec] = [spec for spec in Catalog.load().scoring if spec.name == "quality"]
    photo = picture(size)

    for ours, theirs in zip(model_inputs(spec, FullLuminance(photo)), INPUTS["quality"](photo), strict=True):
        np.testing.assert_array_equal(theirs, ours)


def test_a_peer_with_our_artefacts_agrees_with_the_golden_values(scores):
    agreement.require(scores, MODELS, "int8")

    with pytest.raises(PeerDisagrees):
        agreement.require(scores, MODELS, "fp32")  # the tolerance of fp32 tells it from int8


@pytest.mark.parametrize(
    ("figure", "value"), [("category", 3), ("category_score", 0.0), ("nsfw", 0.03), ("text", 0.002), ("quality", 0.1)]
)
def test_a_peer_that_says_something_else_is_found_out(scores, figure, value):
    path = next(path for path in scores if path.endswith("astronaut.png"))
    wrong = {**scores, path: {**scores[path], figure: value}}

    with pytest.raises(PeerDisagrees, match="astronaut"):
        agreement.require(wrong, MODELS, "int8")


def test_published_weights_are_written_once(monkeypatch, tmp_path):
    class Graph:
        def SerializeToString(self, deterministic):
            return b"weights"

    made = []
    monkeypatch.setattr(artefacts, "FP32", tmp_path / "fp32")
    monkeypatch.setattr(artefacts, "reference", lambda name, cache: made.append(name) or Graph())

    first, again = artefacts.files("fp32", MODELS), artefacts.files("fp32", MODELS)

    assert first == again
    assert made == ["category", "nsfw", "text"]
    assert (tmp_path / "fp32").joinpath(first["nsfw"]).read_bytes() == b"weights"
    assert first["quality"].endswith("quality/decoder.py")
