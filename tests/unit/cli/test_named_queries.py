import json

import boto3
import pytest
import sqlglot
from botocore.stub import Stubber
from typer.testing import CliRunner

from pixlake.cli import app
from pixlake.cli.named_queries import Header, Parameter, literals
from pixlake.cli.query import text
from pixlake.cli.terminal import CommandError

SQL = """\
-- How many cars came in each day,
-- and how sure are we?
-- Parameters: first day (date), last day (date), least score (double, 0 to 1), family (varchar).
-- Columns: day, cars.
SELECT dt AS day, count(*) AS cars FROM image_scores
WHERE dt BETWEEN ? AND ? AND category.score >= ? AND category.family = ? GROUP BY dt
"""


def test_a_header_is_read():
    header = Header.of(SQL)

    assert header.question == "How many cars came in each day, and how sure are we?"
    assert header.parameters == (
        Parameter("first day", "date"),
        Parameter("last day", "date"),
        Parameter("least score", "double"),
        Parameter("family", "varchar"),
    )
    assert header.columns == "day, cars"


def test_words_in_brackets_that_are_no_type_leave_a_parameter_untyped():
    header = Header.of(
        "-- What?\n-- Parameters: first day, last day (yyyy-MM-dd, inclusive).\n-- Columns: n.\nSELECT 1"
    )

    assert header.parameters == (Parameter("first day"), Parameter("last day"))


def test_a_query_without_a_header_or_without_parameters_has_none():
    assert Header.of("SELECT 1").parameters == ()
    assert Header.of("-- What?\n-- Parameters: none.\n-- Columns: n.\nSELECT 1 AS n").parameters == ()


def test_values_become_literals_by_their_types():
    values = ["2026-11-01", "2026-11-30", "0.5", "7 o'clock"]

    assert literals(SQL, values) == ["'2026-11-01'", "'2026-11-30'", "0.5", "'7 o''clock'"]


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [(0, "yesterday", "first day is a day"), (2, "0.5 OR 1=1", "least score is a number"), (2, "", "is a number")],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(place, value, complaint):
    values = ["2026-11-01", "2026-11-30", "0.5", "car"]
    values[place] = value

    with pytest.raises(CommandError, match=complaint):
        literals(SQL, values)


def test_too_few_values_say_which_are_wanted():
    with pytest.raises(CommandError, match=r"4 parameters wanted, 1 given: .*first day \(date\)"):
        literals(SQL, ["2026-11-01"])


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("5", "5"),
        ("-0.5", "-0.5"),
        ("cat", "'cat'"),
        ("2026-11-01", "'2026-11-01'"),
        ("x' OR '1'='1", "'x'' OR ''1''=''1'"),
    ],
)
def test_an_untyped_value_is_a_number_or_a_string_that_cannot_break_out(value, literal):
    assert literals("SELECT ?", [value]) == [literal]


INJECTIONS = [
    "'",
    "''",
    "\\'; DROP TABLE image_scores; --",
    "' UNION SELECT secret FROM other --",
    "'/**/OR/**/1=1",
    "1; DELETE FROM image_scores",
    "-1 OR 1=1",
    "1e5",
    "0x1F",
    "NULL",
    "?",
    "${x} :x %(x)s {x}",
    "\x00\x1b[31m",
    "line\nfeed -- comment",
    "\u2019 OR \u20191\u2019=\u20191",
    "١٢٣",
    "5\n",
]


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize("kind", [None, "varchar", "string", "text"])
def test_given_any_text_when_it_is_a_parameter_then_it_is_one_literal_with_that_value(kind, value):
    literal = Parameter("family", kind).literal(value)

    (selected,) = sqlglot.parse_one(f"SELECT {literal}", read="athena").expressions
    assert isinstance(selected, sqlglot.exp.Literal)
    assert (selected.is_string, selected.this) == (True, value)


@pytest.mark.parametrize("value", [value for value in INJECTIONS if value])
@pytest.mark.parametrize("kind", ["double", "integer", "bigint", "date"])
def test_given_text_when_the_parameter_is_a_number_or_a_day_then_it_is_refused(kind, value):
    with pytest.raises(CommandError):
        Parameter("score", kind).literal(value)


@pytest.fixture
def workgroup(monkeypatch):
    """A work group with one query, as Athena answers; moto has no BatchGetNamedQuery."""
    monkeypatch.setenv("PIXLAKE_WORKGROUP", "pixlake")
    client = boto3.client("athena")
    query = {"Name": "cars_per_day", "Database": "pixlake", "QueryString": SQL, "NamedQueryId": "q-1"}
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response("list_named_queries", {"NamedQueryIds": ["q-1"]}, {"WorkGroup": "pixlake"})
            stub.add_response("batch_get_named_query", {"NamedQueries": [query]}, {"NamedQueryIds": ["q-1"]})
        monkeypatch.setattr(boto3, "client", lambda _: client)
        yield
        stub.assert_no_pending_responses()


def test_the_work_groups_queries_are_listed_with_their_questions(workgroup):
    shown = CliRunner().invoke(app, ["queries"]).stdout
    (line,) = CliRunner().invoke(app, ["queries", "--json"]).stdout.splitlines()

    assert "cars_per_day" in shown
    assert json.loads(line)["parameters"][2] == {"name": "least score", "type": "double"}


def test_a_query_is_found_by_its_name(workgroup):
    assert text("cars_per_day").strip() == SQL.strip()
    with pytest.raises(CommandError, match="no deployed query is called car_per_day"):
        text("car_per_day")
