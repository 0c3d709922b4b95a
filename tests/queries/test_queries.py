"""Every view and named query answers its cases, reads the days it is asked for, and counts nothing twice."""

import re

import pytest

from pixlake.cli.named_queries import Header
from tests.queries.cases import QUERIES, VIEWS, differences, found_cases

pytestmark = pytest.mark.xdist_group("queries")  # one server and one lake a case, not two
CASES = found_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@pytest.fixture(scope="module")
def asked(lake_of, engine):
    """The answer to a case, asked for once."""
    answers = {}

    def ask(case):
        if case.id not in answers:
            answers[case.id] = engine.run(lake_of(case), case.sql, case.parameters)
        return answers[case.id]

    return ask


def test_every_query_and_view_has_a_case_and_every_case_its_query():
    assert {case.name for case in CASES} == set(QUERIES) | set(VIEWS)


@each_case
def test_given_delivered_rows_when_asked_then_the_answer_is_the_expected_one(case, asked):
    answer = asked(case)

    assert differences(answer, case) == []


@each_case
def test_given_every_file_delivered_twice_when_asked_then_the_answer_is_the_same(case, new_lake, engine):
    lake = new_lake(case.rows, again=True)

    answer = engine.run(lake, case.sql, case.parameters)

    assert differences(answer, case) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.is_query and case.ranges], ids=lambda case: case.id)
def test_given_a_range_of_days_when_asked_then_no_other_days_files_are_opened(case, lake_of, asked):
    days = {key: re.search(r"dt=([0-9-]{10})/", key)[1] for key in lake_of(case).keys("image_scores/")}
    wanted = {key for key, day in days.items() if any(first <= day <= last for first, last in case.ranges)}
    assert wanted < set(days), "the case has no row outside of the days asked for: it cannot show pruning"

    answer = asked(case)

    assert set(answer.files_opened) == wanted


@pytest.mark.parametrize("case", [case for case in CASES if case.is_query], ids=lambda case: case.id)
def test_a_querys_header_names_the_columns_of_its_answer(case, asked):
    stated = re.sub(r"\([^)]*\)", "", Header.of(case.sql).columns).partition(";")[0]

    answer = asked(case)

    assert [name.strip() for name in stated.split(",")] == answer.columns


def test_every_query_asks_for_days_first():
    headers = {name: re.search(r"-- Parameters: (.*)", path.read_text())[1] for name, path in QUERIES.items()}

    without = {name for name, header in headers.items() if not re.match(r"first day[^,]* \(date\), last day", header)}
    assert without == set()
