from datetime import date, datetime

import pytest

from pixlake.cli.reading import printable, readable
from pixlake.cli.terminal import CommandError, fail


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        ("uploads", [0, 1234567, None], ["0", "1,234,567", "–"]),
        ("upload_bytes", [999, 1400, 2.5e9], ["999 B", "1.4 KB", "2.5 GB"]),
        ("share", [0.1234, 1, 0.0], ["12.3 %", "100.0 %", "0.0 %"]),
        ("duplicate_share", [0.5], ["50.0 %"]),
        ("score", [0.25, 1234567.5, 0.0, 2.5e-7, -2.5e-7], ["0.25", "1,234,567.5", "0", "2.5e-07", "-2.5e-07"]),
        ("dhash", [-1234567], ["-1234567"]),
        ("year", [2026], ["2026"]),
        ("is_nsfw", [True, None], ["True", "–"]),
        ("day", [date(2026, 11, 3), None], ["2026-11-03", "–"]),
        ("week", [datetime(2026, 11, 2)], ["2026-11-02"]),
        ("hour", [datetime(2026, 11, 3), datetime(2026, 11, 3, 9)], ["2026-11-03 00:00", "2026-11-03 09:00"]),
        ("uploaded_at", [datetime(2026, 11, 3, 9, 15, 27, 120_000)], ["2026-11-03 09:15:27"]),
        ("bytes", ["three"], ["three"]),
        ("mixed", [1, "x"], ["1", "x"]),
        ("nothing", [None], ["–"]),
    ],
)
def test_a_column_is_written_as_people_read_it(column, values, texts):
    assert readable(column, values) == texts


def test_what_came_with_an_upload_cannot_steer_the_terminal():
    assert printable("a\x1b[31mred\nnext") == "a\\x1b[31mred\\nnext"
    assert readable("object_key", ["\u202egpj.exe"]) == ["\\u202egpj.exe"]


def test_neither_can_an_error_that_quotes_it(capsys):
    with pytest.raises(SystemExit):
        fail(CommandError("Cannot cast '\x1b]0;owned\x07[red]' to double\nline 2", status=1))

    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\\x1b]0;owned\\x07[red]" in said
    assert said.count("\n") == 2
