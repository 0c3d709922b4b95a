"""Hive type strings, as Glue states a column's type, parsed into a tree and into Arrow types.

>>> parse_hive_type("struct<label:string,top:array<struct<label:string,score:double>>>")
Struct(fields=(('label', Primitive(name='string')), ('top', Array(element=Struct(...)))))

The whole type grammar of Athena and Firehose on Parquet is covered; `uniontype`, intervals and timestamps with a time
zone are not (neither reads them) and are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import pyarrow as pa

INTEGER_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
"""Widths of Hive's signed integers."""

_PRIMITIVES: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    # Athena's timestamps hold milliseconds (Trino rounds finer ones on reading), without a zone: UTC by contract.
    "timestamp": pa.timestamp("ms"),
}
_SYNONYMS = {"integer": "int", "double precision": "double", "numeric": "decimal", "dec": "decimal"}
_MAX_PRECISION = 38
_TOKEN = re.compile(r"\s*(?:(?P<punctuation>[<>(),:])|`(?P<quoted>[^`]+)`|(?P<word>[^\s<>(),:`]+))")


class HiveTypeError(ValueError):
    """A type string that cannot be read, with the place where reading stopped."""


@dataclass(frozen=True)
class Primitive:
    """A type without parameters, by its Hive name (`int` for `integer`)."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Decimal:
    """`decimal(precision, scale)`; Hive's default is (10, 0)."""

    precision: int = 10
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True)
class Text:
    """`char(length)` or `varchar(length)`."""

    name: str
    length: int

    def __str__(self) -> str:
        return f"{self.name}({self.length})"


@dataclass(frozen=True)
class Array:
    """`array<element>`."""

    element: HiveType

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True)
class Map:
    """`map<key,value>`; the key is primitive."""

    key: HiveType
    value: HiveType

    def __str__(self) -> str:
        return f"map<{self.key},{self.value}>"


@dataclass(frozen=True)
class Struct:
    """`struct<name:type,…>`, fields in order."""

    fields: tuple[tuple[str, HiveType], ...]

    def __str__(self) -> str:
        return f"struct<{','.join(f'{name}:{hive_type}' for name, hive_type in self.fields)}>"


HiveType = Primitive | Decimal | Text | Array | Map | Struct


def parse_hive_type(text: str) -> HiveType:
    """Parse a type string; `HiveTypeError` says what is wrong and where."""
    reader = _Reader(text)
    hive_type = reader.type()
    reader.expect_end()
    return hive_type


def arrow_type(hive_type: HiveType | str) -> pa.DataType:
    """Return the Arrow type that holds a Hive type's values."""
    match hive_type:
        case str():
            return arrow_type(parse_hive_type(hive_type))
        case Primitive(name):
            return _PRIMITIVES[name]
        case Decimal(precision, scale):
            return pa.decimal128(precision, scale)
        case Text():
            return pa.string()
        case Array(element):
            return pa.list_(arrow_type(element))
        case Map(key, value):
            return pa.map_(arrow_type(key), arrow_type(value))
        case Struct(fields):
            return pa.struct([pa.field(name, arrow_type(field_type)) for name, field_type in fields])


def arrow_schema(columns: Iterable[tuple[str, HiveType | str]]) -> pa.Schema:
    """Return the Arrow schema of a table's (name, type) columns."""
    return pa.schema([pa.field(name, arrow_type(hive_type)) for name, hive_type in columns])


class _Reader:
    """A recursive-descent reader of one type string."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def type(self) -> HiveType:
        name = self._word("a type").lower()
        if name == "double" and self._peek().lower() == "precision":
            self._take("word")
            name = "double precision"
        name = _SYNONYMS.get(name, name)
        if name in _PRIMITIVES:
            return Primitive(name)
        match name:
            case "decimal":
                return self._decimal()
            case "char" | "varchar":
                self._expect("(")
                length = self._number()
                self._expect(")")
                return Text(name, length)
            case "array":
                self._expect("<")
                element = self.type()
                self._expect(">")
                return Array(element)
            case "map":
                return self._map()
            case "struct":
                return self._struct()
        return self._fail(f"{name!r} is not a supported type")

    def expect_end(self) -> None:
        if self._text[self._position :].strip():
            self._fail("nothing more is expected")

    def _decimal(self) -> Decimal:
        if self._peek() != "(":
            return Decimal()
        self._expect("(")
        precision, scale = self._number(), 0
        if self._peek() == ",":
            self._expect(",")
            scale = self._number()
        self._expect(")")
        if not (1 <= precision <= _MAX_PRECISION and 0 <= scale <= precision):
            self._fail(f"decimal({precision},{scale}) is outside 1 ≤ precision ≤ 38, 0 ≤ scale ≤ precision")
        return Decimal(precision, scale)

    def _map(self) -> Map:
        self._expect("<")
        key = self.type()
        if isinstance(key, Array | Map | Struct):
            self._fail(f"a map's key must be primitive, not {key}")
        self._expect(",")
        value = self.type()
        self._expect(">")
        return Map(key, value)

    def _struct(self) -> Struct:
        self._expect("<")
        fields: dict[str, HiveType] = {}
        while True:
            name = self._word("a field's name")
            if name.lower() in (other.lower() for other in fields):
                self._fail(f"the field {name!r} is there twice")
            self._expect(":")
            fields[name] = self.type()
            if self._peek() != ",":
                break
            self._expect(",")
        self._expect(">")
        return Struct(tuple(fields.items()))

    def _peek(self) -> str:
        match = _TOKEN.match(self._text, self._position)
        return match[0].strip() if match else ""

    def _take(self, *groups: str) -> str:
        """Return the next token and pass it, if it is of one of the groups; else an empty string."""
        match = _TOKEN.match(self._text, self._position)
        if match is None or match.lastgroup not in groups:
            return ""
        self._position = match.end()
        return match[match.lastgroup]

    def _expect(self, punctuation: str) -> None:
        if self._peek() != punctuation:
            self._fail(f"{punctuation!r} is expected")
        self._take("punctuation")

    def _word(self, what: str) -> str:
        return self._take("word", "quoted") or self._fail(f"{what} is expected")

    def _number(self) -> int:
        word = self._word("a number")
        return int(word) if re.fullmatch(r"[0-9]{1,9}", word) else self._fail(f"a number is expected, not {word!r}")

    def _fail(self, what: str) -> NoReturn:
        raise HiveTypeError(f"Hive type {self._text!r}, character {self._position + 1}: {what}")
