"""What a creator accepts: a description of properties that refuses the rest by name and sets types right.

CloudFormation is lax (a number may come as text, parameters always do) and boto3 is strict, so conforming a value
also turns "30" into 30 where a number is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from pixlake.localcloud.clients import core_session
from pixlake.localcloud.intrinsics import Pending, as_text

DROPPED = object()
"""The result of conforming a property that has no local effect."""


class Spec(Protocol):
    """One property, or a part of one."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """Return the value as the API wants it; append a sentence to `problems` for each thing wrong with it."""


class Text:
    """A string; numbers and booleans are written as CloudFormation writes them."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if isinstance(value, Pending):
            return value
        if isinstance(value, dict | list):
            problems.append(f"{where}: a string is wanted, not {json.dumps(value, default=str)[:80]}.")
            return ""
        return as_text(value)


class Number:
    """An integer."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if isinstance(value, Pending):
            return value
        try:
            return int(value)
        except (TypeError, ValueError):
            problems.append(f"{where}: a whole number is wanted, not {value!r}.")
            return 0


class Decimal:
    """A number."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if isinstance(value, Pending):
            return value
        try:
            return float(value)
        except (TypeError, ValueError):
            problems.append(f"{where}: a number is wanted, not {value!r}.")
            return 0.0


class Flag:
    """A boolean."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        text = as_text(value).lower() if not isinstance(value, Pending) else "true"
        if text not in {"true", "false"}:
            problems.append(f"{where}: true or false is wanted, not {value!r}.")
        return text == "true"


class Json:
    """Any structure, such as a policy document; its inside is not looked at."""

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:  # noqa: ARG002
        """See `Spec`."""
        return value


@dataclass(frozen=True)
class NoEffect:
    """A property AWS needs and one machine does not; `why` says so."""

    why: str

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:  # noqa: ARG002
        """See `Spec`."""
        return DROPPED


@dataclass(frozen=True)
class Only:
    """A string of which the local cloud supports some values."""

    values: tuple[str, ...]
    why: str

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        text = as_text(value)
        if not isinstance(value, Pending) and text not in self.values:
            problems.append(
                f"{where}: {text} is not supported by the local cloud, only {', '.join(self.values)}: {self.why}."
            )
        return text


@dataclass(frozen=True)
class Struct:
    """Named members; any other is refused."""

    members: Mapping[str, Spec]
    required: frozenset[str] = field(default_factory=frozenset)

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if not isinstance(value, Mapping):
            problems.append(f"{where}: properties are wanted, not {value!r}.")
            return {}
        conformed = {}
        for name, item in value.items():
            spec = self.members.get(name)
            if spec is None:
                problems.append(
                    f"{where}.{name} is not supported by the local cloud. "
                    f"Take it out, or put it behind a condition; supported here: {', '.join(sorted(self.members))}."
                )
                continue
            result = spec.conform(item, f"{where}.{name}", problems)
            if result is not DROPPED:
                conformed[name] = result
        problems.extend(f"{where}.{name} is missing." for name in sorted(self.required - set(value)))
        return conformed


@dataclass(frozen=True)
class Items:
    """A list."""

    of: Spec

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if isinstance(value, Pending):
            return [value]
        if not isinstance(value, list):
            value = [value]  # CloudFormation takes a single item for a list of one
        return [self.of.conform(item, f"{where}[{index}]", problems) for index, item in enumerate(value)]


@dataclass(frozen=True)
class Keyed:
    """A map with names of the template's own choosing."""

    of: Spec

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        if not isinstance(value, Mapping):
            problems.append(f"{where}: a map is wanted, not {value!r}.")
            return {}
        return {as_text(name): self.of.conform(item, f"{where}.{name}", problems) for name, item in value.items()}


@dataclass(frozen=True)
class Api:
    """A property with the very shape of an AWS API's input: botocore's model of the API says what fits.

    `path` leads from the operation's input to the shape, e.g. `Api("glue", "CreateTable", "TableInput")`.
    """

    service: str
    operation: str
    path: str

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        """See `Spec`."""
        shape = _service_model(self.service).operation_model(self.operation).input_shape
        for name in self.path.split("."):
            shape = shape.members[name]
        return _conform_to_shape(shape, value, where, problems)


@lru_cache
def _service_model(service: str) -> Any:
    return core_session().get_service_model(service)


def _conform_to_shape(shape: Any, value: Any, where: str, problems: list[str]) -> Any:
    spec: Spec
    match shape.type_name:
        case "structure":
            return Struct(
                {name: _OfShape(member) for name, member in shape.members.items()}, frozenset(shape.required_members)
            ).conform(value, where, problems)
        case "list":
            spec = Items(_OfShape(shape.member))
        case "map":
            spec = Keyed(_OfShape(shape.value))
        case "integer" | "long":
            spec = Number()
        case "double" | "float":
            spec = Decimal()
        case "boolean":
            spec = Flag()
        case _:
            spec = Text()
    return spec.conform(value, where, problems)


@dataclass(frozen=True)
class _OfShape:
    shape: Any

    def conform(self, value: Any, where: str, problems: list[str]) -> Any:
        return _conform_to_shape(self.shape, value, where, problems)


TEXT, NUMBER, DECIMAL, FLAG, JSON = Text(), Number(), Decimal(), Flag(), Json()
TAGS = Items(Struct({"Key": TEXT, "Value": TEXT}, frozenset({"Key", "Value"})))
