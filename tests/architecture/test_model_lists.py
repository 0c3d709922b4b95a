"""Queries that go over all models list them; a model that is added must be listed, too."""

import re

import pytest

from inference import Catalog
from tests.conftest import ROOT

LISTS = re.compile(r"UNNEST\(\s*ARRAY\[('[^\]]+')\]", re.IGNORECASE)
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "athena" / "queries").glob("*.sql"))}
OVER_ALL = {name: LISTS.findall(text) for name, text in TEXTS.items() if LISTS.search(text)}
# The model that finds text has no field of that name: its score is the coverage.
SCORES = {"text": "coverage"}


def scores():
    """The score's field of each model that has one."""
    for model in Catalog.load().models:
        field = SCORES.get(model.name, "score")
        if field in {column.name for column in model.column.fields}:
            yield model.name, field


@pytest.mark.parametrize("name", OVER_ALL)
def test_a_query_over_all_models_lists_every_model_with_a_score(name):
    for listed in OVER_ALL[name]:
        assert [text.strip(" '") for text in listed.split(",")] == [model for model, _ in scores()], name
    missing = [f"{model}.{field}" for model, field in scores() if not re.search(rf"\b{model}\.{field}\b", TEXTS[name])]

    assert missing == [], f"athena/queries/{name} does not read these scores"


def test_the_queries_over_all_models_are_found():
    assert {"score_histogram.sql", "score_drift.sql", "model_changes.sql"} <= set(OVER_ALL)
