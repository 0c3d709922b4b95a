"""The catalogue: the shipped models, and every way in which a model.toml can be wrong."""

import shutil
import subprocess
import sys

import pytest

from inference import Catalog, CatalogError
from inference.catalog import MODELS
from inference.decoders import bind_decoder
from inference.model_toml import is_hive_type

TOY = """
name = "toy"
version = "0.1.0"
source = "a test"
licence = "CC0-1.0"
order = 9

[input]
resize = { to = [8, 8], filter = "bilinear" }
size = [8, 8]

[output]
decoder = "mean_red"
scale = 255

[column]
comment = "How red the image is"
fields = [{ name = "score", type = "double", comment = "mean of the red channel, 0 to 1" }]
"""
DECODER = """
def mean_red(pixels, *, scale: float):
    return {"score": float(pixels[..., 0].mean() / scale)}
"""


@pytest.fixture
def toy(tmp_path):
    directory = tmp_path / "toy"
    directory.mkdir()
    (directory / "model.toml").write_text(TOY)
    (directory / "decoder.py").write_text(DECODER)
    return directory


def load(toy):
    return Catalog.load(toy.parent).models[0]


def rewrite(toy, old, new):
    text = (toy / "model.toml").read_text()
    assert old in text
    (toy / "model.toml").write_text(text.replace(old, new))


def test_given_the_shipped_models_when_loaded_then_they_come_in_order_with_their_columns():
    models = Catalog.load().models

    assert [model.name for model in models] == ["category", "quality", "text", "nsfw"]
    assert {model.name: model.column.type for model in models} == {
        "category": "struct<label:string,family:string,score:double,top:array<struct<label:string,score:double>>>",
        "quality": "struct<score:double,sharpness:double,noise:double,brightness:double,contrast:double,"
        "colorfulness:double>",
        "text": "struct<coverage:double,regions:int>",
        "nsfw": "struct<score:double>",
    }
    assert all(field.comment for model in models for field in model.column.fields)


def test_given_the_shipped_models_when_their_decoders_are_bound_then_none_is_refused():
    assert [callable(bind_decoder(model)) for model in Catalog.load().models] == [True] * 4


def test_given_a_catalogue_when_read_then_the_runtime_is_not_imported():
    code = "import sys, inference; inference.Catalog.load(); print('onnxruntime' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "False"


def test_given_a_toy_directory_when_loaded_then_defaults_are_filled_in(toy):
    model = load(toy)

    assert (model.release, model.retired, model.artefact) == ("0.1.0", False, None)
    assert (model.input.channels, model.input.layout, model.input.batch) == ("RGB", "NHWC", 1)
    assert model.output.parameters == {"scale": 255}


