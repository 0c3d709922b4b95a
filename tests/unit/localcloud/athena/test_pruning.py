"""Conditions on partition keys decide which prefixes are listed and which files are opened."""

import pytest

DAYS = [f"2026-01-{day:02d}" for day in range(1, 6)]


def _keys(*days):
    return [f"t/dt={day}/a.parquet" for day in days]


@pytest.fixture(scope="module")
def days(shared_lake):
    """Table `t`, projected by day from 2026-01-01 to 2028-12-31; five days hold a file, and one before the range."""
    shared_lake.table(
        "t",
        [("id", "bigint"), ("label", "string"), ("status", "string")],
        [("dt", "string")],
        {
            "projection.enabled": "true",
            "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd",
            "projection.dt.range": "2026-01-01,2028-12-31",
            "projection.dt.interval": "1",
            "projection.dt.interval.unit": "DAYS",
            "storage.location.template": f"s3://{shared_lake.bucket}/t/dt=${{dt}}/",
        },
    )
    for number, day in enumerate([*DAYS, "2025-12-31"]):
        shared_lake.put(f"t/dt={day}/a.parquet", [{"id": number, "label": "cat", "status": "scored"}])
    shared_lake.view("newest", "SELECT dt, id, max_by(label, status) AS label FROM t GROUP BY dt, id")
    shared_lake.view("good", "SELECT * FROM newest WHERE dt >= '2026-01-02'")
    shared_lake.view("renamed", "SELECT t.dt AS day, t.id FROM t WHERE status = 'scored'")
    shared_lake.view("ranked", "SELECT *, row_number() OVER (PARTITION BY dt, id ORDER BY label) AS place FROM t")
    shared_lake.view("ranked_over_all", "SELECT *, row_number() OVER (ORDER BY dt) AS place FROM t")
    shared_lake.view("some", "SELECT * FROM t ORDER BY dt LIMIT 2")
    return shared_lake


