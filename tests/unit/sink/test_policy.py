import json
import shutil
import subprocess
import sys

import pytest

from sink.policy import JUDGEMENTS, POLICY, Policy
from tests.conftest import ROOT

ASK = """
import json
from inference import Scorer, ScorerSettings
from sink.policy import Policy
fingerprints = Scorer.load(ScorerSettings()).fingerprints
flags = Policy.read().flags({"nsfw": {"score": 0.5}, "text": {"coverage": 0.0, "regions": 0}})
print(json.dumps([fingerprints.decoding, dict(fingerprints.models), flags]))
"""


def test_the_policy_that_ships_is_the_one_of_the_checkout():
    assert POLICY.resolve() == ROOT / "schemas" / "policy.json"


@pytest.mark.parametrize(
    ("row", "flags"),
    [
        ({"nsfw": {"score": 0.8}}, ["is_nsfw"]),
        ({"nsfw": {"score": 0.7999999999999999}}, ["needs_review"]),
        ({"nsfw": {"score": 0.2}}, ["needs_review"]),
        ({"nsfw": {"score": 0.19999999999999998}}, []),
        ({"text": {"coverage": 0.03, "regions": 1}}, []),
        ({"text": {"coverage": 0.030000000000000002, "regions": 1}}, ["has_text"]),
        ({"quality": {"score": 0.3}}, []),
        ({"quality": {"score": 0.29999999999999993}}, ["is_low_quality"]),
        ({"quality": {"brightness": 0.1}, "nsfw": {"score": None}, "text": None}, []),
        (
            {"text": {"coverage": 1}, "nsfw": {"score": 1}, "quality": {"score": 0}},
            ["has_text", "is_nsfw", "is_low_quality"],
        ),
    ],
)
def test_a_judgement_is_true_on_its_side_of_the_threshold_and_never_without_a_score(row, flags):
    assert Policy.read().flags(row) == flags


@pytest.mark.parametrize("name", sorted({name for judgement in JUDGEMENTS.values() for name in judgement.comparisons}))
def test_a_policy_without_a_threshold_that_decides_is_refused(name, tmp_path):
    document = json.loads(POLICY.read_text(encoding="utf-8"))
    del document["thresholds"][name]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ValueError, match=f"policy.json: no threshold {name}"):
        Policy.read(path)


def test_another_threshold_changes_what_is_flagged_and_no_fingerprint_so_that_nothing_is_scored_again(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")

    def answers():
        command = [sys.executable, "-c", ASK]
        asked = subprocess.run(
            command, env={"PYTHONPATH": str(tmp_path / "src")}, check=True, capture_output=True, text=True
        )
        *fingerprints, flags = json.loads(asked.stdout)
        return fingerprints, flags

    before, flags = answers()
    assert flags == ["needs_review"]
    path = tmp_path / "schemas" / "policy.json"
    policy = json.loads(path.read_text(encoding="utf-8"))
    policy["version"], policy["thresholds"]["is_nsfw"]["value"] = 2, 0.5
    path.write_text(json.dumps(policy), encoding="utf-8")

    assert answers() == (before, ["is_nsfw"])
