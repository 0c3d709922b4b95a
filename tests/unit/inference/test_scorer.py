"""The one entry: order, neighbours, batches, failures, toy models, and the golden values through the whole path."""

import csv
import io
import json
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference import Catalog, CatalogError, ModelFailed, Rejected, Scored, Scorer, ScorerSettings
from inference.catalog import MODELS
from inference.formats.decode import decode
from inference.preprocess import AtLeast, Reductions
from inference.scorer import _Model
from inference.specs import InputSpec

from .conftest import encode, scene_pixels
from .test_catalog import DECODER, TOY, rewrite, toy  # noqa: F401 - the fixture
from .test_decode_formats import OPAQUE
from .test_decode_hostile import HOSTILE

PHOTOS = Path(__file__).parents[2] / "golden" / "photos"
NAMES = sorted(path.name for path in PHOTOS.iterdir())


@pytest.fixture(scope="module")
def scorer():
    return Scorer.load(ScorerSettings())


@pytest.fixture(scope="module")
def photos():
    return {name: (PHOTOS / name).read_bytes() for name in NAMES}


def golden(model: str) -> dict:
    return json.loads((MODELS / model / "golden.json").read_text(encoding="utf-8"))


def test_given_the_shipped_models_when_loaded_then_the_row_can_name_them(scorer):
    assert list(scorer.models) == ["category", "quality", "text", "nsfw"]
    released = {name: release.partition("-")[0] for name, release in scorer.models.items()}
    assert released == {"category": "1.0.0", "quality": "1.1.0", "text": "1.0.0", "nsfw": "1.0.0"}


def test_given_the_shipped_models_when_loaded_then_their_variant_is_that_of_the_artefact():
    for model in Catalog.load().models:
        gates = model.directory / "gates.json"
        if gates.exists():
            assert json.loads(gates.read_text(encoding="utf-8"))["variant"] == model.variant


def test_given_a_photo_when_scored_then_the_scores_are_plain_values_that_make_json(scorer, photos):
    [result] = scorer.score([photos["coffee.png"]])

    assert isinstance(result, Scored)
    assert json.loads(json.dumps(result.scores, allow_nan=False)) == result.scores
    assert result.scores["category"]["family"] == "drink"
    assert len(result.scores["category"]["top"]) == 5
    assert set(result.scores) == set(scorer.models)
    for model in Catalog.load().models:
        assert [*result.scores[model.name]] == [field.name for field in model.column.fields]
    assert result.decode_ms > 0
    assert result.inference_ms > 0


@pytest.mark.parametrize("name", NAMES)
def test_given_a_golden_photo_when_scored_then_it_is_within_the_tolerances_of_the_originals(scorer, photos, name):
    [result] = scorer.score([photos[name]])

    category = golden("category")
    with (MODELS / "category" / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    expected = dict(category["photos"][name]["top"])
    for entry in result.scores["category"]["top"]:
        indices = [i for i, label in enumerate(labels) if label == entry["label"] and i in expected]
        for index in indices:
            assert entry["score"] == pytest.approx(expected[index], abs=category["tolerances"]["probability"])
    best, probability = category["photos"][name]["top"][0]
    if probability >= 0.4:  # sure: the first place is the same
        assert result.scores["category"]["label"] == labels[best]
    assert result.scores["category"]["score"] == pytest.approx(probability, abs=category["tolerances"]["probability"])
    for model, field in (("nsfw", "score"), ("text", "coverage")):
        values = golden(model)
        tolerance = values["tolerances"][field]
        assert result.scores[model][field] == pytest.approx(values["photos"][name][field], abs=tolerance)


def test_given_a_batch_of_any_size_when_scored_then_each_result_is_that_of_the_image_alone(scorer, photos):
    alone = {name: scorer.score([data])[0] for name, data in photos.items()}
    for count in (2, 7, 9, 20):
        names = random.Random(count).choices(NAMES, k=count)

        results = scorer.score([photos[name] for name in names])

        for name, result in zip(names, results, strict=True):
            assert flat(result.scores) == pytest.approx(flat(alone[name].scores), abs=1e-6)
            assert result.image == alone[name].image


def flat(scores: dict) -> dict:
    """Numbers by path; a label that differed would be a missing path."""
    numbers = {}
    for model, struct in scores.items():
        for field, value in struct.items():
            if field == "top":
                numbers |= {(model, i, entry["label"]): entry["score"] for i, entry in enumerate(value)}
            elif isinstance(value, str):
                numbers[(model, field, value)] = 1.0
            else:
                numbers[(model, field)] = value
    return numbers


def test_given_hostile_files_among_good_ones_when_scored_then_only_they_are_rejected(scorer, photos):
    good = photos["chelsea.png"]
    [expected] = scorer.score([good])
    names = list(HOSTILE)
    images = [image for name in names for image in (HOSTILE[name][0], good)]

    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        results = scorer.score(images)

    assert leaked == []
    assert len(results) == len(images)
    for name, bad, neighbour in zip(names, results[::2], results[1::2], strict=True):
        assert isinstance(bad, Rejected), name
        assert bad.code == HOSTILE[name][1], name
        assert bad.message
        assert flat(neighbour.scores) == pytest.approx(flat(expected.scores), abs=1e-6)


def test_given_fifty_hostile_kinds_when_counted_then_there_are_as_many():
    assert len(HOSTILE) >= 50


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1)])
def test_given_a_tiny_or_extreme_picture_when_scored_then_it_has_every_score(scorer, size):
    [result] = scorer.score([encode(Image.new("RGB", size, "green"), "PNG")])

    assert (result.image.width, result.image.height) == size
    assert set(result.scores) == set(scorer.models)
    json.dumps(result.scores, allow_nan=False)


