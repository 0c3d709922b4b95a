"""A gate holds or is missed, and a miss is told with its figures."""

import numpy as np
import pytest

from tools.models import agreement, gates
from tools.models.errors import GateError

GOOD = {"mean_difference": 0.001, "spearman": 0.995}


def test_figures_within_the_gates_pass():
    gates.require("nsfw", {"native": GOOD, "avx2": GOOD})


@pytest.mark.parametrize("bad", [{"mean_difference": 0.0021}, {"spearman": 0.989}])
def test_one_mode_below_a_gate_fails_with_its_figure(bad):
    with pytest.raises(GateError, match=rf"avx2: {next(iter(bad))}.*{next(iter(bad.values())):.5f}"):
        gates.require("nsfw", {"native": GOOD, "avx2": {**GOOD, **bad}})


def test_a_cross_check_is_kept_for_the_same_artefact_only(tmp_path):
    # given a record with a cross-check
    gates.write(tmp_path, {"artefact_sha256": "a", "cross_check": {"views": 56}})
    # when the same artefact is recorded again, and then another
    gates.write(tmp_path, {"artefact_sha256": "a"})
    kept = gates.read(tmp_path)
    gates.write(tmp_path, {"artefact_sha256": "b"})
    # then only the first keeps it
    assert kept["cross_check"] == {"views": 56}
    assert "cross_check" not in gates.read(tmp_path)


def test_an_emulated_cpu_that_answers_otherwise_is_refused():
    assert gates.cross_check("qemu", 56, {"probs": 2e-7})["views"] == 56
    with pytest.raises(GateError, match="qemu answers otherwise"):
        gates.cross_check("qemu", 56, {"probs": 2e-7, "embedding": 0.2})


def test_category_agreement_counts_sure_views_apart():
    # given three views, of which the original is sure of two, and a candidate that misses one of each kind
    reference = {"probs": np.array([[0.9, 0.1], [0.2, 0.8], [0.28, 0.25]]), "embedding": np.ones((3, 4))}
    candidate = {"probs": np.array([[0.4, 0.6], [0.1, 0.9], [0.20, 0.25]]), "embedding": np.ones((3, 4)) * 2}
    # when they are compared
    figures = agreement.category(reference, candidate)
    # then
    assert figures["top1_agreement"] == pytest.approx(1 / 3)
    assert figures["sure_views"] == 2
    assert figures["top1_agreement_where_sure"] == pytest.approx(1 / 2)
    assert figures["embedding_cosine"] == pytest.approx(1)


def test_spearman_sees_order_alone():
    values = np.array([0.1, 0.5, 0.2, 0.9])
    assert agreement.spearman(values, values**3) == pytest.approx(1)
    assert agreement.spearman(values, -values) == pytest.approx(-1)


def test_text_agreement_reports_the_worst_pixel_and_coverage():
    reference, candidate = np.zeros((2, 1, 10, 10)), np.zeros((2, 1, 10, 10))
    candidate[1, 0, :2] = 0.4
    figures = agreement.text({"map": reference}, {"map": candidate})
    assert figures["max_difference"] == pytest.approx(0.4)
    assert figures["max_difference_of_coverage"] == pytest.approx(0.2)
