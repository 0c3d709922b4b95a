"""An image decoded in a process of its own: the same scores, and whatever it does to the process is its own row."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

from inference import (
    Catalog,
    DecodeFailed,
    ImageFacts,
    Rejected,
    Scored,
    Scorer,
    ScorerSettings,
    child_answer,
    isolation,
)
from inference.errors import ImageRejected
from inference.isolation import ChildDecoder
from inference.prepare import Prepared, prepare
from tests.conftest import ROOT

from .conftest import encode

SAMPLES = sorted(path for path in (ROOT / "samples").rglob("*") if path.suffix not in ("", ".md"))
PLENTY = 60.0


@pytest.fixture(scope="module")
def scorer():
    return Scorer.load(ScorerSettings())


@pytest.fixture(scope="module")
def child():
    return ChildDecoder(Catalog.load().scoring, 50_000_000, memory_bytes=600 << 20, seconds=30.0)


@pytest.fixture
def frail(monkeypatch, tmp_path):
    """The child finds a decoder that breaks, and works in an empty folder."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "frail_decoder")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bmp(side: int) -> bytes:
    return encode(Image.new("RGB", (side, side), "red"), "BMP")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_given_a_sample_when_decoded_alone_then_its_result_is_that_of_the_direct_way(scorer, path):
    data = path.read_bytes()

    [direct] = scorer.score([data])
    [alone] = scorer.score([data], alone_within_s=PLENTY)

    times = {"decode_ms": 0.0, "inference_ms": 0.0} if isinstance(direct, Scored) else {"decode_ms": 0.0}
    assert replace(alone, **times) == replace(direct, **times)


def test_given_a_photo_when_prepared_by_a_child_then_every_byte_of_the_inputs_is_the_same(child):
    data = (ROOT / "samples" / "spaniels.jpg").read_bytes()

    alone, direct = child.prepare(data, PLENTY), prepare(data, child.models, child.max_pixels)

    assert alone.image == direct.image
    assert list(alone.inputs) == list(direct.inputs)
    for name, given in direct.inputs.items():
        for one, other in zip(alone.inputs[name], given, strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.tobytes() == other.tobytes()


def test_given_a_killer_among_neighbours_when_each_is_decoded_alone_then_they_are_scored(scorer, frail):
    results = scorer.score([bmp(30), bmp(13), bmp(31)], alone_within_s=PLENTY)

    assert [type(result) for result in results] == [Scored, Rejected, Scored]
    assert (results[1].code, results[1].message) == (
        "decoder_crash",
        "the process that decoded it was ended by SIGSEGV",
    )


@pytest.mark.parametrize(
    ("side", "code", "message"),
    [
        (14, "decoder_crash", "decoding it takes more than 600 MB of memory"),
        (16, "decoder_crash", "the process that decoded it was ended by SIGKILL, as when memory runs out"),
        (17, "decoder_crash", "the process that decoded it ended with status 0 and no whole answer"),
        (19, "decoder_crash", "the process that decoded it was ended by SIGINT"),
        (21, "decoder_crash", "decoding it takes more than 600 MB of memory"),
    ],
)
def test_given_what_breaks_the_process_when_decoded_alone_then_it_is_rejected_with_the_reason(
    child, frail, side, code, message
):
    result = child.prepare(bmp(side), PLENTY)

    assert (result.code, result.message, result.image) == (code, message, None)


def test_given_an_endless_decode_when_its_time_is_up_then_it_is_rejected(child, frail):
    result = replace(child, seconds=4.0).prepare(bmp(15), PLENTY)

    assert (result.code, result.message) == ("decode_timeout", "not decoded after 4 seconds")


def test_given_an_endless_decode_when_only_the_invocation_has_no_time_left_then_it_is_no_fault_of_the_image(
    child, frail
):
    with pytest.raises(DecodeFailed, match=r"no answer after 1\.5 s, all that was left"):
        child.prepare(bmp(15), within_s=1.5)


@pytest.mark.parametrize("within_s", [0.0, 0.001])
def test_given_no_time_when_asked_then_it_is_no_fault_of_the_image(child, within_s):
    with pytest.raises(DecodeFailed, match="all that was left"):
        child.prepare(bmp(30), within_s)


def test_given_a_child_too_slow_to_start_when_its_time_is_up_then_it_is_no_fault_of_the_image(child, monkeypatch):
    monkeypatch.setattr(isolation, "COMMAND", (sys.executable, "-c", "while True: pass"))

    with pytest.raises(DecodeFailed):
        replace(child, seconds=0.5).prepare(bmp(30), PLENTY)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ((sys.executable, "-c", "raise SystemExit('no such module')"), "ended with 1 before it began: no such module"),
        (("/nonexistent/python",), "does not start: .*No such file"),
    ],
)
def test_given_a_child_that_does_not_start_when_asked_then_it_is_no_fault_of_the_image(
    child, monkeypatch, command, complaint
):
    monkeypatch.setattr(isolation, "COMMAND", command)

    with pytest.raises(DecodeFailed, match=complaint):
        child.prepare(bmp(30), PLENTY)


def test_given_a_library_that_prints_when_decoded_alone_then_the_answer_is_whole(child, frail):
    assert isinstance(child.prepare(bmp(18), PLENTY), Prepared)


def test_given_a_decoder_that_writes_a_file_when_decoded_alone_then_the_file_stays_empty(child, frail):
    assert child.prepare(bmp(20), PLENTY).code == "corrupt"
    assert [path.stat().st_size for path in frail.iterdir()] == [0]


def test_given_credentials_when_decoded_alone_then_the_child_has_none_and_no_runtime(child, frail):
    assert "AWS_SECRET_ACCESS_KEY" in os.environ

    assert child.prepare(bmp(22), PLENTY).message == "BMP does not decode: sees [], 0 heavy modules"


def test_given_memory_that_runs_out_beside_others_when_scored_then_no_image_is_blamed(scorer, monkeypatch):
    def exhausted(self):
        raise MemoryError

    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", exhausted)

    with pytest.raises(DecodeFailed, match="memory ran out"):
        scorer.score([bmp(30)])


@pytest.mark.parametrize("garbage", [b"", b"\0\0", b"\0\0\0\x04null", b"\0\0\0\x02{}", b"\xff\xff\xff\xff{}"])
def test_given_a_garbled_answer_when_read_then_it_is_a_crash(child, monkeypatch, garbage):
    ended = subprocess.CompletedProcess([], 0, child_answer.READY + garbage, b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)

    assert child.prepare(b"x", PLENTY).code == "decoder_crash"


def test_given_a_bug_of_ours_in_the_child_when_answered_then_it_is_a_retry(child, monkeypatch):
    answer = child_answer.READY + child_answer.pack("ZeroDivisionError()")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, answer, b""))

    with pytest.raises(DecodeFailed, match="a bug, as it seems: ZeroDivisionError"):
        child.prepare(b"x", PLENTY)


def test_given_a_rejection_with_facts_when_packed_then_it_comes_back_whole():
    facts = ImageFacts("PNG", 60_000, 60_000, "RGB", 1, None, None)

    back = child_answer.unpack(child_answer.pack(ImageRejected("too_many_pixels", "60000×60000", facts)))

    assert (back.code, back.message, back.image) == ("too_many_pixels", "60000×60000", facts)
