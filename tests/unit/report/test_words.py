from datetime import date, timedelta

import pytest

from pixlake.report import words
from pixlake.report.period import Period


def test_figures_read_as_people_write_them():
    assert [words.count(n) for n in (0, 1234, 1e6, None)] == ["0", "1,234", "1,000,000", "–"]
    assert [words.share(x).replace(words.NARROW, " ") for x in (0, 0.001, 0.12, 0.999, 1)] == [
        *("0 %", "<1 %", "12 %", ">99 %", "100 %")
    ]
    assert [words.score(x) for x in (0, 0.001, 0.5, 1, None)] == ["0.00", "<0.01", "0.50", "1.00", "–"]
    assert [words.duration(s) for s in (0.34, 2.14, 12, 90, 7200, 200_000)] == [
        *("340 ms", "2.1 s", "12 s", "1.5 min", "2.0 h", "2.3 days")
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("café/日本語.jpg", "café/日本語.jpg"),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("a\u2028b\u202egpj", "a\\u2028b\\u202egpj"),
        ("\ud800", "\\ud800"),
        ("z" + "\u0301" * 50, "z" + "\u0301" * 4),
    ],
)
def test_nothing_invisible_is_left_in_a_text_of_the_lake(text, shown):
    assert words.visible(text) == shown


def test_a_period_has_whole_days_and_reads_as_a_date():
    week = Period.ending(date(2026, 11, 21), 7)

    assert week.bounds == ("2026-11-15", "2026-11-21")
    assert (week.days, week.hourly, week.end - week.start) == (7, True, timedelta(days=7))
    assert not Period.ending(date(2026, 11, 21), 8).hourly
    assert [str(Period.ending(date(2026, 1, 2), days)) for days in (1, 2, 3, 60)] == [
        *("2 January 2026", "1–2 January 2026", "31 December 2025 – 2 January 2026", "4 November 2025 – 2 January 2026")
    ]


def test_a_moment_falls_into_the_bar_of_its_hour_or_day():
    moment = Period.ending(date(2026, 11, 21), 1).start + timedelta(hours=15, minutes=7, seconds=3)

    assert Period.ending(date(2026, 11, 21), 7).floor(moment).hour == 15
    assert Period.ending(date(2026, 11, 21), 30).floor(moment).hour == 0
