"""All charts of the report, each made from one question's answer."""

from __future__ import annotations

from collections.abc import Callable

from pixlake.report import counts, scores, times
from pixlake.report.answers import Unanswered
from pixlake.report.figure import About, Figure


def figures(about: About) -> dict[str, Figure]:
    """All of them, by id."""
    made: dict[str, tuple[str, Callable[[About, str, str], Figure]]] = {
        "uploads": ("How many uploads came in, and what became of them?", counts.uploads),
        "categories": ("What do the images show?", counts.categories),
        "rejects": ("Why were uploads rejected?", counts.rejects),
        "duplicates": ("How much was uploaded twice?", counts.duplicates),
        "quality": ("How good are the images?", scores.quality),
        "text": ("How much of them is text?", scores.text),
        "nsfw": ("Are they safe for work?", scores.nsfw),
        "quality-time": ("Does the quality change?", times.quality),
        "latency": ("How long until an upload is scored?", times.latency),
    }
    found = {}
    for id_, (question, make) in made.items():
        try:
            found[id_] = make(about, id_, question)
        except Unanswered as problem:
            found[id_] = Figure(id_, question, problem=str(problem))
    return found
