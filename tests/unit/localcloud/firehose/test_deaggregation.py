"""One record's concatenated JSON objects become rows."""

import pytest

from pixlake.localcloud.firehose.deaggregation import split_json_objects


@pytest.mark.parametrize("between", [b"", b"\n", b" \t\r\n "])
def test_given_objects_with_or_without_whitespace_when_split_then_each_is_kept_byte_for_byte(between):
    objects = [b'{"a":1}', b'{"b": "}{ \\" \xc3\xa9"}', '{"c":{"d":[{"é":"😀"}]}}'.encode()]
    split = split_json_objects(between.join(objects) + between)
    assert split.objects == objects
    assert (split.rest, split.problem) == (b"", "")


@pytest.mark.parametrize(
    ("data", "kept", "rest"),
    [
        (b'[{"a":1},{"a":2}]', [], b'[{"a":1},{"a":2}]'),
        (b'{"a":1}[1]', [b'{"a":1}'], b"[1]"),
        ('{"a":"é"}{"b":'.encode(), ['{"a":"é"}'.encode()], b'{"b":'),
        (b'{"a":1},{"a":2}', [b'{"a":1}'], b',{"a":2}'),
        (b'{"a":NaN}', [], b'{"a":NaN}'),
        (b'{"a":"\n"}', [], b'{"a":"\n"}'),
        (b"\xff\xfe", [], b"\xff\xfe"),
        (b"not json", [], b"not json"),
        (b'{"a":' + b"[" * 100_000, [], b'{"a":' + b"[" * 100_000),
    ],
)
def test_given_something_unreadable_when_split_then_what_was_whole_is_kept_and_the_rest_is_told(data, kept, rest):
    split = split_json_objects(data)
    assert split.objects == kept
    assert split.rest == rest
    assert split.problem


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_given_an_empty_record_when_split_then_it_is_a_problem_and_not_nothing(data):
    split = split_json_objects(data)
    assert split.rest == data
    assert "empty" in split.problem
