"""Charts of scores: how the images of the period are spread over each, against the policy's thresholds."""

from __future__ import annotations

from pixlake.report import charts, words
from pixlake.report.answers import Record
from pixlake.report.figure import About, Figure, drawings

EDGES = ("from_score", "to_score")


def quality(about: About, id_: str, question: str) -> Figure:
    """Quality scores."""
    low = about.policy.thresholds["is_low_quality"]
    below = charts.Limit(low, f"low < {low:g}")
    return _histogram(about, id_, question, [below], "quality score")


def text(about: About, id_: str, question: str) -> Figure:
    """Shares of the images that text covers."""
    has = about.policy.thresholds["has_text"]
    return _histogram(about, id_, question, [charts.Limit(has, f"text > {has:g}")], "share of the image")


def nsfw(about: About, id_: str, question: str) -> Figure:
    """Probabilities of not being safe for work."""
    review, nsfw = about.policy.thresholds["needs_review"], about.policy.thresholds["is_nsfw"]
    limits = [charts.Limit(review, f"review ≥ {review:g}"), charts.Limit(nsfw, f"not safe ≥ {nsfw:g}")]
    return _histogram(about, id_, question, limits, "nsfw score")


def _histogram(about: About, id_: str, question: str, limits: list[charts.Limit], title: str) -> Figure:
    rows = about.answers[f"{id_}_histogram"]
    if not rows:
        return Figure(id_, question, problem="No image was scored in these days.")
    images = sum(row["images"] for row in rows)
    bins = [(row["from_score"], row["to_score"], row["images"], _bin(row, images)) for row in rows]
    middle = _median_bin(rows, images)
    said = f"Half of {words.counted(images, 'image')} lie at {middle['to_score']:.2f} or below."
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: charts.histogram(bins, limits, title, width), f"{said} By {title}."),
        [("limit", "threshold of the policy")],
        ["From", "To", "Images", "Share"],
        [
            [*(f"{row[edge]:.2f}" for edge in EDGES), words.count(row["images"]), words.share(row["images"] / images)]
            for row in rows
        ],
    )


def _bin(row: Record, images: int) -> str:
    edges = f"{row['from_score']:.2f} to {row['to_score']:.2f}"
    return f"{edges}: {words.counted(row['images'], 'image')}, {words.share(row['images'] / images)}"


def _median_bin(rows: list[Record], images: int) -> Record:
    seen = 0
    for row in rows:
        seen += row["images"]
        if 2 * seen >= images:
            break
    return row
