"""The report's charts with their questions, words and tables, each made from one question's answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from pixlake.report import charts, words
from pixlake.report.answers import Answers, Record, Unanswered
from pixlake.report.period import Period
from pixlake.report.policy import Policy
from pixlake.report.svg import draw

MOST_NAMES = 10
"""Names that a chart of ranks shows; the table has them all."""


@dataclass(frozen=True)
class Figure:
    """A chart, or in its place the words that say why there is none."""

    id: str
    question: str
    words: str = ""
    drawings: dict[str, Markup] = field(default_factory=dict)
    """By the width they are made for: `narrow`, and `medium` or `wide`."""
    legend: Sequence[tuple[str, str]] = ()
    """Colour (a variable's name) and what it stands for."""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """The same figures as text; the first column is the row's heading."""
    problem: str = ""


@dataclass(frozen=True)
class About:
    """What every figure is made of."""

    answers: Answers
    period: Period
    policy: Policy


def figures(about: About) -> dict[str, Figure]:
    """All of them, by id."""
    made: dict[str, tuple[str, Callable[[About, str, str], Figure]]] = {
        "uploads": ("How many uploads came in, and what became of them?", _uploads),
        "categories": ("What do the images show?", _categories),
        "rejects": ("Why were uploads rejected?", _rejects),
        "duplicates": ("How much was uploaded twice?", _duplicates),
        "quality": ("How good are the images?", _quality),
        "text": ("How much of them is text?", _text),
        "nsfw": ("Are they safe for work?", _nsfw),
        "quality-time": ("Does the quality change?", _quality_in_time),
        "latency": ("How long until an upload is scored?", _latency),
    }
    found = {}
    for id_, (question, make) in made.items():
        try:
            found[id_] = make(about, id_, question)
        except Unanswered as problem:
            found[id_] = Figure(id_, question, problem=str(problem))
    return found


def _uploads(about: About, id_: str, question: str) -> Figure:
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
        charts.Bar(start, start + period.step, what, n, f"{_when(start, period)}: {n:,} {names[what]}")
        for start, bar in sorted(counts.items())
        for what, n in bar.items()
        if n
    ]
    busiest = max(counts, key=lambda start: sum(counts[start].values()))
    most = sum(counts[busiest].values())
    unit = "hour" if period.hourly else "day"
    said = f"The busiest {unit} was {_when(busiest, period)} with {words.counted(most, 'upload')}. Times are UTC."
    legend = [("accent", "scored"), ("warn", "rejected"), ("other", "not read")]
    there = {bar.what for bar in bars}
    return Figure(
        id_,
        question,
        said,
        _drawings(lambda width: charts.stacked_bars(bars, period, width), said, wide=charts.WIDE),
        [entry for entry, what in zip(legend, names, strict=True) if what in there],
        [unit.capitalize(), "Scored", "Rejected", "Not read"],
        [[_when(start, period), *(words.count(n) for n in bar.values())] for start, bar in sorted(counts.items())],
    )


def _categories(about: About, id_: str, question: str) -> Figure:
    rows = about.answers["top_categories"]
    if not rows:
        return Figure(id_, question, problem="No image was scored in these days.")
    images = sum(row["images"] for row in rows)
    names = [words.visible(row["family"]) for row in rows]
    ranks = [
        (name, row["images"], f"{name}: {row['images']:,} ({words.visible(row['examples'])})")
        for name, row in zip(names[:MOST_NAMES], rows, strict=False)
    ]
    said = f"{words.counted(images, 'image')} in {_families(len(rows))}; first comes {names[0]}, "
    said += f"{words.share(rows[0]['images'] / images)} of them."
    if len(rows) > MOST_NAMES:
        said += f" Drawn are the first {MOST_NAMES}."
    return Figure(
        id_,
        question,
        said,
        _drawings(lambda width: charts.ranked_bars(ranks, charts.ACCENT, width), said),
        columns=["Family", "Images", "Share", "Mean score", "For example"],
        rows=[
            [name, words.count(row["images"]), words.share(row["images"] / images), words.score(row["mean_score"])]
            + [words.visible(row["examples"])]
            for name, row in zip(names, rows, strict=True)
        ],
    )


def _families(number: int) -> str:
    return "one family" if number == 1 else f"{number} families"


def _rejects(about: About, id_: str, question: str) -> Figure:
    rows = about.answers["rejects_by_code"]
    if not rows:
        return Figure(id_, question, problem="No upload was rejected in these days.")
    codes = [words.visible(row["code"]) for row in rows]
    ranks = [
        (code, row["rejects"], f"{code}: {words.counted(row['rejects'], 'upload')}")
        for code, row in zip(codes[:MOST_NAMES], rows, strict=False)
    ]
    rejects = sum(row["rejects"] for row in rows)
    said = f"{words.counted(rejects, 'upload')}, most often because of “{codes[0]}”."
    return Figure(
        id_,
        question,
        said,
        _drawings(lambda width: charts.ranked_bars(ranks, charts.WARN, width), said),
        columns=["Code", "Uploads", "Size", "For example"],
        rows=[
            [code, words.count(row["rejects"]), words.human_bytes(row["upload_bytes"] or 0)]
            + [words.visible(row["example"])]
            for code, row in zip(codes, rows, strict=True)
        ],
    )


def _duplicates(about: About, id_: str, question: str) -> Figure:
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
        _drawings(lambda width: charts.split_bar(parts, width), said),
        [("accent", "new contents"), ("other", "repetitions")],
        ["", "Uploads", "Share"],
        [
            ["New contents", words.count(scored - again), words.share(1 - (row["share"] or 0))],
            ["Repetitions", words.count(again), words.share(row["share"])],
        ],
    )


def _quality(about: About, id_: str, question: str) -> Figure:
    low = about.policy["is_low_quality"]
    below = charts.Limit(low, f"low below {low:g}")
    return _histogram(about, id_, question, [below], "quality score")


def _text(about: About, id_: str, question: str) -> Figure:
    has = about.policy["has_text"]
    return _histogram(about, id_, question, [charts.Limit(has, f"carries text above {has:g}")], "share of the image")


def _nsfw(about: About, id_: str, question: str) -> Figure:
    review, nsfw = about.policy["needs_review"], about.policy["is_nsfw"]
    limits = [charts.Limit(review, f"to review from {review:g}"), charts.Limit(nsfw, f"not safe from {nsfw:g}")]
    return _histogram(about, id_, question, limits, "nsfw score")


def _histogram(about: About, id_: str, question: str, limits: list[charts.Limit], title: str) -> Figure:
    rows = about.answers[f"{id_}_histogram"]
    if not rows:
        return Figure(id_, question, problem="No image was scored in these days.")
    images = sum(row["images"] for row in rows)
    bins = [(row["from_score"], row["to_score"], row["images"], _bin(row, images)) for row in rows]
    middle = _median_bin(rows, images)
    said = f"Half of {words.counted(images, 'image')} score {middle['to_score']:.2f} or less."
    return Figure(
        id_,
        question,
        said,
        _drawings(lambda width: charts.histogram(bins, limits, title, width), f"{said} By {title}."),
        [("limit", "threshold of the policy")],
        ["From", "To", "Images", "Share"],
        [
            [f"{row['from_score']:.2f}", f"{row['to_score']:.2f}", words.count(row["images"])]
            + [words.share(row["images"] / images)]
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


def _quality_in_time(about: About, id_: str, question: str) -> Figure:
    days = [
        (datetime.fromisoformat(f"{row['day']}T12:00+00:00"), row["mean_quality"], row["scored"])
        for row in about.answers["scores_per_day"]
        if row["mean_quality"] is not None
    ]
    if not days:
        return Figure(id_, question, problem="No image was scored in these days.")
    low = about.policy["is_low_quality"]
    dots = [
        charts.Dot(at, mean, "mean", f"{_day(at)}: {mean:.2f}, {words.counted(scored, 'image')}")
        for at, mean, scored in days
    ]
    values = [mean for _, mean, _ in days]
    if len(days) == 1:
        said = f"One day with scored images: their mean is {values[0]:.2f}."
    else:
        said = f"The daily mean lies between {min(values):.2f} and {max(values):.2f}; the last is {values[-1]:.2f}."

    def spec(width: int) -> dict[str, Any]:
        limit = charts.Limit(low, f"low below {low:g}")
        return charts.lines(dots, {"mean": charts.ACCENT}, about.period, width, domain=[0, 1], limit=limit)

    return Figure(
        id_,
        question,
        said,
        _drawings(spec, said, medium=charts.MEDIUM),
        [("accent", "mean quality score of a day"), ("limit", "threshold of the policy")],
        ["Day", "Mean score", "Images"],
        [[_day(at), words.score(mean), words.count(scored)] for at, mean, scored in days],
    )


def _latency(about: About, id_: str, question: str) -> Figure:
    rows = about.answers["latency_per_hour"]
    if not rows:
        return Figure(id_, question, problem="No live upload was scored in these days.")
    names = {"p50_seconds": "half", "p90_seconds": "90 %", "p99_seconds": "99 %"}
    colours = {"half": charts.ACCENT, "90 %": charts.OTHER, "99 %": charts.WARN}
    dots = [
        charts.Dot(
            words.utc(row["hour"]) + timedelta(minutes=30),
            row[column],
            name,
            f"{_hour(words.utc(row['hour']))}: {name} within {words.duration(row[column])}",
        )
        for row in rows
        for column, name in names.items()
    ]
    slowest = max(rows, key=lambda row: row["slowest_seconds"])
    busiest = max(rows, key=lambda row: row["images"])
    said = f"In the busiest hour half were scored within {words.duration(busiest['p50_seconds'])}, 99 % within "
    said += f"{words.duration(busiest['p99_seconds'])}. The slowest upload waited "
    said += f"{words.duration(slowest['slowest_seconds'])}."
    return Figure(
        id_,
        question,
        said,
        _drawings(
            lambda width: charts.lines(dots, colours, about.period, width, unit="seconds"), said, medium=charts.MEDIUM
        ),
        [("accent", "half of an hour's uploads"), ("other", "90 %"), ("warn", "99 %")],
        ["Hour (UTC)", "Images", "50 %", "90 %", "99 %", "Slowest"],
        [
            [_hour(words.utc(row["hour"])), words.count(row["images"])]
            + [words.duration(row[f"{name}_seconds"]) for name in ("p50", "p90", "p99", "slowest")]
            for row in rows
        ],
    )


def _drawings(spec: Callable[[int], dict[str, Any]], label: str, **wider: int) -> dict[str, Markup]:
    return {name: draw(spec(width), label) for name, width in ({"narrow": charts.NARROW} | wider).items()}


def _when(start: datetime, period: Period) -> str:
    return _hour(start) if period.hourly else _day(start)


def _hour(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}, {moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
