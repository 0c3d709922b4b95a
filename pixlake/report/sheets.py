"""Contact sheets: the pictures that a person should see, with the score that brought them there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pixlake.report import words
from pixlake.report.answers import Answers, Record, Unanswered
from pixlake.report.policy import Policy
from pixlake.report.thumbnails import Place

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
    day: str
    veiled: bool
    """Blurred until somebody asks to see it."""


@dataclass(frozen=True)
class Sheet:
    """A question and its pictures, or the words that say why there are none."""

    id: str
    question: str
    words: str
    pictures: tuple[Picture, ...] = ()
    problem: str = ""


def sheets(answers: Answers, policy: Policy) -> list[Sheet]:
    """All sheets, without their pictures' pixels."""
    veiled = _veil(answers, policy)
    review, nsfw, low, text = (policy[name] for name in ("needs_review", "is_nsfw", "is_low_quality", "has_text"))
    made: tuple[tuple[str, str, str, str, Callable[[Record], str], bool], ...] = (
        (
            "review_queue",
            "Which images want a person’s judgement?",
            f"The nsfw score lies from {review:g} to {nsfw:g}, where the model is not sure.",
            "No image is borderline.",
            lambda row: f"nsfw {words.score(row['score'])}",
            True,
        ),
        (
            "most_nsfw",
            "Which images are the least safe for work?",
            "By nsfw score, the highest first, whether over the threshold or not.",
            "No image was scored in these days.",
            lambda row: f"nsfw {words.score(row['score'])}",
            True,
        ),
        (
            "lowest_quality",
            "Which images are the worst, and why?",
            f"Quality scores below {low:g}, the lowest first.",
            "No image is of low quality.",
            lambda row: f"quality {words.score(row['score'])}, {_flaw(row)}",
            False,
        ),
        (
            "most_text",
            "Which images carry text?",
            f"Text covers more than {words.share(text)} of them; the most first.",
            "No image carries text.",
            lambda row: f"text {words.share(row['coverage'])}, {words.counted(int(row['regions'] or 0), 'region')}",
            False,
        ),
    )
    found = []
    for name, question, meaning, empty, score, always in made:
        id_ = f"sheet-{name.replace('_', '-')}"
        try:
            rows = answers[name]
        except Unanswered as problem:
            found.append(Sheet(id_, question, meaning, problem=str(problem)))
            continue
        if not rows:
            found.append(Sheet(id_, question, meaning, problem=empty))
            continue
        pictures = tuple(
            Picture(place, score(row), str(row["day"]), always or veiled(place))
            for row in rows[:PICTURES]
            for place in [Place(row["bucket"], row["object_key"])]
        )
        if len(rows) > PICTURES:
            more = f"more than {LIMIT:,}" if len(rows) >= LIMIT else f"{len(rows):,}"
            meaning += f" Shown are {PICTURES} of {more}."
        found.append(Sheet(id_, question, meaning, pictures))
    return found


def _flaw(row: Mapping[str, object]) -> str:
    return "several small flaws" if row["flaw"] in (None, "other") else words.visible(row["flaw"])


def _veil(answers: Answers, policy: Policy) -> Callable[[Place], bool]:
    """Whether a picture on any sheet is blurred: if its nsfw score is doubtful, or cannot be told here."""
    try:
        rows = answers["most_nsfw"]
    except Unanswered:
        return lambda _: True
    if len(rows) >= LIMIT and rows[-1]["score"] >= policy["needs_review"]:
        return lambda _: True
    doubtful = {Place(row["bucket"], row["object_key"]) for row in rows if row["score"] >= policy["needs_review"]}
    return doubtful.__contains__
