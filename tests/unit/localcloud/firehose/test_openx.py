"""JSON values as the OpenX SerDe reads them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pixlake.localcloud.firehose.openx import MismatchError, UnreadableTypeError, reader
from pixlake.localcloud.hive_types import parse_hive_type


def read(hive_type, value, lower_case=True):
    return reader(parse_hive_type(hive_type), lower_case=lower_case)(value)


def ms(*parts, milliseconds=0):
    return round(datetime(*parts, tzinfo=UTC).timestamp()) * 1000 + milliseconds


@pytest.mark.parametrize(
    ("hive_type", "value", "expected"),
    [
        ("string", "é", "é"),
        ("string", 5, "5"),
        ("string", 1.5, "1.5"),
        ("string", Decimal("1.50"), "1.50"),
        ("string", True, "true"),
        ("string", {"a": [1, "é"]}, '{"a":[1,"é"]}'),
        ("varchar(3)", "abcdef", "abc"),
        ("boolean", True, True),
        ("boolean", "FALSE", False),
        ("tinyint", -128, -128),
        ("smallint", 32767, 32767),
        ("int", 2147483647, 2147483647),
        ("int", "-42", -42),
        ("bigint", -(2**63), -(2**63)),
        ("double", 3, 3.0),
        ("double", 2.5, 2.5),
        ("double", "1e3", 1000.0),
        ("double", 1e300, 1e300),
        ("float", 0.5, 0.5),
        ("decimal(4,2)", Decimal("12.345"), Decimal("12.35")),
        ("decimal(4,2)", 12, Decimal("12.00")),
        ("decimal(22,2)", Decimal("12345678901234567890.12"), Decimal("12345678901234567890.12")),
        ("decimal(4,2)", "1e-1000000000", Decimal("0.00")),
        ("date", "2026-11-05", date(2026, 11, 5)),
        ("date", "2026-1-5", date(2026, 1, 5)),
        ("timestamp", "2026-11-05 10:11:12.345", ms(2026, 11, 5, 10, 11, 12, milliseconds=345)),
        ("timestamp", "2026-11-05 10:11:12", ms(2026, 11, 5, 10, 11, 12)),
        ("timestamp", "2026-1-5 1:2:3.5", ms(2026, 1, 5, 1, 2, 3, milliseconds=500)),
        ("timestamp", "2026-11-05 23:59:59.9995", ms(2026, 11, 6, 0, 0, 0)),
        ("timestamp", "2026-11-05 10:11:12.123499999", ms(2026, 11, 5, 10, 11, 12, milliseconds=123)),
        ("timestamp", "1969-12-31 23:59:59.25", -750),
        ("timestamp", "2017-02-07T15:13:01.39256Z", ms(2017, 2, 7, 15, 13, 1, milliseconds=393)),
        ("timestamp", 1518033528, 1518033528000),
        ("timestamp", 1518033528123, 1518033528123),
        ("timestamp", 1518033528.123, 1518033528123),
        ("timestamp", "1518033528", 1518033528000),
        ("timestamp", "1e-1000000000", 0),
        ("timestamp", 999_999_999, 999_999_999_000),
        ("array<int>", [1, None, "2"], [1, None, 2]),
        ("map<string,int>", {"a": 1, "b": None}, [("a", 1), ("b", None)]),
        ("map<int,string>", {"1": "x"}, [(1, "x")]),
        ("struct<a:int,b:string>", {"a": 1, "c": 2}, {"a": 1, "b": None}),
        ("struct<A:int>", {"a": 1}, {"A": 1}),
    ],
)
def test_given_a_value_that_fits_when_read_then_it_is_the_columns(hive_type, value, expected):
    found = read(hive_type, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("hive_type", ["string", "int", "double", "timestamp", "array<int>", "struct<a:int>"])
def test_given_null_when_read_then_it_is_null_in_every_type(hive_type):
    assert read(hive_type, None) is None


@pytest.mark.parametrize(
    ("hive_type", "value"),
    [
        ("tinyint", 128),
        ("smallint", -32769),
        ("int", 2147483648),
        ("int", 1.0),
        ("int", True),
        ("int", "oops"),
        ("int", "1.0"),
        ("int", ""),
        ("bigint", 2**63),
        ("bigint", 1e300),
        ("bigint", "9" * 19),
        ("double", "oops"),
        ("double", "NaN"),
        ("double", True),
        ("double", 10**400),
        ("double", float("inf")),
        ("double", []),
        ("float", 1e39),
        ("boolean", "yes"),
        ("boolean", 1),
        ("decimal(4,2)", Decimal("123")),
        ("decimal(4,2)", Decimal("99.995")),
        ("decimal(4,2)", "1e1000000000"),
        ("decimal(4,2)", "x"),
        ("decimal(4,2)", float("inf")),
        ("date", "2026-02-30"),
        ("date", 20000),
        ("timestamp", "2026-13-01 00:00:00"),
        ("timestamp", "2026-11-05 24:00:00"),
        ("timestamp", "2026-11-05T10:11:12"),
        ("timestamp", "2026-9-7T12:00:02Z"),
        ("timestamp", "2026-11-05 10:11:12.1234567890"),
        ("timestamp", "yesterday"),
        ("timestamp", True),
        ("timestamp", 18446744073709551616),
        ("timestamp", 10**15),
        ("timestamp", "1e1000000000"),
        ("timestamp", float("inf")),
        ("string", "\ud800"),
        ("array<int>", 1),
        ("array<int>", {}),
        ("map<string,int>", []),
        ("struct<a:int>", "x"),
        ("struct<a:int>", [1]),
    ],
)
def test_given_a_value_that_does_not_fit_when_read_then_it_is_a_mismatch(hive_type, value):
    with pytest.raises(MismatchError, match="For input string"):
        read(hive_type, value)


def test_given_a_wrong_value_deep_inside_when_read_then_the_error_names_the_path():
    with pytest.raises(MismatchError) as caught:
        read("struct<a:array<struct<b:map<string,int>>>>", {"a": [{"b": {}}, {"b": {"k": "no"}}]})
    assert caught.value.path == "a[1].b['k']"


def test_given_exact_keys_when_read_then_a_field_of_another_case_is_missing():
    assert read("struct<A:int>", {"A": 1}, lower_case=False) == {"A": 1}
    assert read("struct<A:int>", {"a": 1}, lower_case=False) == {"A": None}


def test_given_a_type_json_cannot_hold_when_compiled_then_it_is_refused():
    with pytest.raises(UnreadableTypeError, match="binary"):
        read("array<binary>", [])
