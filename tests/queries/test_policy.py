"""The views and the alerts judge alike: the same rows, asked of the SQL and of `Policy.flags`."""

import math

import pytest

from sink.policy import JUDGEMENTS, POLICY, Policy
from tests.conftest import ROOT
from tests.queries.test_views import copy_with_policy, row
from tools.schemas.__main__ import generated
from tools.schemas.contract import read
from tools.schemas.views import View

pytestmark = pytest.mark.xdist_group("queries")
OTHER = {"has_text": 0.1, "is_nsfw": 0.5, "needs_review": 0.15, "is_low_quality": 0.45}


def around(*policies):
    """Every threshold, the next doubles to either side of it, and the ends of the scale."""
    thresholds = [policy.thresholds[name] for policy in policies for name in OTHER]
    beside = [math.nextafter(value, end) for value in thresholds for end in (0, 1)]
    return sorted({0.0, 1.0, *thresholds, *beside})


def scored(value):
    return {"nsfw": {"score": value}, "text": {"coverage": value, "regions": 1}, "quality": {"score": value}}


def rows(values):
    """A row for each value, and rows that lack scores."""
    without = [
        {"status": "rejected"},
        {"text": {"regions": 1}, "quality": {"noise": 0.5}},
        {"nsfw": {"score": 0.5}},
    ]
    columns = [*map(scored, values), *without]
    return {f"{n}.jpg": row("2026-03-02", str(n), **each) for n, each in enumerate(columns)}


def flags_of_the_view(view, lake, engine):
    answer = engine.run(lake, f"SELECT object_key, {', '.join(JUDGEMENTS)} FROM {view}")
    return {key: [name for name, told in zip(JUDGEMENTS, values, strict=True) if told] for key, *values in answer.rows}


def test_given_boundary_values_when_both_judge_then_the_views_and_the_alerts_agree(new_lake, engine, tmp_path):
    policy, other = Policy.read(), Policy.read(copy_with_policy(tmp_path, **OTHER) / "schemas" / "policy.json")
    given = rows(around(policy, other))
    lake = new_lake(list(given.values()))

    expected = {key: policy.flags(each) for key, each in given.items()}
    assert flags_of_the_view("uploads", lake, engine) == expected
    assert flags_of_the_view("images", lake, engine) == expected
    assert {name for flags in expected.values() for name in flags} == set(JUDGEMENTS)

    for path, text in generated(tmp_path).items():
        path.write_text(text, encoding="utf-8")
    for table in lake.catalog(tmp_path):
        if table["TableType"] == "VIRTUAL_VIEW":
            lake.glue.update_table(DatabaseName=lake.database, TableInput=table)

    changed = {key: other.flags(each) for key, each in given.items()}
    assert flags_of_the_view("uploads", lake, engine) == changed
    assert changed != expected
    assert Policy.read(POLICY).version + 1 == other.version


@pytest.mark.parametrize("view", ["uploads", "images"])
def test_every_true_or_false_column_of_a_view_is_a_judgement(view):
    contract = read(ROOT / "schemas" / "image_scores.json")
    columns = View.read(ROOT / "athena" / "views" / f"{view}.sql", contract, Policy.read()).columns

    assert [name for name, kind in columns if kind == "boolean"] == list(JUDGEMENTS)
