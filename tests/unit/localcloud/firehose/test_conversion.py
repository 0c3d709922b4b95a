"""Rows to Parquet by a table's columns."""

import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from pixlake.localcloud.firehose.buffering import Row
from pixlake.localcloud.firehose.configuration import ConversionConfiguration
from pixlake.localcloud.firehose.conversion import Column, Converter, SchemaError, convert, read_columns


def configuration(**options):
    return ConversionConfiguration("db", "t", "123456789012", **options)


def run(columns, *rows, **options):
    converted = Converter(configuration(**options), columns).convert([Row(row, 1.0) for row in rows])
    found = [] if converted.parquet is None else table(converted).to_pylist(maps_as_pydicts="strict")
    assert len(found) == converted.rows
    return found, converted.failures


def table(converted):
    return pq.read_table(io.BytesIO(converted.parquet))


def test_given_every_type_when_converted_then_the_file_holds_them_as_parquet_types():
    columns = [
        ("i8", "tinyint"),
        ("f", "float"),
        ("d", "decimal(10,3)"),
        ("day", "date"),
        ("at", "timestamp"),
        ("m", "map<string,double>"),
        ("s", "struct<at:timestamp,l:array<struct<x:bigint>>>"),
        ("v", "varchar(2)"),
    ]
    row = (
        b'{"i8":-1,"f":0.5,"d":1234567.1235,"day":"2026-11-05","at":"2026-11-05 10:00:00.123","m":{"a":1},'
        b'"s":{"at":"2026-11-05 10:00:00","l":[{"x":9007199254740993}]},"v":"abc"}'
    )
    converted = Converter(configuration(), columns).convert([Row(row, 1.0)])
    assert table(converted).to_pylist(maps_as_pydicts="strict") == [
        {
            "i8": -1,
            "f": 0.5,
            "d": Decimal("1234567.124"),
            "day": date(2026, 11, 5),
            "at": datetime(2026, 11, 5, 10, 0, 0, 123000),
            "m": {"a": 1.0},
            "s": {"at": datetime(2026, 11, 5, 10), "l": [{"x": 9007199254740993}]},
            "v": "ab",
        }
    ]
    assert table(converted).schema.field("at").type == pa.timestamp("ms")
    assert table(converted).schema.field("i8").type == pa.int8()


@pytest.mark.parametrize(
    ("asked", "written"), [("SNAPPY", "SNAPPY"), ("GZIP", "GZIP"), ("UNCOMPRESSED", "UNCOMPRESSED")]
)
def test_given_a_compression_when_converted_then_the_file_has_it(asked, written):
    converted = Converter(configuration(compression=asked), [("a", "int")]).convert([Row(b'{"a":1}', 1.0)])
    assert pq.ParquetFile(io.BytesIO(converted.parquet)).metadata.row_group(0).column(0).compression == written


def test_given_unknown_and_missing_fields_when_converted_then_dropped_and_null():
    assert run([("a", "int"), ("b", "string")], b'{"a":1,"z":[{}]}', b'{"b":"x"}') == (
        [{"a": 1, "b": None}, {"a": None, "b": "x"}],
        [],
    )


def test_given_keys_of_another_case_when_converted_then_they_match_at_every_depth():
    found, _ = run([("Camel", "struct<inner:int>")], b'{"CAMEL":{"InNer":1}}')
    assert found == [{"Camel": {"inner": 1}}]


def test_given_case_sensitivity_when_converted_then_only_exact_keys_match():
    found, _ = run([("a", "int"), ("B", "int")], b'{"A":1,"B":2}', case_insensitive=False)
    assert found == [{"a": None, "B": 2}]


def test_given_dots_to_underscores_when_converted_then_dotted_keys_match():
    row = b'{"a.b":{"c.d":1}}'
    assert run([("a_b", "struct<c_d:int>")], row, dots_to_underscores=True)[0] == [{"a_b": {"c_d": 1}}]
    assert run([("a_b", "struct<c_d:int>")], row)[0] == [{"a_b": None}]


