"""The views on what faults leave in the lake: SQL counts what the model of the views counts."""

import random

import pytest

from tests.faults import views
from tests.faults.ledger import settle
from tests.soak.consumer import final_world

pytestmark = pytest.mark.xdist_group("queries")
SHOWN = ("row_id", "status", "scored_at", "event_time", "uploaded_at", "object_key", "etag", "sequencer", "version_id")


@pytest.mark.parametrize(("seed", "versioned"), [(1, False), (2, True)])
def test_given_a_lake_after_many_faults_then_the_views_say_what_the_model_says(new_lake, engine, seed, versioned):
    world = final_world(150, random.Random(seed), versioned=versioned)
    assert settle(world).repeated["rows written again"] > 0
    lake = new_lake(world.firehose.lake)

    for view in (views.uploads, views.images):
        answer = engine.run(lake, f"SELECT {', '.join(SHOWN)} FROM {view.__name__}")
        expected = [tuple(row.get(name) for name in SHOWN) for row in view(world.firehose.lake)]
        assert sorted(map(str, answer.rows)) == sorted(map(str, expected))
        assert len(answer.rows) > 50
