"""What the views promise besides their cases: the columns in Glue, pruning through them, and what a policy changes."""

import json
import re
import shutil

import pytest

from pixlake.localcloud.hive_types import parse_hive_type
from pixlake.localcloud.trino_types import trino_type
from tests.conftest import ROOT
from tests.queries.cases import VIEWS, found_cases, with_day
from tools.schemas.__main__ import generated

pytestmark = pytest.mark.xdist_group("queries")
CASES = {case.id: case for case in found_cases()}
FIRST, LAST = "2026-03-03", "2026-03-04"


def row(day, name="a", **columns):
    at = f"{day} 10:00:00.000"
    return with_day(
        {
            "row_id": f"{name}-{day}",
            "status": "scored",
            "bucket": "photos",
            "object_key": f"{name}.jpg",
            "etag": f"{name}-{day}",
            "content_sha256": f"{name}-{day}",
            "uploaded_at": at,
            "event_time": at,
            "scored_at": at,
            **columns,
        }
    )


@pytest.fixture(scope="module")
def days(new_lake):
    """A lake of five days, with two images a day that look alike."""
    numbers = (1, 2, 3, 4, 5)
    rows = [
        row(f"2026-03-0{number}", name, image={"dhash": 0x0F1E2D3C4B5A6978 ^ bit})
        for number in numbers
        for name, bit in (("a", 1 << number), ("b", 1 << (number + 20)))
    ]
    return new_lake(rows)


@pytest.mark.parametrize("view", VIEWS)
def test_given_a_view_when_all_of_it_is_read_then_its_columns_are_those_that_glue_states(view, lake_of, engine):
    lake = lake_of(CASES[view])
    stated = lake.glue.get_table(DatabaseName=lake.database, Name=view)["Table"]["StorageDescriptor"]["Columns"]

    answer = engine.run(lake, f"SELECT * FROM {view}")

    types = [re.split(r"\W", trino_type(parse_hive_type(column["Type"])))[0] for column in stated]
    assert list(zip(answer.columns, answer.types, strict=True)) == [
        (column["Name"], kind) for column, kind in zip(stated, types, strict=True)
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM uploads WHERE dt BETWEEN ? AND ?",
        "SELECT * FROM daily WHERE dt BETWEEN ? AND ?",
        "SELECT * FROM near_duplicates WHERE dt BETWEEN ? AND ? AND other_dt BETWEEN ? AND ?",
    ],
)
def test_given_a_range_of_days_when_a_view_is_asked_then_no_other_days_are_opened(sql, days, engine):
    answer = engine.run(days, sql, [f"'{FIRST}'", f"'{LAST}'"] * (sql.count("?") // 2))

    assert answer.rows != []
    assert {re.search(r"dt=([0-9-]{10})/", key)[1] for key in answer.files_opened} == {FIRST, LAST}


def test_given_a_crowd_with_one_band_when_pairs_are_asked_for_then_the_band_joins_nothing(new_lake, engine):
    crowd = json.loads((ROOT / "schemas" / "policy.json").read_text())["thresholds"]["near_duplicate_crowd"]["value"]
    base = 0x0F1E2D3C4B5A6978
    # equal in the lowest band only, and far apart in every other
    hashes = [base ^ (n * 0x9E3779B1 << 16) for n in range(1, crowd + 2)]
    rows = [row("2026-03-02", f"{n:04}", image={"dhash": dhash}) for n, dhash in enumerate(hashes)]
    rows += [row("2026-03-03", name, image={"dhash": base ^ bit}) for name, bit in (("x", 0), ("y", 1 << 50))]
    # three bits from one of the crowd, in the other three bands: a day before and a day after
    of_crowd = hashes[0] ^ (1 << 20 | 1 << 36 | 1 << 52)
    rows += [row(day, "z", image={"dhash": of_crowd}) for day in ("2026-03-01", "2026-03-03")]
    # of the crowd's day and band, but alike in two other bands as well
    rows += [row("2026-03-02", name, image={"dhash": ~base ^ bit ^ 0xFFFF}) for name, bit in (("p", 0), ("q", 1 << 50))]
    lake = new_lake(rows)

    answer = engine.run(lake, "SELECT object_key, other_object_key FROM near_duplicates ORDER BY 1, 2")

    assert answer.rows == [("p.jpg", "q.jpg"), ("x.jpg", "y.jpg"), ("z.jpg", "z.jpg")]


def test_given_another_threshold_when_the_views_are_deployed_then_answers_change_and_no_row_does(
    new_lake, engine, tmp_path
):
    lake = new_lake([row("2026-03-02", nsfw={"score": 0.5}, text={"coverage": 0.01, "regions": 1})])
    asked = "SELECT is_nsfw, needs_review, has_text FROM uploads"
    before = {key: lake.s3.head_object(Bucket=lake.bucket, Key=key)["ETag"] for key in lake.keys("image_scores/")}
    assert engine.run(lake, asked).rows == [(False, True, False)]
    checkout = copy_with_policy(tmp_path, is_nsfw=0.5, has_text=0.005)
    for path, text in generated(checkout).items():
        path.write_text(text, encoding="utf-8")

    for table in lake.catalog(checkout):
        if table["TableType"] == "VIRTUAL_VIEW":
            lake.glue.update_table(DatabaseName=lake.database, TableInput=table)

    assert engine.run(lake, asked).rows == [(True, False, True)]
    after = {key: lake.s3.head_object(Bucket=lake.bucket, Key=key)["ETag"] for key in lake.keys("image_scores/")}
    assert after == before


def copy_with_policy(folder, **thresholds):
    """A checkout's generated parts and their sources, with other thresholds."""
    for name in ("schemas", "athena"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "src").symlink_to(ROOT / "src")
    path = folder / "schemas" / "policy.json"
    policy = json.loads(path.read_text(encoding="utf-8"))
    policy["version"] += 1
    for name, value in thresholds.items():
        policy["thresholds"][name]["value"] = value
    path.write_text(json.dumps(policy), encoding="utf-8")
    return folder