def test_given_a_key_mapping_when_converted_then_the_column_reads_that_key():
    found, _ = run(
        [("ts", "string"), ("a", "int")], b'{"TimeStamp":"x","ts":"y","a":1}', column_to_json_key={"ts": "timestamp"}
    )
    assert found == [{"ts": "x", "a": 1}]


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        (
            b'{"a":"oops"}',
            "MalformedData",
            'Data does not match the schema. For input string: "oops" (int is expected) at a',
        ),
        (b'{"s":{"l":[1,"x"]}}', "MalformedData", "at s.l[1]"),
        (b'{"a":1} tail', "ParseError", "Encountered malformed JSON."),
        (b'{"a":', "ParseError", "Encountered malformed JSON."),
        (b"[1]", "ParseError", "A JSON object is expected, not list."),
        (b" ", "ParseError", "The record was empty or contained only whitespace."),
        (b"\xff", "ParseError", "Encountered malformed JSON."),
        (b'{"a":Infinity}', "ParseError", "Infinity is not JSON"),
        (b'{"a":1,"A":2}', "ParseError", "a key is there twice"),
        (b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "ParseError", "Encountered malformed JSON."),
        (b'{"a":' + b"9" * 5000 + b"}", "ParseError", "Encountered malformed JSON."),
        (b'{"n":"\\ud800"}', "MalformedData", "at n"),
        (b'{"m":{"\\ud800":"x"}}', "MalformedData", "at m"),
    ],
)
def test_given_a_bad_row_when_converted_then_it_fails_alone(row, code, message):
    columns = [("a", "int"), ("n", "string"), ("s", "struct<l:array<int>>"), ("m", "map<string,string>")]
    found, failures = run(columns, b'{"a":1}', row, b'{"a":3}')
    assert [r["a"] for r in found] == [1, 3]
    assert [(f.raw, f.code) for f in failures] == [(row, f"DataFormatConversion.{code}")]
    assert message in failures[0].message


def test_given_no_row_that_fits_when_converted_then_there_is_no_file():
    assert run([("a", "int")], b"x") == ([], run([("a", "int")], b"x")[1])
    assert Converter(configuration(), [("a", "int")]).convert([Row(b"x", 1.0)]).parquet is None


def test_given_a_reader_that_arrow_does_not_agree_with_when_converted_then_only_its_row_fails():
    converter = Converter(configuration(), [("a", "int")])
    converter._columns = [Column("a", "a", pa.int32(), lambda value: value)]
    converted = converter.convert([Row(b'{"a":1}', 1.0), Row(b'{"a":"x"}', 2.0)])
    assert table(converted).to_pylist() == [{"a": 1}]
    assert [f.raw for f in converted.failures] == [b'{"a":"x"}']


def test_given_a_reader_that_breaks_when_converted_then_only_its_row_fails():
    def broken(value):
        if value == 2:
            raise ZeroDivisionError("unforeseen")
        return value

    converter = Converter(configuration(), [("a", "int")])
    converter._columns = [Column("a", "a", pa.int32(), broken)]
    converted = converter.convert([Row(b'{"a":1}', 1.0), Row(b'{"a":2}', 2.0)])
    assert table(converted).to_pylist() == [{"a": 1}]
    assert [(f.code, f.message) for f in converted.failures] == [
        ("DataFormatConversion.InternalError", "ZeroDivisionError: unforeseen")
    ]


@pytest.mark.parametrize("columns", [[], [("a", "uniontype<int>")], [("a", "binary")]])
def test_given_a_table_that_is_no_schema_when_converted_then_every_row_fails(columns):
    converted = convert(lambda: columns, configuration(), [Row(b'{"a":1}', 1.0), Row(b'{"a":2}', 2.0)])
    assert (converted.parquet, converted.rows) == (None, 0)
    assert {f.code for f in converted.failures} == {"DataFormatConversion.InvalidSchema"}
    assert len(converted.failures) == 2


class FailingGlue:
    def __init__(self, code, status):
        self.error = ClientError(
            {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetTable"
        )

    def get_table(self, **_):
        raise self.error


@pytest.mark.parametrize(
    ("code", "status"),
    [("InternalServiceException", 500), ("ThrottlingException", 400), ("OperationTimeoutException", 400)],
)
def test_given_glue_in_trouble_when_the_table_is_read_then_the_caller_may_try_again(code, status):
    with pytest.raises(ClientError):
        read_columns(FailingGlue(code, status), configuration())


@pytest.mark.parametrize(
    ("code", "expected"), [("EntityNotFoundException", "EntityNotFound"), ("AccessDeniedException", "AccessDenied")]
)
def test_given_a_table_that_will_not_come_when_it_is_read_then_its_rows_are_failures(code, expected):
    with pytest.raises(SchemaError) as caught:
        read_columns(FailingGlue(code, 400), configuration())
    assert caught.value.code == f"DataFormatConversion.{expected}"
