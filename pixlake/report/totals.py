"""The figures on top of the report, and the sentence that sums them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pixlake.report import words
from pixlake.report.answers import Answers, Record, Unanswered
from sink.policy import Policy


@dataclass(frozen=True)
class Total:
    """One figure: what it counts, the figure, and what a person makes of it."""

    name: str
    figure: str
    meaning: str


def totals(answers: Answers, policy: Policy) -> list[Total]:
    """Every figure that could be had; what a failed query would have told is a dash, and its section says why."""
    hours = _rows(answers, "uploads_per_hour")
    uploads, scored, rejected = (_sum(hours, name) for name in ("uploads", "scored", "rejected"))
    size = _sum(hours, "upload_bytes")
    days, safety = _rows(answers, "scores_per_day"), _rows(answers, "nsfw_per_day")
    with_text, nsfw, review = _sum(days, "with_text"), _sum(safety, "nsfw_images"), _sum(safety, "to_review")
    removed = _sum(_rows(answers, "removals_per_day"), "removals")
    least, unsafe = (f"{policy.thresholds[name]:g}" for name in ("needs_review", "is_nsfw"))
    unread = None if uploads is None or scored is None or rejected is None else uploads - scored - rejected
    return [
        Total("Uploads", words.count(uploads), f"{words.human_bytes(size)} in all" if size is not None else ""),
        Total("Scored", words.count(scored), _of(scored, uploads, "uploads")),
        Total("Rejected", words.count(rejected), _of(rejected, uploads, "uploads")),
        Total("Not read", words.count(unread), "overwritten or gone before they could be"),
        Total("Deleted", words.count(removed), "objects removed from the bucket"),
        Total("Carrying text", words.count(with_text), _of(with_text, scored, "scored")),
        Total(
            "To review",
            words.count(review),
            f"nsfw score {least} to {unsafe}",
        ),
        Total("Not safe for work", words.count(nsfw), f"nsfw score {unsafe} or more"),
    ]


def summary(answers: Answers) -> str:
    """One sentence for those who read no further."""
    hours = _rows(answers, "uploads_per_hour")
    uploads, scored, rejected = (_sum(hours, name) for name in ("uploads", "scored", "rejected"))
    if uploads is None or scored is None or rejected is None:
        return "The uploads could not be counted; the sections below say why."
    if not uploads:
        return "Nothing was uploaded in these days."
    if scored == uploads:
        return f"{words.counted(uploads, 'image')} came in and {'was' if uploads == 1 else 'all were'} scored."
    came = f"{words.counted(uploads, 'upload')} came in: {words.count(scored)} {_were(scored)} scored"
    return f"{came}, {words.count(rejected)} {_were(rejected)} rejected." if rejected else f"{came}."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _rows(answers: Answers, name: str) -> Sequence[Record] | None:
    try:
        return answers[name]
    except Unanswered:
        return None


def _sum(rows: Sequence[Record] | None, column: str) -> int | None:
    return None if rows is None else int(sum(row[column] or 0 for row in rows))


def _of(part: int | None, whole: int | None, what: str) -> str:
    if part is None or not whole:
        return ""
    return f"{words.share(part / whole)} of {what}"
