"""The table as Firehose fills it, read by Trino and by the local Athena: every kind of column, and the projection."""

import pytest

from tests.trino.comparison import disagreements
from tests.trino.rows import DAYS, rows

pytestmark = pytest.mark.trino

STATEMENTS = {
    "every column": "SELECT * FROM image_scores",
    "struct fields": "SELECT row_id, category.label, category.top[1].label, image.dhash, error.code FROM image_scores",
    "maps": """
        SELECT models['category'] AS version, element_at(metadata, 'listing-id') AS listing, cardinality(metadata) AS n,
               count(*) AS images
        FROM image_scores
        WHERE element_at(models, 'category') IS NOT NULL
        GROUP BY 1, 2, 3
    """,
    "UNNEST of an array of structs": """
        SELECT row_id, place, guesses.label, guesses.score, guesses.score / category.score AS share
        FROM image_scores
        CROSS JOIN UNNEST(category.top) WITH ORDINALITY AS guesses (label, score, place)
    """,
    "UNNEST of a map": "SELECT dt, model, version, count(*) AS n FROM image_scores "
    "CROSS JOIN UNNEST(models) AS used (model, version) GROUP BY 1, 2, 3",
    "timestamps": """
        SELECT row_id, uploaded_at, date_trunc('hour', uploaded_at) AS hour, date_format(scored_at, '%H:%i:%s') AS at,
               date_diff('millisecond', uploaded_at, scored_at) AS waited, to_unixtime(event_time) AS seconds,
               CAST(uploaded_at AS date) AS day
        FROM image_scores
    """,
    "windows": """
        SELECT dt, row_id, rank() OVER (PARTITION BY dt ORDER BY category.score DESC) AS place,
               max(nsfw.score) OVER (PARTITION BY dt) AS worst
        FROM image_scores WHERE status = 'scored'
    """,
    "aggregates with NULLs": """
        SELECT status, count(*) AS n, count(nsfw.score) AS scores, avg(quality.score) AS quality,
               sum(object_bytes) AS bytes, count_if(text.coverage > 0.03) AS texts
        FROM image_scores GROUP BY status
    """,
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_given_delivered_rows_when_read_by_both_then_the_answers_are_equal(what, traps, trino, local):
    sql = STATEMENTS[what]

    answer = trino.run(traps, sql)

    assert answer.rows
    assert disagreements(local.run(traps, sql), answer, ordered=False) == []


def test_given_delivered_rows_when_counted_by_trino_then_every_one_is_there(traps, trino):
    answer = trino.run(traps, "SELECT dt, count(*) FROM image_scores GROUP BY dt")

    delivered = [row["dt"] for row in rows()]
    assert dict(answer.rows) == {day: delivered.count(day) for day in set(delivered)}


def test_given_a_day_when_trino_is_asked_for_it_then_only_its_files_are_opened(traps, trino):
    answer = trino.run(traps, "SELECT count(*) FROM image_scores WHERE dt = ? AND nsfw.score >= 0", [f"'{DAYS[1]}'"])

    assert set(answer.files_opened) == set(traps.keys(f"image_scores/dt={DAYS[1]}/"))
    assert len(answer.files_opened) < len(traps.keys("image_scores/"))


def test_given_a_day_outside_of_the_projection_when_trino_is_asked_then_nothing_is_read(traps, trino):
    answer = trino.run(traps, "SELECT count(*) FROM image_scores WHERE dt = '2020-01-01'")

    assert (answer.rows, answer.files_opened) == ([(0,)], [])


def test_given_quotes_in_a_parameter_when_trino_is_asked_then_they_are_data(traps, trino):
    sql = "SELECT count(*) AS n FROM image_scores WHERE error.message = ? AND status <> 'it''s'"

    assert trino.run(traps, sql, ["'cannot ''decode'', 100 %'"]).rows[0][0] > 0
