"""How much work an image is: decodes, runs of the graphs, copies. Counted, so that any machine tells a regression."""

import tracemalloc
from collections import Counter

import numpy as np
import onnxruntime
import pytest
from PIL import Image

import inference.prepare
from inference import Scorer, ScorerSettings
from inference.catalog import Catalog
from inference.decoders import bind_decoder
from inference.formats.colour import to_rgb
from inference.prepare import model_inputs
from inference.preprocess import Reductions, normalise
from tests.conftest import ROOT

SLACK = 64 * 1024
"""Bytes that Python takes here and there, NumPy's own buffers among them."""


def photo(width: int = 1152, height: int = 864) -> Image.Image:
    ramp = np.add.outer(np.arange(height), np.arange(width)) % 256
    return Image.fromarray(np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1).astype(np.uint8))


def allocated(work) -> int:
    """The most bytes that the work held at once, beyond what was there before."""
    work()  # once before, for what is made only once
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_batch_is_decoded_once_an_image_and_run_as_the_models_say(monkeypatch):
    counted = Counter()
    decode, run = inference.prepare.decode, onnxruntime.InferenceSession.run

    def counting_decode(*given, **named):
        counted["decode"] += 1
        return decode(*given, **named)

    def counting_run(session, names, feed):
        [batch] = feed.values()
        counted[f"{'×'.join(map(str, batch.shape[1:]))} by {len(batch)}"] += 1
        return run(session, names, feed)

    monkeypatch.setattr(inference.prepare, "decode", counting_decode)
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", counting_run)
    image = (ROOT / "samples" / "cat.jpg").read_bytes()

    Scorer.load(ScorerSettings()).score([image] * 10)

    assert counted == {
        "decode": 10,  # all four models share it
        "3×224×224 by 8": 1,  # category
        "3×224×224 by 2": 1,
        "224×224×3 by 8": 1,  # nsfw
        "224×224×3 by 2": 1,
        "3×320×320 by 1": 10,  # text
    }


def test_a_photo_is_reduced_once_for_all_models(monkeypatch):
    factors = []
    reduce = Image.Image.reduce
    monkeypatch.setattr(Image.Image, "reduce", lambda self, factor: factors.append(factor) or reduce(self, factor))
    reductions = Reductions(photo())

    for model in Catalog.load().scoring:
        model_inputs(model, reductions)

    assert factors == [2, 3]  # for category, nsfw and text; for quality's colours


@pytest.mark.parametrize(("channels", "layout"), [("RGB", "NCHW"), ("BGR", "NHWC")])
def test_an_input_is_made_in_place(channels, layout):
    pixels = np.asarray(photo(320, 320))
    given = (pixels, channels, layout, (104.0, 117.0, 123.0), (1.0, 2.0, 3.0))

    assert allocated(lambda: normalise(*given)) <= normalise(*given).nbytes + SLACK


def test_what_is_rgb_already_is_not_copied():
    picture = photo()

    assert to_rgb(picture) is picture


def test_the_quality_formula_holds_few_arrays_of_the_picture():
    [spec] = [model for model in Catalog.load().scoring if model.name == "quality"]
    formula = bind_decoder(spec)
    inputs = model_inputs(spec, Reductions(photo(682, 512)))

    # Bytes a pixel: the luminance, its rows' answer and the mask's answer of 16 bits each, and the last one once more
    # as 64 bits, to be counted. The variance from an array of doubles would take sixteen.
    assert allocated(lambda: formula(*inputs)) <= 14 * 682 * 512 + SLACK
