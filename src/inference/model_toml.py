"""model.toml → ModelSpec, strictly: an unknown key or a wrong value is refused by name, never ignored."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from inference.errors import CatalogError
from inference.preprocess import FILTERS, AtLeast, CentreCrop, Resize, ShorterSide, Stretch
from inference.specs import ColumnSpec, FieldSpec, InputSpec, ModelSpec, OutputSpec

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PRIMITIVES = {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "timestamp", "date"}
_REQUIRED: Any = object()


class Section:
    """A TOML table that is read key by key, and knows which keys nobody asked for."""

    def __init__(self, path: Path, prefix: str, values: Mapping[str, Any]) -> None:
        self._path, self._prefix, self._values, self._read = path, prefix, values, set[str]()

    def get(self, key: str, kind: type[T], expected: str, default: Any = _REQUIRED) -> T:
        """Return the value of `key`; `expected` is what to write there."""
        self._read.add(key)
        value = self._values.get(key, default)
        if value is _REQUIRED:
            raise self.error(key, f"is missing; write {expected}")
        if kind is float and type(value) is int:
            value = float(value)
        if value is not default and type(value) is not kind:
            raise self.error(key, f"is {value!r}; write {expected}")
        return value  # type: ignore[no-any-return]

    def text(self, key: str, expected: str, default: Any = _REQUIRED) -> str:
        """Return a string that is not empty."""
        value = self.get(key, str, expected, default)
        if value == "" and default == _REQUIRED:
            raise self.error(key, f"is empty; write {expected}")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: Any = _REQUIRED) -> Any:
        """Return one of `choices`."""
        expected = " or ".join(f'"{choice}"' for choice in choices)
        value = self.get(key, str, expected, default)
        if value not in choices:
            raise self.error(key, f"is {value!r}; write {expected}")
        return value

    def number(self, key: str, kind: type[T], expected: str, above: float, default: Any = _REQUIRED) -> T:
        """Return an int or a float greater than `above`."""
        value = self.get(key, kind, expected, default)
        if not value > above:  # type: ignore[operator]
            raise self.error(key, f"is {value!r}; write {expected}")
        return value

    def size(self, key: str) -> tuple[int, int]:
        """Return [width, height]."""
        value = self.get(key, list, "[width, height]")
        if len(value) != 2 or not all(type(side) is int and side > 0 for side in value):
            raise self.error(key, f"is {value!r}; write [width, height] in pixels")
        return value[0], value[1]

    def triple(self, key: str) -> tuple[float, ...]:
        """Return three numbers, or () where the key is absent."""
        value = self.get(key, list, "three numbers, one a channel", default=[])
        if value and (len(value) != 3 or not all(type(number) in (int, float) for number in value)):
            raise self.error(key, f"is {value!r}; write three numbers, one a channel")
        return tuple(float(number) for number in value)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def is_list(self, key: str) -> bool:
        """Whether the key is there and holds a list."""
        return isinstance(self._values.get(key), list)

    def section(self, key: str) -> Section:
        """Return a table inside this one."""
        return Section(self._path, f"{self._prefix}{key}.", self.get(key, dict, "a table"))

    def sections(self, key: str, expected: str) -> list[Section]:
        """Return an array of tables that is not empty."""
        value = self.get(key, list, expected)
        if not value or not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"is {value!r}; write {expected}")
        return [Section(self._path, f"{self._prefix}{key}[{i}].", item) for i, item in enumerate(value)]

    def rest(self) -> dict[str, Any]:
        """Return the keys not read so far; they count as read."""
        return {key: value for key, value in self._values.items() if key not in self._read}

    def end(self) -> None:
        """Refuse keys that were not read."""
        for key in self.rest():
            raise self.error(key, f"is not known here; the keys are {', '.join(sorted(self._read))}")

    def error(self, key: str, problem: str) -> CatalogError:
        """Build the error for one key."""
        return CatalogError(self._path, self._prefix + key, problem)


def read_model(path: Path) -> ModelSpec:
    """Read one model.toml; CatalogError when it is not as it must be."""
    try:
        top = Section(path, "", tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(path, "", f"is not TOML: {error}") from error
    name = top.text("name", "the directory's name")
    if name != path.parent.name or not _NAME.fullmatch(name):
        raise top.error("name", f"is {name!r}; write the directory's name, of lower-case letters, digits and _")
    output = _output(top.section("output"))
    model = ModelSpec(
        name=name,
        version=top.text("version", 'a version such as "1.0.0"'),
        variant=top.text("variant", 'the artefact\'s variant, such as "int8"', default=""),
        source=top.text("source", "where the weights come from"),
        licence=top.text("licence", "an SPDX licence identifier"),
        retired=top.get("retired", bool, "true or false", default=False),
        order=top.number("order", int, "its place among the columns, from 1", above=0),
        inputs=_inputs(top, has_graph=bool(output.names)),
        output=output,
        column=_column(top.section("column")),
        directory=path.parent,
    )
    top.end()
    return model


def _inputs(top: Section, *, has_graph: bool) -> tuple[InputSpec, ...]:
    """Read `[input]`, or each `[[input]]`."""
    if top.is_list("input"):
        if has_graph:
            raise top.error("input", "is a list; a graph takes one input: write [input]")
        return tuple(_input(each, has_graph=False) for each in top.sections("input", "[[input]], a table an input"))
    return (_input(top.section("input"), has_graph=has_graph),)


def _input(section: Section, *, has_graph: bool) -> InputSpec:
    mean, std = section.triple("mean"), section.triple("std")
    if bool(mean) != bool(std):
        raise section.error("std" if mean else "mean", "is missing; write both mean and std, or neither")
    if has_graph and not mean:
        raise section.error(
            "mean", "is missing; a graph takes float32: write mean and std, [0, 0, 0] and [1, 1, 1] at least"
        )
    if 0 in std:
        raise section.error("std", "holds 0; write what to divide by")
    spec = InputSpec(
        name=section.text("name", "the graph's input", default=_REQUIRED if has_graph else ""),
        resize=_resize(section),
        channels=section.choice("channels", ("RGB", "BGR") if has_graph else ("RGB", "BGR", "L"), default="RGB"),
        layout=section.choice("layout", ("NHWC", "NCHW"), default=_REQUIRED if has_graph else "NHWC"),
        mean=mean,
        std=std,
        batch=section.number("batch", int, "images in one run of the graph, 1 or more", above=0, default=1),
    )
    section.end()
    return spec


def _resize(section: Section) -> Resize:
    """Read `resize`; its first key tells the rule, and every rule but shorter_side fills the input's `size`."""
    rule = section.section("resize")
    resize: Resize
    if rule.has("at_least"):
        resize = AtLeast(
            pixels=rule.number("at_least", int, "pixels of the shorter side", above=0),
            longest_ratio=_longest_ratio(rule),
        )
        rule.end()
        return resize
    filter_ = rule.choice("filter", tuple(FILTERS))
    given = rule.rest()
    if "shorter_side" in given:
        resize = ShorterSide(
            pixels=rule.number("shorter_side", int, "pixels of the shorter side", above=0),
            filter=filter_,
            longest_ratio=_longest_ratio(rule),
        )
    elif "crop_fraction" in given:
        fraction = rule.number("crop_fraction", float, "the share of the shorter side, above 0, to 1", above=0)
        if fraction > 1:
            raise rule.error("crop_fraction", f"is {fraction}; write a share of the shorter side, above 0, to 1")
        resize = CentreCrop(fraction, filter_, section.size("size"))
    elif "to" in given:
        to, size = rule.size("to"), section.size("size")
        cropped = rule.choice("crop", ("center",), default=None) if "crop" in given else None
        if to != size and not (cropped and to[0] >= size[0] and to[1] >= size[1]):
            raise rule.error(
                "to", f'is {list(to)}, the input {list(size)}; write the same, or a larger one and crop = "center"'
            )
        resize = Stretch(to, filter_, size)
    else:
        rules = "to = [w, h], crop_fraction = 0.875, shorter_side = 512 or at_least = 224"
        raise section.error("resize", f"names no rule; write {rules}")
    rule.end()
    return resize