# A query, and the days whose files it may open: no more, no fewer.
OPENED = {
    "everything in the range": ("SELECT * FROM t", DAYS),
    "one day": ("SELECT * FROM t WHERE dt = '2026-01-02'", DAYS[1:2]),
    "the other way round": ("SELECT * FROM t WHERE '2026-01-02' = dt", DAYS[1:2]),
    "some days": ("SELECT * FROM t WHERE dt IN ('2026-01-02', '2026-01-04')", [DAYS[1], DAYS[3]]),
    "between": ("SELECT * FROM t WHERE dt BETWEEN '2026-01-02' AND '2026-01-03'", DAYS[1:3]),
    "before and after": ("SELECT * FROM t WHERE dt > '2026-01-01' AND dt < '2026-01-04'", DAYS[1:3]),
    "either": ("SELECT * FROM t WHERE dt = '2026-01-01' OR dt = '2026-01-05'", [DAYS[0], DAYS[4]]),
    "or something else": ("SELECT * FROM t WHERE dt = '2026-01-01' OR id = 3", DAYS),
    "and something else": ("SELECT * FROM t WHERE dt = '2026-01-01' AND id = 3", DAYS[:1]),
    "not": ("SELECT * FROM t WHERE NOT (dt < '2026-01-04')", DAYS[3:]),
    "unlike": ("SELECT * FROM t WHERE dt <> '2026-01-01' AND dt LIKE '2026-01-0%'", DAYS[1:]),
    "by a function": ("SELECT * FROM t WHERE date(dt) >= date '2026-01-01' + interval '3' day", DAYS[3:]),
    "by its month": ("SELECT * FROM t WHERE substr(dt, 1, 7) = '2026-02'", []),
    "outside the range": ("SELECT * FROM t WHERE dt = '2025-12-31'", []),
    "a parameter": ("SELECT * FROM t WHERE dt = ?", DAYS[2:3], ["'2026-01-03'"]),
    "in a subquery": ("SELECT * FROM (SELECT * FROM t WHERE dt = '2026-01-01') q", DAYS[:1]),
    "from outside a subquery": ("SELECT * FROM (SELECT id, dt AS day FROM t) q WHERE day = '2026-01-01'", DAYS[:1]),
    "with named columns": ("SELECT * FROM (SELECT id, dt FROM t) AS q(n, day) WHERE q.day = '2026-01-01'", DAYS[:1]),
    "into a WITH": ("WITH q AS (SELECT * FROM t) SELECT * FROM q WHERE dt = '2026-01-01'", DAYS[:1]),
    "a WITH used twice": (
        "WITH q AS (SELECT * FROM t) "
        "SELECT * FROM q WHERE dt = '2026-01-01' UNION ALL SELECT * FROM q WHERE dt = '2026-01-03'",
        [DAYS[0], DAYS[2]],
    ),
    "into a union": (
        "SELECT * FROM (SELECT dt AS d, id FROM t UNION ALL SELECT label, id FROM t WHERE dt = '2026-01-05') q "
        "WHERE d = '2026-01-01'",
        [DAYS[0], DAYS[4]],
    ),
    "through a view that groups": ("SELECT * FROM newest WHERE dt = '2026-01-02'", DAYS[1:2]),
    "through two views": ("SELECT * FROM good WHERE dt <= '2026-01-02'", DAYS[1:2]),
    "through a renaming view": ("SELECT count(*) FROM renamed WHERE day = '2026-01-02'", DAYS[1:2]),
    "through a window by day": ("SELECT * FROM ranked WHERE dt = '2026-01-02' AND place = 1", DAYS[1:2]),
    "not through a window over all": ("SELECT * FROM ranked_over_all WHERE dt = '2026-01-02'", DAYS),
    "not through a LIMIT": ("SELECT * FROM some WHERE dt = '2026-01-02'", DAYS),
    "in a join": (
        "SELECT * FROM t a JOIN t b ON a.id = b.id WHERE a.dt = '2026-01-01' AND b.dt = '2026-01-02'",
        DAYS[:2],
    ),
    "over a join by day": ("SELECT * FROM t a JOIN t b ON a.dt = b.dt WHERE a.dt = '2026-01-01'", DAYS[:1]),
    "in the ON of a join": (
        "SELECT * FROM t a JOIN t b ON a.id = b.id AND b.dt = '2026-01-02' WHERE a.dt = '2026-01-01'",
        DAYS[:2],
    ),
    "in the ON of a left join": (
        "SELECT * FROM t a LEFT JOIN t b ON a.id = b.id AND b.dt = '2026-01-02' WHERE a.dt = '2026-01-01'",
        DAYS[:2],
    ),
    "not the left side by the ON of a left join": (
        "SELECT * FROM t a LEFT JOIN t b ON a.id = b.id AND a.dt = '2026-01-02' WHERE b.dt = '2026-01-01'",
        DAYS,
    ),
    "not what a left join may leave out": (
        "SELECT a.dt FROM t a LEFT JOIN t b ON a.id = b.id WHERE a.dt = '2026-01-01' AND b.dt IS NULL",
        DAYS,
    ),
    "beside an UNNEST": (
        "SELECT x FROM t CROSS JOIN UNNEST(ARRAY[1, 2]) AS u(x) WHERE dt = '2026-01-01' AND x = 1",
        DAYS[:1],
    ),
    "in IN (subquery), each for itself": (
        "SELECT * FROM t WHERE dt = '2026-01-01' AND id IN (SELECT id FROM t WHERE dt = '2026-01-03')",
        [DAYS[0], DAYS[2]],
    ),
    "in a scalar subquery": ("SELECT (SELECT max(id) FROM t WHERE dt = '2026-01-03')", DAYS[2:3]),
    "a HAVING decides later": ("SELECT dt, count(*) FROM t GROUP BY dt HAVING dt = '2026-01-01'", DAYS),
}


@pytest.mark.parametrize("case", OPENED)
def test_given_conditions_on_the_day_when_queried_then_only_those_files_are_opened(days, case):
    sql, expected, *parameters = OPENED[case]
    assert days.opened(sql, *parameters) == _keys(*expected)


