"""Trino and the local Athena give the same rows: the expected ones in every case, and equal ones on a lake of traps."""

import re

import pytest

from tests.queries.cases import VIEWS, differences, found_cases
from tests.trino.comparison import disagreements
from tests.trino.rows import DAYS

pytestmark = pytest.mark.trino
CASES = found_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_case_of_a_query = pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_query], ids=lambda case: case.id
)
_DAY = re.compile(r"'\d{4}-\d\d-\d\d'")


@pytest.fixture(scope="module")
def asked(lake_of, trino):
    """Trino's answer to a case, asked once."""
    answers = {}

    def ask(case):
        if case.id not in answers:
            answers[case.id] = trino.run(lake_of(case), case.sql, case.parameters)
        return answers[case.id]

    return ask


@each_case
def test_given_a_case_when_trino_is_asked_then_the_answer_is_the_expected_one_and_athenas(case, lake_of, asked, local):
    answer = asked(case)

    assert differences(answer, case) == []
    assert disagreements(local.run(lake_of(case), case.sql, case.parameters), answer, case.ordered) == []


@each_case
def test_given_every_file_delivered_twice_when_trino_is_asked_then_the_answer_is_the_same(case, new_lake, trino):
    lake = new_lake(case.rows, again=True)

    assert differences(trino.run(lake, case.sql, case.parameters), case) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.is_query and case.ranges], ids=lambda case: case.id)
def test_given_a_range_of_days_when_trino_is_asked_then_no_other_days_files_are_opened(case, lake_of, asked):
    days = {key: re.search(r"dt=([0-9-]{10})/", key)[1] for key in lake_of(case).keys("image_scores/")}
    wanted = {key for key, day in days.items() if any(first <= day <= last for first, last in case.ranges)}
    assert wanted < set(days), "the case has no row outside of the days asked for: it cannot show pruning"

    assert set(asked(case).files_opened) == wanted


@pytest.mark.parametrize("view", VIEWS)
def test_given_a_lake_of_traps_when_a_view_is_read_whole_then_both_engines_agree(view, traps, trino, local):
    sql = f"SELECT * FROM {view}"

    answer = trino.run(traps, sql)

    assert disagreements(local.run(traps, sql), answer, ordered=False) == []
    assert answer.rows, "a view without rows proves nothing"


@each_case_of_a_query
def test_given_a_lake_of_traps_when_a_query_is_asked_then_both_engines_agree(case, traps, trino, local):
    days = iter(DAYS if len(case.ranges) > 1 else (DAYS[0], DAYS[-1]))
    parameters = [f"'{next(days)}'" if _DAY.fullmatch(literal) else literal for literal in case.parameters]

    answer = trino.run(traps, case.sql, parameters)

    assert disagreements(local.run(traps, case.sql, parameters), answer, case.ordered) == []
    assert answer.rows, "an answer without rows proves nothing"
