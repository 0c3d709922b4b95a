"""Charts over time: the quality of what comes in, and how long it waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pixlake.report import charts, timelines, words
from pixlake.report.answers import Record
from pixlake.report.figure import About, Figure, day, drawings, hour


def quality(about: About, id_: str, question: str) -> Figure:
    """Each day's mean quality."""
    days = [
        (datetime.fromisoformat(f"{row['day']}T12:00+00:00"), row["mean_quality"], row["scored"])
        for row in about.answers["scores_per_day"]
        if row["mean_quality"] is not None
    ]
    if not days:
        return Figure(id_, question, problem="No image was scored in these days.")
    low = about.policy.thresholds["is_low_quality"]
    dots = [
        timelines.Dot(at, mean, "mean", f"{day(at)}: {mean:.2f}, {words.counted(scored, 'image')}")
        for at, mean, scored in days
    ]
    values = [mean for _, mean, _ in days]
    if len(days) == 1:
        said = f"One day with scored images: their mean is {values[0]:.2f}."
    else:
        said = f"The daily mean lies between {min(values):.2f} and {max(values):.2f}; the last is {values[-1]:.2f}."

    def spec(width: int) -> dict[str, Any]:
        limit = charts.Limit(low, f"low < {low:g}")
        return timelines.lines(
            dots, {"mean": charts.ACCENT}, about.period, width, domain=(0, 1), limit=limit, last=f"{values[-1]:.2f}"
        )

    return Figure(
        id_,
        question,
        said,
        drawings(spec, said, medium=charts.MEDIUM),
        [("accent", "mean quality score of a day"), ("limit", "threshold of the policy")],
        ["Day", "Mean score", "Images"],
        [[day(at), words.score(mean), words.count(scored)] for at, mean, scored in days],
    )


def latency(about: About, id_: str, question: str) -> Figure:
    """Each hour's waiting times from upload to score: median, 90th and 99th percentile."""
    rows = about.answers["latency_per_hour"]
    if not rows:
        return Figure(id_, question, problem="No live upload was scored in these days.")
    names = {"p50_seconds": "half", "p90_seconds": "90 %", "p99_seconds": "99 %"}
    colours = {"half": charts.ACCENT, "90 %": charts.OTHER, "99 %": charts.WARN}
    dots = [
        timelines.Dot(
            words.utc(row["hour"]) + timedelta(minutes=30),
            row[column],
            name,
            f"{hour(words.utc(row['hour']))}: {name} within {words.duration(row[column])}",
        )
        for row in rows
        for column, name in names.items()
    ]
    if len(rows) == 1:
        return _one_hour(id_, question, rows[0])
    slowest = max(rows, key=lambda row: row["slowest_seconds"])
    busiest = max(rows, key=lambda row: row["images"])
    said = f"In the busiest hour half were scored within {words.duration(busiest['p50_seconds'])}, 99 % within "
    said += f"{words.duration(busiest['p99_seconds'])}. The slowest upload waited "
    said += f"{words.duration(slowest['slowest_seconds'])}."
    return Figure(
        id_,
        question,
        said,
        drawings(
            lambda width: timelines.lines(dots, colours, about.period, width, seconds=True),
            said,
            medium=charts.MEDIUM,
        ),
        [("accent", "half of an hour's uploads"), ("other", "90 %"), ("warn", "99 %")],
        ["Hour (UTC)", "Images", "50 %", "90 %", "99 %", "Slowest"],
        [
            [hour(words.utc(row["hour"])), words.count(row["images"])]
            + [words.duration(row[f"{name}_seconds"]) for name in ("p50", "p90", "p99", "slowest")]
            for row in rows
        ],
    )


def _one_hour(id_: str, question: str, row: Record) -> Figure:
    """Lines want two hours; one is told by bars."""
    names = {"p50": "half within", "p90": "90 % within", "p99": "99 % within", "slowest": "the slowest"}
    waits = [(name, row[f"{key}_seconds"], words.duration(row[f"{key}_seconds"])) for key, name in names.items()]
    start = hour(words.utc(row["hour"]))
    said = f"All live uploads came in one hour, {start}: {words.counted(row['images'], 'image')}."
    return Figure(
        id_,
        question,
        said,
        drawings(lambda width: charts.ranked_bars(waits, charts.ACCENT, width), said, medium=charts.MEDIUM),
        columns=["Hour (UTC)", "Images", "50 %", "90 %", "99 %", "Slowest"],
        rows=[[start, words.count(row["images"]), *(shown for _, _, shown in waits)]],
    )