def test_given_every_format_when_scored_then_the_scores_are_those_of_its_pixels(scorer):
    names = [name for name, (_, _, _, tolerance) in OPAQUE.items() if tolerance == 0]
    results = scorer.score([OPAQUE[name][0] for name in names])

    assert len(names) >= 6
    for result in results[1:]:
        assert flat(result.scores) == pytest.approx(flat(results[0].scores), abs=1e-6)


def test_given_no_images_when_scored_then_there_are_no_results(scorer):
    assert scorer.score([]) == []


def test_given_bytes_that_flip_at_random_when_scored_then_nothing_is_raised_and_the_order_holds(scorer):
    chance = random.Random(5)
    whole = [data for data, *_ in OPAQUE.values()]
    images = []
    for index in range(150):
        damaged = bytearray(whole[index % len(whole)])
        for _ in range(chance.choice((1, 4, 30))):
            damaged[chance.randrange(min(len(damaged), 600))] = chance.randrange(256)
        images.append(bytes(damaged))

    results = scorer.score(images)

    assert len(results) == 150
    assert {type(result) for result in results} == {Scored, Rejected}


def test_given_a_limit_when_scored_then_a_larger_picture_is_rejected_with_its_facts():
    small = Scorer.load(ScorerSettings(max_pixels=96 * 64), Catalog((Catalog.load().models[1],)))
    scene = Image.fromarray(scene_pixels())

    fits, larger = small.score([encode(scene, "PNG"), encode(scene.resize((97, 64)), "PNG")])

    assert isinstance(fits, Scored)
    assert (larger.code, larger.image.width, larger.image.height) == ("too_many_pixels", 97, 64)
    assert "6,144" in larger.message