WRONG = {  # a change to the toy's model.toml, the key that the error names, a word of what to write
    "unknown key": ('order = 9', 'order = 9\ncolour = 1', "colour", "keys are"),
    "unknown input key": ("size = [8, 8]\n", "size = [8, 8]\nstride = 2\n", "input.stride", "keys are"),
    "unknown resize key": ('filter = "bilinear"', 'filter = "bilinear", pad = 1', "input.resize.pad", "keys are"),
    "unknown field key": ('type = "double"', 'type = "double", unit = "1"', "column.fields[0].unit", "keys are"),
    "missing key": ('licence = "CC0-1.0"', "", "licence", "SPDX"),
    "missing table": ("[column]", "[output.column]", "column", "a table"),
    "empty text": ('source = "a test"', 'source = ""', "source", "where"),
    "another name": ('name = "toy"', 'name = "doll"', "name", "directory's name"),
    "a number as text": ("order = 9", 'order = "9"', "order", "columns"),
    "an order of nought": ("order = 9", "order = 0", "order", "from 1"),
    "true as a number": ("order = 9", "order = true", "order", "columns"),
    "retired as text": ("order = 9", 'order = 9\nretired = "no"', "retired", "true or false"),
    "no filter of ours": ('"bilinear"', '"nearest"', "input.resize.filter", "bicubic"),
    "no rule": ("to = [8, 8], ", "", "input.resize", "shorter_side"),
    "a size of three": ("size = [8, 8]", "size = [8, 8, 3]", "input.size", "[width, height]"),
    "a size that is not reached": ("size = [8, 8]", "size = [6, 6]", "input.resize.to", "crop"),
    "a fraction above one": ("to = [8, 8]", "crop_fraction = 1.5", "input.resize.crop_fraction", "share"),
    "no layout": ("size = [8, 8]\n", 'size = [8, 8]\nlayout = "NWHC"\n', "input.layout", '"NHWC" or "NCHW"'),
    "a mean alone": ("size = [8, 8]\n", "size = [8, 8]\nmean = [1, 2, 3]\n", "input.std", "both"),
    "a mean of two": ("size = [8, 8]\n", "size = [8, 8]\nmean = [1, 2]\nstd = [1, 1]\n", "input.mean", "three"),
    "a std of nought": ("size = [8, 8]\n", "size = [8, 8]\nmean = [1, 2, 3]\nstd = [1, 0, 1]\n", "input.std", "divide"),
    "a batch of none": ("size = [8, 8]\n", "size = [8, 8]\nbatch = 0\n", "input.batch", "1 or more"),
    "a graph without mean": ('decoder = "mean_red"', 'decoder = "mean_red"\nname = "probs"', "input.mean", "float32"),
    "an output that is no name": ('decoder = "mean_red"', 'decoder = "mean_red"\nname = 3', "output.name", "list"),
    "no fields": ('fields = [{ name = "score", type = "double", comment = "mean of the red channel, 0 to 1" }]',
                  "fields = []", "column.fields", "name"),
    "no type of Hive": ('"double"', '"float64"', "column.fields[0].type", "Hive type"),
    "a field in capitals": ('name = "score"', 'name = "Score"', "column.fields[0].name", "lower-case"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_given_a_wrong_description_when_loaded_then_the_error_names_file_key_and_what_to_write(toy, case):
    old, new, key, advice = WRONG[case]
    rewrite(toy, old, new)

    with pytest.raises(CatalogError) as error:
        load(toy)

    assert error.value.path == toy / "model.toml"
    assert error.value.key == key
    assert f"{toy / 'model.toml'}: {key}: " in str(error.value)
    assert advice in str(error.value)


BOUND = {  # a change that shows when the decoder is bound
    "no such decoder": ('"mean_red"', '"mean_blue"', "output.decoder", "outputs.py"),
    "a private one": ('"mean_red"', '"_secret"', "output.decoder", "outputs.py"),
    "an import of outputs.py": ('"mean_red"', '"Path"', "output.decoder", "outputs.py"),
    "an unknown parameter": ("scale = 255", "scale = 255\nshift = 1", "output.shift", "takes scale"),
    "a missing parameter": ("scale = 255", "", "output.scale", "needs it"),
    "a parameter of another type": ("scale = 255", 'scale = "255"', "output.scale", "float"),
}


@pytest.mark.parametrize("case", BOUND)
def test_given_a_decoder_that_does_not_fit_when_bound_then_the_error_names_key_and_advice(toy, case):
    old, new, key, advice = BOUND[case]
    rewrite(toy, old, new)

    with pytest.raises(CatalogError) as error:
        bind_decoder(load(toy))

    assert error.value.key == key
    assert advice in str(error.value)


def test_given_a_label_table_that_is_not_there_when_bound_then_the_error_names_the_file(toy):
    rewrite(toy, 'decoder = "mean_red"\nscale = 255', 'decoder = "top_k"\nlabels = "labels.csv"')

    with pytest.raises(CatalogError, match=r"labels\.csv: is not there"):
        bind_decoder(load(toy))


@pytest.mark.parametrize("source", ["import nothing_of_this_name", "def mean_red(:"])
def test_given_a_decoder_that_does_not_import_when_bound_then_the_error_names_the_file(toy, source):
    (toy / "decoder.py").write_text(source)

    with pytest.raises(CatalogError, match=r"decoder\.py: does not import"):
        bind_decoder(load(toy))


def test_given_something_else_than_toml_when_loaded_then_the_error_says_so(toy):
    (toy / "model.toml").write_text("name: toy")

    with pytest.raises(CatalogError, match="is not TOML"):
        load(toy)


def test_given_a_directory_without_models_when_loaded_then_the_error_says_what_is_expected(tmp_path):
    with pytest.raises(CatalogError, match=r"<name>/model\.toml"):
        Catalog.load(tmp_path)


def test_given_two_models_of_one_order_when_loaded_then_the_error_names_both(toy):
    shutil.copytree(toy, toy.parent / "twin")
    path = toy.parent / "twin" / "model.toml"
    path.write_text(path.read_text().replace('"toy"', '"twin"'))

    with pytest.raises(CatalogError, match="9 is taken by toy"):
        Catalog.load(toy.parent)


def test_given_a_retired_model_when_loaded_then_its_column_stays_and_it_does_not_score(toy):
    rewrite(toy, "order = 9", "order = 9\nretired = true")

    catalog = Catalog.load(toy.parent)

    assert [model.name for model in catalog.models] == ["toy"]
    assert catalog.scoring == ()


CHANGES = {
    "version": ("0.1.0", "0.2.0", True),
    "resize": ("bilinear", "bicubic", True),
    "parameter": ("scale = 255", "scale = 254", True),
    "comment": ("How red", "Just how red", False),
    "order": ("order = 9", "order = 8", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_given_a_change_when_fingerprinted_then_it_differs_only_if_scores_may(toy, change):
    before = load(toy).fingerprint
    old, new, differs = CHANGES[change]
    rewrite(toy, old, new)

    assert (load(toy).fingerprint != before) is differs


@pytest.mark.parametrize("file", ["decoder.py", "model.onnx", "labels.csv"])
def test_given_another_file_that_scores_depend_on_when_fingerprinted_then_it_differs(toy, file):
    before = load(toy).fingerprint
    (toy / file).write_bytes(b"# changed")

    assert load(toy).fingerprint != before


def test_given_a_copy_elsewhere_when_fingerprinted_then_it_is_the_same(tmp_path):
    shutil.copytree(MODELS / "quality", tmp_path / "quality")
    (shipped,) = (model for model in Catalog.load().models if model.name == "quality")

    assert Catalog.load(tmp_path).models[0].fingerprint == shipped.fingerprint


@pytest.mark.parametrize(
    "text",
    ["double", "array<string>", "map<string,array<int>>", "struct<a:int,b_2:struct<c:string>>",
     "array<struct<label:string,score:double>>"],
)  # fmt: skip
def test_given_a_hive_type_when_checked_then_it_is_one(text):
    assert is_hive_type(text)


@pytest.mark.parametrize(
    "text",
    ["", "varchar", "array", "array<>", "array<int,int>", "map<int>", "map<array<int>,int>", "struct<int>", "struct<>",
     "struct<a:int", "array<int>>", "DOUBLE", "array< int>", "struct<A:int>"],
)  # fmt: skip
def test_given_another_text_when_checked_then_it_is_no_hive_type(text):
    assert not is_hive_type(text)
