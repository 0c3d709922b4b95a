"""Views that the local Athena's CREATE VIEW stores in Glue, read by Trino through the same Glue."""

import pytest

from tests.trino.comparison import disagreements

pytestmark = pytest.mark.trino

VIEWS = {
    "every column of a table": "SELECT * FROM image_scores",
    "every kind of column": """
        SELECT row_id, category, models, uploaded_at, CAST(dt AS date) AS day, object_bytes / 3 AS third,
               category.top AS "top", status = 'scored' AS is_scored, CAST(nsfw.score AS real) AS risk,
               DECIMAL '1.50' AS price, CAST(ROW(1, 'a') AS ROW("end" integer, "a b" varchar)) AS odd
        FROM image_scores
    """,
    "a view over a view": "SELECT dt, count(*) AS n, avg(quality.score) AS quality FROM uploads GROUP BY dt",
}


@pytest.mark.parametrize("what", VIEWS)
def test_given_a_view_made_locally_when_trino_reads_it_then_it_gives_the_local_rows(what, traps, trino, local):
    name = f"made_{what.replace(' ', '_')}"
    local.run(traps, f"CREATE OR REPLACE VIEW {name} AS {VIEWS[what]}")

    answer = trino.run(traps, f"SELECT * FROM {name}")

    assert answer.rows
    assert disagreements(local.run(traps, f"SELECT * FROM {name}"), answer, ordered=False) == []


def test_given_a_view_replaced_locally_when_trino_reads_it_then_it_is_the_new_one(traps, trino, local):
    for number in (1, 2):
        local.run(traps, f"CREATE OR REPLACE VIEW made_again AS SELECT {number} AS number")

    assert trino.run(traps, "SELECT number FROM made_again").rows == [(2,)]
