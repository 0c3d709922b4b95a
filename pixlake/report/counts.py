"""Charts of counts: what came in, what it shows, what was rejected, what came twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from pixlake.report import charts, timelines, words
from pixlake.report.figure import About, Figure, drawings, when

MOST_NAMES = 10
"""Names that a chart of ranks shows; the table has them all."""


def uploads(about: About, id_: str, question: str) -> Figure:
    """What came in, by hour or day, and what became of it."""
    period = about.period
    counts: dict[datetime, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("scored", "rejected", "other"), 0))
    for row in about.answers["uploads_per_hour"]:
        bar = counts[period.floor(words.utc(row["hour"]))]
        bar["scored"] += row["scored"]
        bar["rejected"] += row["rejected"]
        bar["other"] += row["uploads"] - row["scored"] - row["rejected"]
    if not counts:
        return Figure(id_, question, problem="Nothing was uploaded in these days.")
    names = {"scored": "scored", "rejected": "rejected", "other": "not read"}
    bars = [
        timelines.Bar(start, start + period.step, what, n, f"{when(start, period)}: {n:,} {names[what]}")
        for start, bar in sorted(counts.items())
        for what, n in bar.items()
        if n
    ]
    busiest = max(counts, key=lambda start: sum(counts[start].values()))
    most = sum(counts[busiest].values())
    unit = "hour" if period.hourly else "day"
    said = f"The busiest {unit} was {when(busiest, period)} with {words.counted(most, 'upload')}."
    first = min(counts)
    if timelines.time_start(first, period) > period.start:  # the drawing begins later than the period
        said += f" Nothing came before {when(first, period)}."
    legend = [("accent", "scored"), ("warn", "rejected"), ("other", "not read")]
    there = {bar.what for bar in bars}
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: timelines.stacked_bars(bars, period, width), said, wide=charts.WIDE),
        [entry for entry, what in zip(legend, names, strict=True) if what in there],
        [unit.capitalize(), "Scored", "Rejected", "Not read"],
        [[when(start, period), *(words.count(n) for n in bar.values())] for start, bar in sorted(counts.items())],
    )


def categories(about: About, id_: str, question: str) -> Figure:
    """Families of what the images show, the most frequent first."""
    rows = about.answers["top_categories"]
    if not rows:
        return Figure(id_, question, problem="No image was scored in these days.")
    images = sum(row["images"] for row in rows)
    names = [words.visible(row["family"]) for row in rows]
    ranks = [
        (name, row["images"], words.count(row["images"])) for name, row in zip(names[:MOST_NAMES], rows, strict=False)
    ]
    said = f"{words.counted(images, 'image')} in {_families(len(rows))}; first comes {names[0]}, "
    said += f"{words.share(rows[0]['images'] / images)} of them."
    if len(rows) > MOST_NAMES:
        said += f" Drawn are the first {MOST_NAMES}."
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: charts.ranked_bars(ranks, charts.ACCENT, width), said),
        columns=["Family", "Images", "Share", "Mean score", "For example"],
        rows=[
            [
                name,
                words.count(row["images"]),
                words.share(row["images"] / images),
                words.score(row["mean_score"]),
                words.visible(row["examples"]),
            ]
            for name, row in zip(names, rows, strict=True)
        ],
    )


def _families(number: int) -> str:
    return "one family" if number == 1 else f"{number} families"


def rejects(about: About, id_: str, question: str) -> Figure:
    """Codes of rejection, the most frequent first."""
    rows = about.answers["rejects_by_code"]
    if not rows:
        return Figure(id_, question, problem="No upload was rejected in these days.")
    codes = [words.visible(row["code"]) for row in rows]
    ranks = [
        (code, row["rejects"], words.count(row["rejects"])) for code, row in zip(codes[:MOST_NAMES], rows, strict=False)
    ]
    rejects = sum(row["rejects"] for row in rows)
    said = f"{words.counted(rejects, 'upload')}, most often because of “{codes[0]}”."
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: charts.ranked_bars(ranks, charts.WARN, width), said),
        columns=["Code", "Uploads", "Size", "For example"],
        rows=[
            [
                code,
                words.count(row["rejects"]),
                words.human_bytes(row["upload_bytes"] or 0),
                words.visible(row["example"]),
            ]
            for code, row in zip(codes, rows, strict=True)
        ],
    )


def duplicates(about: About, id_: str, question: str) -> Figure:
    """The share of uploads whose content came before."""
    (row,) = about.answers["duplicate_share"]
    scored, again = int(row["scored"]), int(row["repetitions"])
    if not scored:
        return Figure(id_, question, problem="No image was scored in these days.")
    size = words.human_bytes(row["repeated_bytes"])
    if again:
        said = (
            f"{words.counted(again, 'upload')} of {words.count(scored)} ({words.share(row['share'])}) repeat a content "
        )
        said += f"that came before; without them {size} would be saved."
    else:
        said = f"Nothing: {words.counted(scored, 'upload')}, each with a content of its own."
    parts = [
        (charts.ACCENT, scored - again, f"{words.count(scored - again)} contents, each counted once"),
        (charts.OTHER, again, f"{words.counted(again, 'repetition')}, {size}"),
    ]
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: charts.split_bar(parts, width), said),
        [("accent", "new contents"), ("other", "repetitions")] if again else [],
        ["", "Uploads", "Share"],
        [
            ["New contents", words.count(scored - again), words.share(1 - (row["share"] or 0))],
            ["Repetitions", words.count(again), words.share(row["share"])],
        ],
    )
