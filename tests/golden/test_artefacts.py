"""The committed artefacts answer the golden photos as the fp32 originals do, within the tolerances of golden.json."""

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from inference.preprocess import Reductions

ROOT = Path(__file__).parents[2]
PHOTOS = Path(__file__).parent / "photos"
MODELS = ROOT / "src" / "inference" / "models"
SURE = 0.3  # above it the original knows what it sees, and the artefact must agree
NAMES = sorted(path.name for path in PHOTOS.iterdir())


def read_golden(model):
    return json.loads((MODELS / model / "golden.json").read_text(encoding="utf-8"))


def open_photo(name):
    return Image.open(PHOTOS / name).convert("RGB")


# Preprocessing written again from the publishers' descriptions, so that an error in the build tool's shows.


def category_input(photo):
    side = int(min(photo.size) * 0.875)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    square = photo.resize((224, 224), Image.BICUBIC, box=(left, top, left + side, top + side))
    planes = [(np.asarray(band, np.float32) - 127) / 128 for band in square.split()]
    return np.stack(planes)[None]


def nsfw_input(photo):
    squeezed = np.asarray(photo.resize((256, 256), Image.BILINEAR), np.float32)[16:240, 16:240]
    red, green, blue = squeezed[..., 0], squeezed[..., 1], squeezed[..., 2]
    return np.stack([blue - 104, green - 117, red - 123], axis=-1)[None]


def text_input(photo):
    red, green, blue = (np.asarray(band, np.float32) for band in photo.resize((320, 320), Image.BILINEAR).split())
    return np.stack([blue, green, red])[None] / 127.5 - 1


INPUTS = {"category": category_input, "nsfw": nsfw_input, "text": text_input}


@pytest.fixture(scope="module")
def run():
    sessions = {}

    def answer(model, photo):
        if model not in sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            path = MODELS / model / "model.onnx"
            sessions[model] = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        session = sessions[model]
        names = [value.name for value in session.get_outputs()]
        values = session.run(names, {"image": INPUTS[model](photo).astype(np.float32)})
        return {name: value[0] for name, value in zip(names, values, strict=True)}

    return answer


@pytest.mark.parametrize("model", ["category", "nsfw", "quality", "text"])
def test_golden_values_belong_to_the_photos(model):
    # given the photos in this folder
    actual = {name: hashlib.sha256((PHOTOS / name).read_bytes()).hexdigest() for name in NAMES}
    # then each model's golden values are of just these files
    assert {name: value["sha256"] for name, value in read_golden(model)["photos"].items()} == actual


@pytest.mark.parametrize("name", NAMES)
def test_category_agrees_with_its_original(run, name):
    # given what the original answers
    golden = read_golden("category")
    expected, tolerance = golden["photos"][name], golden["tolerances"]
    # when the artefact is asked
    answer = run("category", open_photo(name))
    # then the likeliest classes are as likely, the embedding as long, and a sure first place is the same
    classes, probabilities = zip(*expected["top"], strict=True)
    assert answer["probs"][list(classes)] == pytest.approx(probabilities, abs=tolerance["probability"])
    assert np.linalg.norm(answer["embedding"]) == pytest.approx(
        expected["embedding_norm"], abs=tolerance["embedding_norm"]
    )
    assert answer["probs"].sum() == pytest.approx(1, abs=1e-4)
    if probabilities[0] >= SURE:
        # A near tie may fall either way: any class within the tolerance of the first may lead.
        leaders = [label for label, value in expected["top"] if value > probabilities[0] - tolerance["probability"]]
        assert answer["probs"].argmax() in leaders


@pytest.mark.parametrize("name", NAMES)
def test_nsfw_agrees_with_its_original(run, name):
    golden = read_golden("nsfw")
    answer = run("nsfw", open_photo(name))
    assert answer["probs"][1] == pytest.approx(golden["photos"][name]["score"], abs=golden["tolerances"]["score"])


@pytest.mark.parametrize("name", NAMES)
def test_text_agrees_with_its_original(run, name):
    golden = read_golden("text")
    coverage = float((run("text", open_photo(name))["map"] > 0.3).mean())
    assert coverage == pytest.approx(golden["photos"][name]["coverage"], abs=golden["tolerances"]["coverage"])


def test_text_sees_the_words_of_the_sign_and_none_in_the_cat(run):
    assert float((run("text", open_photo("sign.png"))["map"] > 0.3).mean()) > 0.03
    assert float((run("text", open_photo("chelsea.png"))["map"] > 0.3).mean()) == 0


@pytest.fixture(scope="module")
def quality():
    spec = importlib.util.spec_from_file_location("quality_decoder", MODELS / "quality" / "decoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.quality


@pytest.mark.parametrize("name", NAMES)
def test_quality_agrees_with_the_published_formulas(quality, name):
    # given the formulas in float64, one by one
    golden = read_golden("quality")
    # when the fast version measures the same pixels
    photo = open_photo(name)
    answer = quality(np.asarray(photo.convert("L")), np.asarray(Reductions(photo).at_least(224)))
    # then each figure is within its tolerance
    for figure, tolerance in golden["tolerances"].items():
        expected = pytest.approx(
            golden["photos"][name][figure], rel=tolerance.get("relative"), abs=tolerance["absolute"]
        )
        assert answer[figure] == expected, figure
