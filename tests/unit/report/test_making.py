"""From the questions to the file."""

import json
import re
import stat
import threading
from datetime import date

import pytest
from typer.testing import CliRunner

from pixlake.cli import app, environment
from pixlake.cli import report as command
from pixlake.cli.named_queries import literals
from pixlake.cli.terminal import CommandError
from pixlake.report import answers as asking
from pixlake.report.answers import Answers, Question, Unanswered, questions
from pixlake.report.file import write
from pixlake.report.making import answered
from pixlake.report.totals import summary, totals
from sink.policy import Policy
from tests.conftest import ROOT
from tests.unit.report.lake import PERIOD, answers

QUERIES = ROOT / "athena" / "queries"


def test_every_question_is_a_named_query_and_fits_its_parameters():
    asked = questions(PERIOD)

    for question in asked.values():
        sql = (QUERIES / f"{question.query}.sql").read_text()
        assert len(literals(sql, question.values)) == re.sub("--.*", "", sql).count("?")
    assert asked.keys() == answers().rows.keys()


def test_questions_are_asked_at_once_but_not_all():
    together = threading.Barrier(asking.AT_ONCE, timeout=30)
    lock = threading.Lock()
    now = most = 0

    def ask(question):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        if int(question.query) < asking.AT_ONCE:
            together.wait()  # holds until so many are asked at the same time
        with lock:
            now -= 1
        return [{"n": question.query}]

    steps = []
    found = answered({str(n): Question(str(n), ()) for n in range(9)}, ask, lambda: steps.append(1))

    assert most == asking.AT_ONCE
    assert found["7"] == [{"n": "7"}]
    assert len(steps) == 9


def test_what_fails_is_a_problem_of_its_own_and_a_bug_is_none():
    def ask(question):
        if question.query == "missing":
            raise Unanswered("no such query")
        return []

    found = answered({name: Question(name, ()) for name in ("missing", "there")}, ask, lambda: None)

    assert found["there"] == []
    with pytest.raises(Unanswered, match="no such query"):
        found["missing"]
    with pytest.raises(ZeroDivisionError):
        answered({"x": Question("x", ())}, lambda _: 1 / 0, lambda: None)


def test_totals_add_up_what_the_queries_told():
    found = {total.name: (total.figure, total.meaning) for total in totals(answers(), Policy.read())}

    rows = answers()["uploads_per_hour"]
    assert found["Uploads"][0] == f"{sum(row['uploads'] for row in rows):,}"
    assert found["Not read"][0] == f"{20 * len(rows):,}"
    assert found["Deleted"][0] == "287"
    assert found["To review"] == ("672", "nsfw score 0.2 to 0.8")
    assert found["Not safe for work"] == ("77", "nsfw score 0.8 or more")


def test_null_sums_are_nothing_and_unanswered_ones_a_dash():
    rows = [{"hour": None, "uploads": 2, "scored": 1, "rejected": 1, "upload_bytes": None}]
    found = {total.name: total.figure for total in totals(Answers({"uploads_per_hour": rows}, NONE), Policy.read())}

    assert (found["Uploads"], found["Scored"], found["Deleted"]) == ("2", "1", "–")


NONE = dict.fromkeys(("scores_per_day", "nsfw_per_day", "removals_per_day"), "failed")


@pytest.mark.parametrize(
    ("uploads", "scored", "rejected", "said"),
    [
        (1, 1, 0, "1 image came in and was scored."),
        (3, 3, 0, "3 images came in and all were scored."),
        (13, 12, 1, "13 uploads came in: 12 were scored, 1 was rejected."),
        (3, 2, 0, "3 uploads came in: 2 were scored."),
        (0, 0, 0, "Nothing was uploaded in these days."),
    ],
)
def test_the_summary_is_a_sentence(uploads, scored, rejected, said):
    row = {"uploads": uploads, "scored": scored, "rejected": rejected, "upload_bytes": 1}

    assert summary(Answers({"uploads_per_hour": [row]})) == said


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "report.html"
    assert write(file, "é") == write(file, "è") == 2

    with pytest.raises(UnicodeEncodeError):
        write(file, "\ud800")

    assert file.read_text() == "è"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert stat.S_IMODE(file.stat().st_mode) & 0o044, "others may read it, as any file one makes"


@pytest.fixture
def run(monkeypatch):
    for variable in environment.FROM_OUTPUTS:
        monkeypatch.delenv(variable, raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_without_an_environment_the_command_says_how_to_get_one(run):
    assert "eval $(pixlake env)" in str(run().exception)


@pytest.mark.parametrize("days", ["0", "-1", "367", "week"])
def test_days_are_a_number_that_makes_sense(run, days):
    result = run("--days", days)

    assert result.exit_code == 2
    assert "--days" in result.stderr


@pytest.fixture
def deployed(monkeypatch, tmp_path):
    """A work group with all queries, whose answers are those of the busy lake; no picture can be had."""
    for variable in environment.FROM_OUTPUTS:
        monkeypatch.setenv(variable, "the-" + variable.lower())
    named = {path.stem: path.read_text() for path in QUERIES.glob("*.sql")}
    by_sql = {named[question.query]: name for name, question in questions(PERIOD).items()}
    monkeypatch.setattr(command, "deployed", lambda _: named)
    monkeypatch.setattr(command, "records", lambda rows: rows)

    def execute(sql, parameters, session):
        if sql == named["score_histogram"]:
            return answers()[f"{parameters[2].strip(chr(39))}_histogram"]
        return answers(keys=[])[by_sql[sql]]

    monkeypatch.setattr(command, "run", execute)
    monkeypatch.chdir(tmp_path)
    return named


def test_the_command_writes_the_file_and_prints_the_facts(run, deployed, tmp_path):
    result = run("--json")

    facts = json.loads(result.stdout)
    file = tmp_path / "pixlake-report.html"
    assert facts["path"] == "pixlake-report.html"
    assert facts["bytes"] == file.stat().st_size
    assert facts["unanswered"] == []
    assert (date.fromisoformat(facts["last_day"]) - date.fromisoformat(facts["first_day"])).days == 6
    assert file.read_text().startswith("<!doctype html>")


def test_a_query_that_is_missing_or_fails_is_left_out_and_named(run, deployed, monkeypatch, tmp_path):
    del deployed["most_text"]
    execute = command.run

    def failing(sql, parameters, session):
        if sql == deployed["rejects_by_code"]:
            raise CommandError("the query failed: scan limit <reached>")
        return execute(sql, parameters, session)

    monkeypatch.setattr(command, "run", failing)

    result = run("--out", tmp_path / "r.html", "--json")

    assert json.loads(result.stdout)["unanswered"] == ["most_text", "rejects_by_code"]
    assert "left out most_text: The work group the-pixlake_workgroup has no named query" in result.stderr
    assert "scan limit &lt;reached&gt;" in (tmp_path / "r.html").read_text()


def test_nothing_is_written_where_nothing_is_answered(run, deployed, tmp_path):
    deployed.clear()

    result = run()

    assert "no query was answered" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_before_anything_is_asked(run, deployed):
    result = run("--out", "absent/r.html")

    assert "the folder absent does not exist" in str(result.exception)
