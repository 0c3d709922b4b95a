"""Partition projection as the table's parameters state it."""

import datetime as dt

import pytest

from pixlake.localcloud.athena.catalog import Column, Table
from pixlake.localcloud.athena.errors import QueryFailed
from pixlake.localcloud.athena.projection import fill, location_template, project

NOW = dt.datetime(2026, 3, 15, 13, 45, 59)


def _table(template=None, keys=("k",), **settings):
    parameters = {f"projection.k.{name.replace('_', '.')}": value for name, value in settings.items()}
    if template:
        parameters["storage.location.template"] = template
    return Table("db", "t", (), tuple(Column(key, "string") for key in keys), "s3://lake/t/", parameters)


DATES = {
    "days": (
        {"format": "yyyy-MM-dd", "range": "2026-02-27,2026-03-02"},
        ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"],
    ),
    "to tomorrow": (
        {"format": "yyyy-MM-dd", "range": "2026-03-14,NOW+1DAYS"},
        ["2026-03-14", "2026-03-15", "2026-03-16"],
    ),
    "the last days": ({"format": "yyyyMMdd", "range": "NOW-1DAYS,NOW"}, ["20260314", "20260315"]),
    "a unit in the singular": ({"format": "yyyy-MM-dd", "range": "NOW-1DAY,NOW"}, ["2026-03-14", "2026-03-15"]),
    "months by their format": ({"format": "yyyy-MM", "range": "2025-12,2026-02"}, ["2025-12", "2026-01", "2026-02"]),
    "years back": ({"format": "yyyy", "range": "NOW-2YEARS,NOW"}, ["2024", "2025", "2026"]),
    "slashes": ({"format": "yyyy/MM/dd", "range": "2026/01/31,2026/02/01"}, ["2026/01/31", "2026/02/01"]),
    "hours": (
        {"format": "yyyy-MM-dd-HH", "range": "2026-01-01-22,2026-01-02-01", "interval": "1", "interval_unit": "HOURS"},
        ["2026-01-01-22", "2026-01-01-23", "2026-01-02-00", "2026-01-02-01"],
    ),
    "every other week": (
        {"format": "yyyy-MM-dd", "range": "2026-01-01,2026-02-01", "interval": "2", "interval_unit": "WEEKS"},
        ["2026-01-01", "2026-01-15", "2026-01-29"],
    ),
    "month ends": (
        {"format": "yyyy-MM-dd", "range": "2026-01-31,2026-03-31", "interval": "1", "interval_unit": "MONTHS"},
        ["2026-01-31", "2026-02-28", "2026-03-31"],
    ),
    "quoted letters": ({"format": "'y'yyyy", "range": "y2025,y2026", "interval_unit": "YEARS"}, ["y2025", "y2026"]),
    "white space": ({"format": "yyyy-MM-dd", "range": " 2026-01-01 , 2026-01-01 "}, ["2026-01-01"]),
    "the wrong way round": ({"format": "yyyy-MM-dd", "range": "2026-01-02,2026-01-01"}, []),
}


@pytest.mark.parametrize("case", DATES)
def test_given_a_date_projection_when_projected_then_it_has_athenas_values(case):
    settings, expected = DATES[case]
    [projection] = project(_table(type="date", **settings), NOW)
    assert list(projection.values) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"type": "enum", "values": "a,B, c"}, ["a", "B", " c"]),
        ({"type": " ENUM ", "values": "a"}, ["a"]),
        ({"type": "integer", "range": "1,3"}, ["1", "2", "3"]),
        ({"type": "integer", "range": "1,7", "interval": "3"}, ["1", "4", "7"]),
        ({"type": "integer", "range": " 8 , 11 ", "digits": "3"}, ["008", "009", "010", "011"]),
        ({"type": "integer", "range": "-1,1"}, ["-1", "0", "1"]),
    ],
)
def test_given_enums_and_integers_when_projected_then_they_have_athenas_values(settings, expected):
    [projection] = project(_table(**settings), NOW)
    assert list(projection.values) == expected


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "projection.k.type is not set"),
        ({"type": "colour"}, "'colour'"),
        ({"type": "enum"}, "projection.k.values is not set"),
        ({"type": "integer", "range": "a,b"}, "'a,b'"),
        ({"type": "integer", "range": "0,999999999"}, "0,999999999"),
        ({"type": "date", "range": "2026-01-01,NOW"}, "projection.k.format is not set"),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "2026-01-01"}, "two dates"),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "01.02.2026,NOW"}, "'01.02.2026'"),
        ({"type": "date", "format": "yyyy-ww", "range": "NOW,NOW"}, "'ww'"),
        ({"type": "date", "format": "yyyy-MM-dd HH", "range": "NOW,NOW"}, "projection.k.interval.unit is not set"),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "NOW-1FORTNIGHTS,NOW"}, "'FORTNIGHT'"),
    ],
)
def test_given_parameters_that_make_no_sense_when_projected_then_the_query_fails_and_names_them(settings, named):
    with pytest.raises(QueryFailed, match=named):
        project(_table(**settings), NOW)


def test_given_no_template_when_located_then_partitions_lie_as_hive_lays_them():
    template = location_template(_table(keys=("k", "l")))
    assert fill(template, {"k": "1", "l": "x"}) == "s3://lake/t/k=1/l=x/"


def test_given_a_template_when_located_then_it_is_filled():
    template = location_template(_table("s3://other/${k}/data"))
    assert fill(template, {"k": "1"}) == "s3://other/1/data/"


def test_given_a_template_without_a_key_when_located_then_the_query_fails_and_names_it():
    with pytest.raises(QueryFailed, match=r"does not contain \$\{l\}"):
        location_template(_table("s3://other/${k}/", keys=("k", "l")))