def _longest_ratio(rule: Section) -> float:
    return rule.number("longest_ratio", float, "the longer side at most, in shorter sides", 0.99, default=4.0)


def _output(section: Section) -> OutputSpec:
    """Read the output; its further keys are the decoder's, and are checked against it when the model is loaded."""
    names = section.rest().get("name", [])
    expected = "a graph output's name, or a list of names"
    listed = section.get("name", list, expected) if isinstance(names, list) and names else None
    if listed is None:
        name = section.text("name", expected, default="")
        listed = [name] if name else []
    if not all(isinstance(name, str) and name for name in listed):
        raise section.error("name", f"is {listed!r}; write {expected}")
    decoder = section.text("decoder", "a function of inference/outputs.py or of the model's own decoder.py")
    return OutputSpec(tuple(listed), decoder, section.rest())


def _column(section: Section) -> ColumnSpec:
    fields: list[FieldSpec] = []
    for item in section.sections("fields", '[{ name = "score", type = "double", comment = "…" }, …]'):
        name = item.text("name", "a column name")
        if not _NAME.fullmatch(name) or name in [field.name for field in fields]:
            raise item.error("name", f"is {name!r}; write a name of its own, of lower-case letters, digits and _")
        type_ = item.text("type", "a Hive type")
        if not is_hive_type(type_):
            raise item.error(
                "type", f"is {type_!r}; write a Hive type without blanks: double, array<struct<label:string>>"
            )
        fields.append(FieldSpec(name, type_, item.text("comment", "what the field means, with its range")))
        item.end()
    column = ColumnSpec(section.text("comment", "what the column means"), tuple(fields))
    section.end()
    return column


def is_hive_type(text: str) -> bool:
    """Whether the text is a Hive type, as Glue writes them: no blanks, lower case."""
    if text in _PRIMITIVES:
        return True
    outer, bracket, inner = text.partition("<")
    if not bracket or not inner.endswith(">"):
        return False
    parts = _split(inner[:-1])
    if outer == "array":
        return len(parts) == 1 and is_hive_type(parts[0])
    if outer == "map":
        return len(parts) == 2 and parts[0] in _PRIMITIVES and is_hive_type(parts[1])
    members = [part.partition(":") for part in parts]
    return outer == "struct" and all(_NAME.fullmatch(name) and is_hive_type(type_) for name, _, type_ in members)


def _split(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
