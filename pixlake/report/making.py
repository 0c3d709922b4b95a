"""From the questions to the report, in three steps between which a command can show how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pixlake.report.answers import Answers, Ask, Question, Record, Unanswered, gather
from pixlake.report.figure import About
from pixlake.report.figures import figures
from pixlake.report.page import Report
from pixlake.report.period import Period
from pixlake.report.sheets import sheets
from pixlake.report.shrink import Shrinker
from pixlake.report.thumbnails import thumbnails
from pixlake.report.totals import summary, totals
from sink.policy import Policy


def answered(asked: Mapping[str, Question], ask: Ask, step: Callable[[], None]) -> Answers:
    """Everything that the queries told; `step` is called after each."""
    rows: dict[str, list[Record]] = {}
    problems: dict[str, str] = {}
    for name, answer in gather(asked, ask):
        if isinstance(answer, Unanswered):
            problems[name] = str(answer)
        else:
            rows[name] = answer
        step()
    return Answers(rows, problems)


def put_together(answers: Answers, period: Period, made_at: datetime, *, database: str, bucket: str) -> Report:
    """The report without its thumbnails; `report.places` says which it wants."""
    policy = Policy.read()
    return Report(
        database=database,
        bucket=bucket,
        period=period,
        made_at=made_at,
        policy=policy,
        summary=summary(answers),
        totals=totals(answers, policy),
        figures=figures(About(answers, period, policy)),
        sheets=sheets(answers, policy),
        thumbnails={},
    )


def pictured(report: Report, client: Any, step: Callable[[], None]) -> Report:
    """The report with its thumbnails, or for each what stood against it; `client` is an S3 client of boto3."""
    found = {}
    if report.places:
        with Shrinker(min(4, os.cpu_count() or 1)) as shrink:
            for place, thumbnail in thumbnails(report.places, client, shrink):
                found[place] = thumbnail
                step()
    return replace(report, thumbnails=found)