# Queries in which pushing a condition too far would change the answer.
ANSWERS = {
    "a window over all rows": ("SELECT place FROM ranked_over_all WHERE dt = '2026-01-03'", [["3"]]),
    "a LIMIT below": ("SELECT dt FROM some WHERE dt > '2026-01-01'", [["2026-01-02"]]),
    "an anti-join": (
        "SELECT a.dt FROM t a LEFT JOIN t b ON a.id = b.id AND b.dt = '2026-01-02' WHERE b.dt IS NULL ORDER BY 1",
        [[day] for day in DAYS if day != "2026-01-02"],
    ),
    "a ROLLUP": (
        "SELECT d, n FROM (SELECT dt AS d, count(*) AS n FROM t GROUP BY ROLLUP (dt)) WHERE d IS NULL",
        [[None, "5"]],
    ),
    "outside the range": ("SELECT count(*) FROM t WHERE dt < '2026-01-02'", [["1"]]),
    "a view that groups": ("SELECT count(*) FROM newest WHERE dt BETWEEN '2026-01-02' AND '2026-01-03'", [["2"]]),
    "a full join": (
        "SELECT count(*) FROM t a FULL JOIN t b ON a.id = b.id + 1 WHERE a.dt = '2026-01-01'",
        [["1"]],
    ),
    "a right join": (
        "SELECT b.dt FROM t a RIGHT JOIN t b ON a.id = b.id AND a.dt = '2026-01-01' "
        "WHERE b.dt < '2026-01-03' ORDER BY 1",
        [["2026-01-01"], ["2026-01-02"]],
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_given_a_condition_that_must_not_go_further_when_queried_then_the_answer_is_right(days, case):
    sql, expected = ANSWERS[case]
    assert days.rows(sql) == expected


@pytest.fixture
def listings(athena):
    """The prefixes listed while a test runs."""
    listed = []
    events = athena._s3.meta.events
    events.register(
        "provide-client-params.s3.ListObjectsV2",
        lambda params, **_: listed.append(params["Prefix"]),
        unique_id="listed",
    )
    yield listed
    events.unregister("provide-client-params.s3.ListObjectsV2", unique_id="listed")


def test_given_a_few_days_when_queried_then_only_their_prefixes_are_listed(days, listings):
    days.rows("SELECT count(*) FROM t WHERE dt IN ('2026-01-02', '2027-06-01')")
    assert listings == ["t/dt=2026-01-02/", "t/dt=2027-06-01/"]


def test_given_years_of_days_when_all_are_queried_then_one_listing_serves(days, listings):
    assert days.rows("SELECT count(*) FROM t") == [["5"]]
    assert listings == ["t/dt=202"]


def test_given_no_day_when_queried_then_nothing_is_listed(days, listings):
    assert days.rows("SELECT count(*) FROM t WHERE dt = '1999-01-01'") == [["0"]]
    assert listings == []


class TestSeveralKeys:
    @pytest.fixture
    def hours(self, lake):
        lake.table(
            "h",
            [("id", "bigint")],
            [("region", "string"), ("dt", "date"), ("hour", "int")],
            {
                "projection.enabled": "true",
                "projection.region.type": "enum",
                "projection.region.values": "eu,us",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": "2026-01-01,2026-12-31",
                "projection.hour.type": "integer",
                "projection.hour.range": "0,23",
                "projection.hour.digits": "2",
                "storage.location.template": f"s3://{lake.bucket}/h/${{region}}/${{dt}}/${{hour}}/",
            },
        )
        for region, day, hour in (("eu", "2026-01-01", "01"), ("us", "2026-01-01", "01"), ("us", "2026-01-02", "23")):
            lake.put(f"h/{region}/{day}/{hour}/a.parquet", [{"id": 1}])
        lake.put("h/asia/2026-01-01/01/a.parquet", [{"id": 1}])
        return lake

    def test_given_several_keys_when_queried_then_they_are_typed_and_all_prune(self, hours):
        sql = "SELECT region, dt, hour FROM h WHERE region = 'us' AND dt = date '2026-01-02' AND hour > 20"
        assert hours.rows(sql) == [["us", "2026-01-02", "23"]]
        assert hours.opened(sql) == ["h/us/2026-01-02/23/a.parquet"]

    def test_given_no_condition_when_queried_then_unprojected_values_stay_out(self, hours):
        assert hours.rows("SELECT region, count(*) FROM h GROUP BY region ORDER BY 1") == [["eu", "1"], ["us", "2"]]


class TestInjected:
    @pytest.fixture
    def injected(self, lake):
        lake.table(
            "i",
            [("x", "bigint")],
            [("device", "string")],
            {
                "projection.enabled": "true",
                "projection.device.type": "injected",
                "storage.location.template": f"s3://{lake.bucket}/i/${{device}}/",
            },
        )
        for device in ("a", "b"):
            lake.put(f"i/{device}/f.parquet", [{"x": 1}])
        return lake

    def test_given_an_equality_when_queried_then_its_value_is_the_partition(self, injected):
        assert injected.opened("SELECT * FROM i WHERE device = 'b'") == ["i/b/f.parquet"]
        assert injected.opened("SELECT * FROM i WHERE device IN ('a', 'b', 'c')") == ["i/a/f.parquet", "i/b/f.parquet"]

    def test_given_no_equality_when_queried_then_it_fails_as_on_athena(self, injected):
        assert injected.failure("SELECT * FROM i WHERE device LIKE 'a%'").startswith(
            "CONSTRAINT_VIOLATION: For the injected projected partition column device"
        )
