"""What gates.json records is about the committed artefact, and meets the gates on every path a CPU may take."""

import hashlib
import json
import tomllib
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "src" / "inference" / "models"
WITH_ARTEFACT = ["category", "nsfw", "text"]
MODES = {"native", "no-vnni", "avx2"}


def read_gates(model):
    return json.loads((MODELS / model / "gates.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", WITH_ARTEFACT)
def test_the_record_is_of_the_committed_artefact(model):
    record = read_gates(model)
    digest = hashlib.sha256((MODELS / model / "model.onnx").read_bytes()).hexdigest()
    assert digest == record["artefact_sha256"]
    assert digest in (MODELS / model / "PROVENANCE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", WITH_ARTEFACT)
def test_the_row_names_the_variant_that_was_measured(model):
    described = tomllib.loads((MODELS / model / "model.toml").read_text(encoding="utf-8"))
    assert described["variant"] == read_gates(model)["variant"]


@pytest.mark.parametrize("model", WITH_ARTEFACT)
def test_every_cpu_path_was_measured_on_enough_views(model):
    measured = read_gates(model)["measured"]
    assert set(measured) == MODES
    assert all(figures["views"] >= 150 for figures in measured.values())


@pytest.mark.parametrize("mode", sorted(MODES))
def test_category_meets_its_gates(mode):
    figures = read_gates("category")["measured"][mode]
    assert figures["top1_agreement"] >= 0.95
    assert figures["top1_agreement_where_sure"] >= 0.99
    assert figures["embedding_cosine"] >= 0.997


@pytest.mark.parametrize("mode", sorted(MODES))
def test_nsfw_meets_its_gates(mode):
    figures = read_gates("nsfw")["measured"][mode]
    assert figures["mean_difference"] <= 0.002
    assert figures["spearman"] >= 0.99


@pytest.mark.parametrize("mode", sorted(MODES))
def test_text_meets_its_gate(mode):
    assert read_gates("text")["measured"][mode]["max_difference"] <= 1e-3


@pytest.mark.parametrize("model", ["category", "nsfw", "quality", "text"])
def test_licence_and_provenance_lie_beside_the_model(model):
    assert "Licen" in (MODELS / model / "LICENSE").read_text(encoding="utf-8")
    assert (MODELS / model / "PROVENANCE.md").read_text(encoding="utf-8").startswith("# ")
