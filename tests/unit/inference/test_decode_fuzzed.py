"""Any bytes: a picture, or a rejection with a code and a reason. Never another exception."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.errors import REJECTION_CODES, ImageRejected
from inference.formats.containers import count_frames, declared_size, ends_early, sniff
from inference.formats.decode import Picture, decode
from tests.hostile.sound import sound
from tests.hostile.spoiled import SIGNATURES

SOUND = {name: data for name, _, data in sound()}
FUZZED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decoded(data: bytes) -> Picture | ImageRejected:
    try:
        return decode(data, max_pixels=300_000, shorter_side=64)
    except ImageRejected as rejected:
        return rejected


def check(data: bytes) -> None:
    result = decoded(data)
    if isinstance(result, ImageRejected):
        assert result.code in REJECTION_CODES
        assert result.message
        assert result.image is None or max(result.image.width, result.image.height) < 2**31
    else:
        assert result.rgb.mode == "RGB"
        assert min(result.rgb.size) >= 1
        assert result.facts.width * result.facts.height <= 300_000


@st.composite
def mutated(draw):
    """A sound file with some stretches replaced, doubled or cut out."""
    data = bytearray(SOUND[draw(st.sampled_from(sorted(SOUND)))])
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.sampled_from([1, 2, 4, 8, 100])))
        match draw(st.integers(0, 3)):
            case 0:
                data[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
            case 1:
                data[start:end] = draw(st.sampled_from([b"\xff", b"\0", b"\x80", b"\x7f"])) * (end - start)
            case 2:
                del data[start:end]
            case _:
                data[start:start] = data[start:end]
    return bytes(data)


@FUZZED
@given(mutated())
def test_given_a_mutated_file_when_decoded_then_it_is_a_picture_or_a_rejection(data):
    check(data)


@FUZZED
@given(st.sampled_from(sorted(SIGNATURES.values())), st.binary(max_size=300))
def test_given_a_signature_and_any_bytes_when_decoded_then_it_is_a_picture_or_a_rejection(signature, rest):
    check(signature + rest)


@FUZZED
@given(st.sampled_from(sorted(SIGNATURES.items())), st.binary(max_size=400))
def test_given_a_signature_and_any_bytes_when_the_container_is_walked_then_it_answers(form, rest):
    name, signature = form
    data = signature + rest

    assert sniff(data) in (None, name)
    width, height = declared_size(name, data)
    assert min(width, height) >= 0
    assert ends_early(name, data) in (True, False)
    frames = count_frames(name, data)
    assert frames is None or 1 <= frames <= 10_000


@pytest.mark.parametrize("name", sorted(SOUND))
def test_given_the_files_that_are_mutated_when_decoded_as_they_are_then_they_are_sound(name):
    picture = decode(SOUND[name], max_pixels=300_000, shorter_side=64)

    assert sorted((picture.facts.width, picture.facts.height))[0] >= 32
