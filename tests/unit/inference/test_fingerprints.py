from dataclasses import replace

import onnxruntime
import PIL

from inference import Catalog, Fingerprints, Scorer, ScorerSettings
from tests.conftest import ROOT

SPECS = Catalog.load().scoring


def test_a_scorer_tells_what_its_results_depend_on():
    scorer = Scorer.load(ScorerSettings())

    assert scorer.fingerprints == Fingerprints.of(SPECS, 50_000_000)
    assert scorer.fingerprints.models.keys() == scorer.models.keys()


def test_a_changed_model_changes_its_own_fingerprint_alone():
    first, *others = SPECS
    before, after = Fingerprints.of(SPECS, 1), Fingerprints.of([replace(first, version="9"), *others], 1)

    changed = {name for name in before.models if before.models[name] != after.models[name]}
    assert (changed, before.decoding == after.decoding) == ({first.name}, True)


def test_decoder_settings_and_libraries_change_what_depends_on_them(monkeypatch):
    before = Fingerprints.of(SPECS, 1)

    other_limit = Fingerprints.of(SPECS, 2)
    assert other_limit.decoding != before.decoding
    assert other_limit.models == before.models

    monkeypatch.setattr(onnxruntime, "__version__", "0")
    other_runtime = Fingerprints.of(SPECS, 1)
    assert other_runtime.decoding == before.decoding
    assert set(other_runtime.models.values()) & set(before.models.values()) == set()

    monkeypatch.setattr(PIL, "__version__", "0")
    assert Fingerprints.of(SPECS, 1).decoding != before.decoding


def test_models_asked_for_alone_score_as_they_do_among_all():
    scorer = Scorer.load(ScorerSettings())
    images = [(ROOT / "samples" / name).read_bytes() for name in ("cat.jpg", "broken-upload.jpg", "spaniels.jpg")]
    whole = scorer.score(images)

    parts = scorer.score(images, [["text"], ["nsfw"], []])

    assert [part.code if hasattr(part, "code") else part.scores for part in parts] == [
        {"text": whole[0].scores["text"]},
        whole[1].code,
        {},
    ]
    assert [part.image for part in parts] == [full.image for full in whole]
    assert parts[2].inference_ms == 0.0
