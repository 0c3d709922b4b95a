"""Some of the corpus (all of it: `make fuzz`), in a process of its own, since it is forked for each file."""

import json
import subprocess
import sys

import pytest

from inference.errors import REJECTION_CODES
from tests.conftest import ROOT
from tests.hostile.accounting import Account


def decoded(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.hostile", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_given_hostile_files_when_decoded_then_each_is_scored_or_rejected_within_memory_and_time():
    ended = decoded("--every", "50", "--bombs", "small", "--json")

    accounts = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {one["name"]: one["faults"] for one in accounts if one["faults"]} == {}
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(accounts) > 300
    found = {one["outcome"] for one in accounts}
    assert found == {"scored", *REJECTION_CODES} - {"empty", "decoder_crash", "decode_timeout"}


def test_given_a_bound_that_is_broken_when_decoded_then_it_is_named_and_the_command_fails():
    ended = decoded("--every", "1000000", "--name", "bomb/bmp-rle", "--bombs", "small", "--megabytes", "20")

    assert ended.returncode == 1
    assert "bomb/bmp-rle: took " in ended.stderr
    assert "1 files, 1 out of bounds" in ended.stdout


SOUND = {"name": "x", "outcome": "corrupt", "message": "PNG does not decode", "file_bytes": 9, "seconds": 1.0}
SOUND |= {"megabytes": 50, "complaints": "", "left": ()}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"outcome": "ValueError"}, "ended as ValueError"),
        ({"outcome": "killed by SIGSEGV"}, "ended as killed by SIGSEGV"),
        ({"message": ""}, "no reason is given"),
        ({"seconds": 3.5}, "took 3.5 s"),
        ({"megabytes": 101}, "took 101 MB"),
        ({"complaints": "warning: x"}, "said on stderr: 'warning: x'"),
        ({"left": ("core.1",)}, "left core.1"),
    ],
)
def test_given_an_account_when_judged_then_what_breaks_a_bound_is_named(change, fault):
    assert Account(**SOUND).faults(seconds=3.0, megabytes=100) == []
    assert Account(**(SOUND | change)).faults(seconds=3.0, megabytes=100) == [fault]
