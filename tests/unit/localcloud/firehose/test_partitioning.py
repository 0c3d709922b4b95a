"""Partition keys by jq."""

import pytest

from pixlake.localcloud.firehose.partitioning import PartitionQuery, UnpartitionableError


@pytest.mark.parametrize(
    ("query", "row", "keys"),
    [
        ("{dt: .dt}", b'{"dt":"2026-11-05"}', {"dt": "2026-11-05"}),
        ("{n: .n, b: .b, c: .c}", b'{"n":7,"b":false,"c":true}', {"n": "7", "b": "false", "c": "true"}),
        ("{f: .f}", b'{"f":1.5}', {"f": "1.5"}),
        ('{y: .t | strftime("%Y")}', b'{"t":1565382027}', {"y": "2019"}),
        ("{d: .type.device}", '{"type":{"device":"é"}}'.encode(), {"d": "é"}),
    ],
)
def test_given_a_row_when_queried_then_its_keys_are_text(query, row, keys):
    assert PartitionQuery(query).keys(row, tuple(keys)) == keys


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (b'{"dt":null}', "must not be null or empty: dt"),
        (b"{}", "must not be null or empty: dt"),
        (b'{"dt":""}', "must not be null or empty: dt"),
        (b'{"dt":["x"]}', "must be scalars: dt"),
        (b'{"dt":{}}', "must be scalars: dt"),
        (b'{"dt":"a"}{"dt":"b"}', "Non JSON record provided"),
        (b"", "Non JSON record provided"),
        (b"[1]", "Non JSON record provided"),
        (b'{"dt":', "Non JSON record provided"),
        (b"\xff", "Non JSON record provided"),
    ],
)
def test_given_a_row_without_a_usable_key_when_queried_then_it_says_why(row, complaint):
    with pytest.raises(UnpartitionableError, match=complaint):
        PartitionQuery("{dt: .dt}").keys(row, ("dt",))


def test_given_a_key_that_only_the_prefix_names_when_queried_then_it_is_missing():
    with pytest.raises(UnpartitionableError, match="null or empty: other"):
        PartitionQuery("{dt: .dt}").keys(b'{"dt":"x"}', ("other",))


def test_given_a_query_jq_does_not_understand_when_compiled_then_it_is_refused():
    with pytest.raises(ValueError, match="syntax error"):
        PartitionQuery("{dt: ")
