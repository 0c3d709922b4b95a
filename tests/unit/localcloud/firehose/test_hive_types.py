"""Hive type strings become trees and Arrow types."""

import pyarrow as pa
import pytest

from pixlake.localcloud.hive_types import (
    Array,
    Decimal,
    HiveTypeError,
    Map,
    Primitive,
    Struct,
    Text,
    arrow_schema,
    arrow_type,
    parse_hive_type,
)


@pytest.mark.parametrize(
    ("text", "tree", "arrow"),
    [
        ("boolean", Primitive("boolean"), pa.bool_()),
        ("tinyint", Primitive("tinyint"), pa.int8()),
        ("smallint", Primitive("smallint"), pa.int16()),
        ("int", Primitive("int"), pa.int32()),
        ("INTEGER", Primitive("int"), pa.int32()),
        ("bigint", Primitive("bigint"), pa.int64()),
        ("float", Primitive("float"), pa.float32()),
        ("double", Primitive("double"), pa.float64()),
        ("double precision", Primitive("double"), pa.float64()),
        ("string", Primitive("string"), pa.string()),
        ("binary", Primitive("binary"), pa.binary()),
        ("date", Primitive("date"), pa.date32()),
        ("timestamp", Primitive("timestamp"), pa.timestamp("ms")),
        ("decimal", Decimal(10, 0), pa.decimal128(10, 0)),
        ("decimal(5)", Decimal(5, 0), pa.decimal128(5, 0)),
        ("numeric(38, 6)", Decimal(38, 6), pa.decimal128(38, 6)),
        ("varchar(12)", Text("varchar", 12), pa.string()),
        ("char(3)", Text("char", 3), pa.string()),
        (" array < string > ", Array(Primitive("string")), pa.list_(pa.string())),
        ("map<string,int>", Map(Primitive("string"), Primitive("int")), pa.map_(pa.string(), pa.int32())),
        (
            "struct<a:int,`b c`:array<map<string,decimal(4,2)>>>",
            Struct(
                (
                    ("a", Primitive("int")),
                    ("b c", Array(Map(Primitive("string"), Decimal(4, 2)))),
                )
            ),
            pa.struct([("a", pa.int32()), ("b c", pa.list_(pa.map_(pa.string(), pa.decimal128(4, 2))))]),
        ),
    ],
)
def test_given_a_type_string_when_parsed_then_tree_and_arrow_type_are_right(text, tree, arrow):
    assert parse_hive_type(text) == tree
    assert arrow_type(text) == arrow


def test_given_the_row_contract_when_parsed_then_every_type_is_rendered_back(image_scores):
    assert [str(parse_hive_type(t)) for _, t in image_scores] == [t for _, t in image_scores]
    assert arrow_schema(image_scores).field("category").type.field("top").type.value_type.field("score").type == (
        pa.float64()
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "character 1: a type is expected"),
        ("uniontype<int,string>", "'uniontype' is not a supported type"),
        ("interval_day_time", "'interval_day_time' is not a supported type"),
        ("array<int", "character 10: '>' is expected"),
        ("array<int>>", "character 11: nothing more is expected"),
        ("struct<a int>", "':' is expected"),
        ("struct<>", "a field's name is expected"),
        ("struct<a:int,A:int>", "the field 'A' is there twice"),
        ("map<array<int>,string>", "a map's key must be primitive, not array<int>"),
        ("decimal(39,0)", "outside"),
        ("decimal(4,5)", "outside"),
        ("varchar(x)", "a number is expected, not 'x'"),
        ("varchar", "'(' is expected"),
    ],
)
def test_given_a_wrong_type_string_when_parsed_then_the_error_says_what_and_where(text, complaint):
    with pytest.raises(HiveTypeError) as caught:
        parse_hive_type(text)
    assert complaint in str(caught.value)
    assert repr(text) in str(caught.value)