@pytest.mark.parametrize("settings", [{"max_pixels": 0}, {"threads": 0}])
def test_given_settings_that_cannot_be_when_made_then_the_error_names_them(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        ScorerSettings(**settings)


# A model of one's own


def test_given_a_toy_directory_when_scored_then_its_decoder_gets_the_pixels(toy):  # noqa: F811
    scorer = Scorer.load(ScorerSettings(), Catalog.load(toy.parent))

    [result] = scorer.score([encode(Image.new("RGB", (20, 20), (51, 0, 0)), "PNG")])

    assert scorer.models == {"toy": "0.1.0"}
    assert result.scores == {"toy": {"score": pytest.approx(0.2)}}


def test_given_a_retired_model_when_scored_then_it_is_left_out(toy):  # noqa: F811
    (toy.parent / "kept").mkdir()
    (toy.parent / "kept" / "model.toml").write_text(TOY.replace('"toy"', '"kept"').replace("order = 9", "order = 3"))
    (toy.parent / "kept" / "decoder.py").write_text(DECODER)
    rewrite(toy, "order = 9", "order = 9\nretired = true")

    assert Scorer.load(ScorerSettings(), Catalog.load(toy.parent)).models == {"kept": "0.1.0"}


BROKEN = {
    "raises": ("def mean_red(pixels, *, scale: float):\n    return 1 / 0", "ZeroDivisionError"),
    "other fields": ("def mean_red(pixels, *, scale: float):\n    return {'level': 1.0}", "its column has"),
    "not a number": ("def mean_red(pixels, *, scale: float):\n    return {'score': float('nan')}", "score is nan"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_given_a_model_that_breaks_when_scored_then_model_failed_names_it(toy, case):  # noqa: F811
    source, reason = BROKEN[case]
    (toy / "decoder.py").write_text(source)
    scorer = Scorer.load(ScorerSettings(), Catalog.load(toy.parent))

    with pytest.raises(ModelFailed, match=reason) as error:
        scorer.score([encode(Image.new("RGB", (4, 4)), "PNG")])

    assert error.value.model == "toy"


GRAPH = ('decoder = "mean_red"', 'decoder = "positive_class"\nname = "probs"\nindex = 1')


@pytest.fixture
def graph(toy):  # noqa: F811
    """The toy with the nsfw graph, described rightly."""
    (toy / "model.onnx").write_bytes((MODELS / "nsfw" / "model.onnx").read_bytes())
    rewrite(toy, "scale = 255\n", "")
    rewrite(toy, *GRAPH)
    rewrite(toy, "to = [8, 8]", "to = [224, 224]")
    rewrite(
        toy,
        "size = [8, 8]\n",
        'size = [224, 224]\nname = "image"\nlayout = "NHWC"\nmean = [0, 0, 0]\nstd = [1, 1, 1]\n',
    )
    return toy


def test_given_a_graph_when_loaded_then_it_scores(graph):
    [result] = Scorer.load(ScorerSettings(), Catalog.load(graph.parent)).score(
        [encode(Image.new("RGB", (4, 4)), "PNG")]
    )

    assert 0 <= result.scores["toy"]["score"] <= 1


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [('name = "image"', 'name = "picture"', "input.name"), ('name = "probs"', 'name = "scores"', "output.name")],
)
def test_given_a_graph_of_other_names_when_loaded_then_the_error_names_the_key(graph, old, new, key):
    rewrite(graph, old, new)

    with pytest.raises(CatalogError) as error:
        Scorer.load(ScorerSettings(), Catalog.load(graph.parent))

    assert error.value.key == key


def test_given_no_artefact_when_loaded_then_the_error_says_how_to_make_it(graph):
    (graph / "model.onnx").unlink()

    with pytest.raises(CatalogError, match="make models"):
        Scorer.load(ScorerSettings(), Catalog.load(graph.parent))


def test_given_an_artefact_that_is_no_graph_when_loaded_then_the_error_names_the_file(graph):
    (graph / "model.onnx").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    with pytest.raises(CatalogError, match=r"model\.onnx: is not a graph"):
        Scorer.load(ScorerSettings(), Catalog.load(graph.parent))


def test_given_a_graph_fed_the_wrong_size_when_scored_then_model_failed_names_it(graph):
    rewrite(graph, "to = [224, 224]", "to = [100, 100]")
    rewrite(graph, "size = [224, 224]", "size = [100, 100]")
    scorer = Scorer.load(ScorerSettings(), Catalog.load(graph.parent))

    with pytest.raises(ModelFailed, match="model toy: the graph failed"):
        scorer.score([encode(Image.new("RGB", (4, 4)), "PNG")])


# Speed without loss: reduced decoding and shared reductions against exact resizes of full decodes


def exact_input(given: InputSpec, full: Image.Image) -> np.ndarray:
    """A model's input without any reduction before the resize that its description states."""
    if given.channels == "L":
        return np.asarray(given.resize(full.convert("L")))
    if isinstance(given.resize, AtLeast):
        return np.asarray(Reductions(full).at_least(given.resize.needs))
    pixels = np.asarray(given.resize(full), np.float32)[..., :: -1 if given.channels == "BGR" else 1]
    pixels = (pixels - np.float32(given.mean)) / np.float32(given.std)
    return pixels.transpose(2, 0, 1) if given.layout == "NCHW" else pixels


@pytest.mark.parametrize("name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"])
@pytest.mark.parametrize("size", [(1216, 832), (2448, 1632)])
def test_given_a_large_jpeg_when_scored_at_reduced_scale_then_it_is_close_to_the_exact_scores(scorer, name, size):
    photo = Image.open(PHOTOS / name).convert("RGB").resize(size, Image.Resampling.BICUBIC)
    data = encode(photo, "JPEG", quality=90)
    full = Image.open(io.BytesIO(data)).convert("RGB")

    [result] = scorer.score([data])

    exact = {}
    for spec in Catalog.load().models:
        inputs = tuple(exact_input(given, full) for given in spec.inputs)
        [exact[spec.name]] = _Model(spec, threads=1).score([inputs])
    # Measured on twelve photos at four sizes: 0.078, 0.013, 0.001 and 0.007 at most.
    assert result.scores["category"]["score"] == pytest.approx(exact["category"]["score"], abs=0.1)
    assert result.scores["nsfw"]["score"] == pytest.approx(exact["nsfw"]["score"], abs=0.02)
    assert result.scores["text"]["coverage"] == pytest.approx(exact["text"]["coverage"], abs=0.003)
    assert result.scores["quality"]["score"] == pytest.approx(exact["quality"]["score"], abs=0.015)


def test_given_a_large_jpeg_when_prepared_then_the_picture_is_small_before_any_exact_resize():
    data = encode(Image.new("RGB", (4032, 3024)), "JPEG")

    needed = max(model.input.resize.needs for model in Catalog.load().scoring)
    rgb = decode(data, max_pixels=50_000_000, shorter_side=needed).rgb

    assert needed == 512
    assert 512 <= min(rgb.size) < 1024
    assert min(Reductions(rgb).at_least(320).size) < 640
