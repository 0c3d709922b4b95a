"""The named queries that a report is made of, asked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from pixlake.report.period import Period

Record = dict[str, Any]
AT_ONCE = 8
"""Queries in flight: an account may have 20 and more DML queries active by default, and others ask too."""


class Unanswered(Exception):
    """A query that is missing or failed; the message says why, for the section that wanted it."""


@dataclass(frozen=True)
class Question:
    """A named query and the values of its parameters, as a person would type them."""

    query: str
    values: tuple[str, ...]


Ask = Callable[[Question], list[Record]]
"""Gives a question's rows, or raises `Unanswered`. Called from several threads."""


def questions(period: Period) -> dict[str, Question]:
    """What a report asks, by the name that its parts know it by."""
    days = period.bounds
    plain = {
        "uploads_per_hour": (),
        "rejects_by_code": (),
        "top_categories": (),
        "scores_per_day": (),
        "nsfw_per_day": (),
        "duplicate_share": (),
        "latency_per_hour": (),
        "removals_per_day": (),
        "lowest_quality": (),
        "most_text": (),
        "review_queue": (),
        "most_nsfw": ("0",),
    }
    asked = {name: Question(name, (*days, *more)) for name, more in plain.items()}
    for model in ("quality", "text", "nsfw"):
        asked[f"{model}_histogram"] = Question("score_histogram", (*days, model))
    return asked


@dataclass(frozen=True)
class Answers:
    """Rows of the questions that were answered, and for the others why not."""

    rows: Mapping[str, list[Record]]
    problems: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[Record]:
        """Rows of a question.

        Raises
        ------
        Unanswered
            It has none, not even an empty list.
        """
        if name in self.problems:
            raise Unanswered(self.problems[name])
        return self.rows[name]


def gather(asked: Mapping[str, Question], ask: Ask) -> Iterator[tuple[str, list[Record] | Unanswered]]:
    """Ask everything, some at a time; give each answer, or what stood against it, as it comes."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask") as pool:
        futures = {pool.submit(ask, question): name for name, question in asked.items()}
        for future in as_completed(futures):
            error = future.exception()
            if error is not None and not isinstance(error, Unanswered):
                raise error
            yield futures[future], error if isinstance(error, Unanswered) else future.result()
