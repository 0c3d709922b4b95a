"""Contact sheets: the pictures that a person should see, with the score that brought them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pixlake.report import words
from pixlake.report.answers import Answers, Record, Unanswered
from pixlake.report.thumbnails import Place
from sink.policy import Policy

PICTURES = 12
"""Pictures on a sheet at most."""
LIMIT = 1000
"""Rows that a named query gives at most."""


@dataclass(frozen=True)
class Picture:
    """One object on a sheet."""

    place: Place
    score: str
    """What brought it here, in words."""
    veiled: bool
    """Blurred until somebody asks to see it."""


@dataclass(frozen=True)
class Sheet:
    """A question and its pictures; `words` say how they were chosen, or why there are none."""

    id: str
    question: str
    words: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class _Kind:
    query: str
    question: str
    chosen: str
    empty: str
    score: Callable[[Record], str]
    veiled: bool = False


def sheets(answers: Answers, policy: Policy) -> list[Sheet]:
    """All sheets, without their pictures' pixels."""
    veiled = _veil(answers, policy)
    return [_sheet(kind, answers, veiled) for kind in _kinds(policy)]


def _kinds(policy: Policy) -> Iterator[_Kind]:
    review, nsfw = policy.thresholds["needs_review"], policy.thresholds["is_nsfw"]
    yield _Kind(
        "review_queue",
        "Which images want a person’s judgement?",
        f"The nsfw score lies from {review:g} to {nsfw:g}, where the model is not sure.",
        "No image is borderline.",
        lambda row: f"nsfw {words.score(row['score'])}",
        veiled=True,
    )
    yield _Kind(
        "most_nsfw",
        "Which images are the least safe for work?",
        "By nsfw score, the highest first, whether over the threshold or not.",
        "No image was scored in these days.",
        lambda row: f"nsfw {words.score(row['score'])}",
        veiled=True,
    )
    yield _Kind(
        "lowest_quality",
        "Which images are the worst, and why?",
        f"Quality scores below {policy.thresholds['is_low_quality']:g}, the lowest first.",
        "No image is of low quality.",
        lambda row: f"quality {words.score(row['score'])}, {_flaw(row)}",
    )
    yield _Kind(
        "most_text",
        "Which images carry text?",
        f"Text covers more than {words.share(policy.thresholds['has_text'])} of them; the most first.",
        "No image carries text.",
        lambda row: f"text {words.share(row['coverage'])}, {words.counted(int(row['regions'] or 0), 'region')}",
    )


def _sheet(kind: _Kind, answers: Answers, veiled: Callable[[Place], bool]) -> Sheet:
    id_ = f"sheet-{kind.query.replace('_', '-')}"
    try:
        rows = answers[kind.query]
    except Unanswered as problem:
        return Sheet(id_, kind.question, str(problem))
    if not rows:
        return Sheet(id_, kind.question, kind.empty)
    pictures = tuple(
        Picture(place, kind.score(row), kind.veiled or veiled(place))
        for row in rows[:PICTURES]
        for place in [Place(row["bucket"], row["object_key"])]
    )
    many = f"{LIMIT:,} and more" if len(rows) >= LIMIT else f"{len(rows):,}"
    more = f" Shown are {PICTURES} of {many}." if len(rows) > PICTURES else ""
    return Sheet(id_, kind.question, kind.chosen + more, pictures)


def _flaw(row: Record) -> str:
    return "no single flaw" if row["flaw"] in (None, "other") else words.visible(row["flaw"])


def _veil(answers: Answers, policy: Policy) -> Callable[[Place], bool]:
    """Whether a picture on any sheet is blurred: if its nsfw score is doubtful, or cannot be told here."""
    try:
        rows = answers["most_nsfw"]
    except Unanswered:
        return lambda _: True
    review = policy.thresholds["needs_review"]
    if len(rows) >= LIMIT and rows[-1]["score"] >= review:  # there may be more than were told
        return lambda _: True
    doubtful = {Place(row["bucket"], row["object_key"]) for row in rows if row["score"] >= review}
    return doubtful.__contains__
