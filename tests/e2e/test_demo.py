"""What a newcomer types."""

import subprocess

import pytest

from tests.e2e.conftest import BIN, PATIENCE, clean_environment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("toy")]


def test_the_demo_shows_rows_and_an_answer_and_leaves_nothing_running(tmp_path):
    ended = subprocess.run(
        [BIN / "pixlake", "demo", "--report", "report.html"],
        env=clean_environment()  # and a profile of an account that the demo must not need
        | {"HOME": str(tmp_path), "COLUMNS": "140", "AWS_PROFILE": "work"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "food/café au lait.webp" in ended.stdout
    assert "espresso" in ended.stdout
    assert "truncated" in ended.stdout
    assert "GROUP BY category.family" in ended.stdout
    assert "13 uploads came in: 12 were scored, 1 was rejected." in (tmp_path / "report.html").read_text()
    assert "nothing left running" in ended.stderr
    processes = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert str(tmp_path) not in processes
