import json

import pytest

from sink.contract import RowContract, check_of


@pytest.mark.parametrize(
    ("hive_type", "good", "bad"),
    [
        ("string", ["", "é"], [1, None, b"x"]),
        ("int", [0, -(2**31), 2**31 - 1], [2**31, 1.0, "1", True]),
        ("bigint", [2**63 - 1, -(2**63)], [2**63, "1"]),
        ("double", [0, 1.5, -2.0], [float("nan"), float("inf"), "1", False]),
        ("timestamp", ["2026-11-03 09:15:27.000"], ["2026-11-03T09:15:27Z", "2026-11-03", 5]),
        ("array<string>", [[], ["a"]], ["a", [1], [None]]),
        ("map<string,string>", [{}, {"a": "b"}], [{"a": 1}, {1: "a"}, []]),
        (
            "struct<label:string,top:array<struct<label:string,score:double>>>",
            [{}, {"label": None}, {"label": "a", "top": [{"label": "b", "score": 0.5}]}],
            [{"labels": "a"}, {"label": 1}, {"top": [{"score": "0.5"}]}, []],
        ),
    ],
)
def test_a_type_accepts_what_firehose_would_and_nothing_else(hive_type, good, bad):
    check = check_of(hive_type)

    assert [check(value) for value in good] == [None] * len(good)
    assert all(check(value) for value in bad)


@pytest.mark.parametrize("hive_type", ["", "decimal(3)", "array", "map<int,string>", "struct<a:blob>"])
def test_an_unknown_type_is_refused_by_name(hive_type):
    with pytest.raises(ValueError, match="is not known here"):
        check_of(hive_type)


def test_violations_name_column_field_and_value(tmp_path):
    path = tmp_path / "contract.json"
    columns = [{"name": "bucket", "type": "string"}, {"name": "nsfw", "type": "struct<score:double>"}]
    path.write_text(json.dumps({"columns": columns}))
    contract = RowContract.load(path)

    assert list(contract.violations({"bucket": "b", "nsfw": {"score": 0.5}})) == []
    assert list(contract.violations({"bucket": None, "nsfw": None})) == []
    assert list(contract.violations({"nsfw": {"score": "high"}, "colour": "red"})) == [
        "nsfw: score: expected a finite number, found str 'high'",
        "colour: no such column",
    ]


def test_the_shipped_contract_has_every_column_of_the_design():
    contract = RowContract.load()

    expected = (
        "row_id status bucket object_key version_id etag sequencer object_bytes content_type content_sha256 metadata"
    )
    assert list(contract.checks)[:11] == expected.split()
    assert {"category", "quality", "text", "nsfw"} <= contract.checks.keys()
