"""A function's environment variables, each read with what it means, so that a wrong one is named with its remedy."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sink.errors import SettingsError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Environment:
    """The variables that template.yaml gives to `function`."""

    function: str
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def read(self, name: str, parse: Callable[[str], Value], meaning: str) -> Value:
        """A variable that must be there. SettingsError if it is not, or if `parse` raises ValueError."""
        text = self.text(name)
        if not text:
            raise SettingsError(f"{name} is not set: {meaning}, given by template.yaml to {self.function}")
        try:
            return parse(text)
        except ValueError as error:
            raise SettingsError(f"{name} is {text!r}, not {meaning}: correct it in template.yaml") from error

    def text(self, name: str) -> str:
        """A variable that may be empty or missing."""
        return self.variables.get(name, "").strip()

    def items(self, name: str) -> tuple[str, ...]:
        """A list, split at its commas; empty items are left out."""
        return tuple(item.strip() for item in self.text(name).split(",") if item.strip())


def positive(text: str) -> int:
    """A whole number above 0."""
    if (number := not_negative(text)) == 0:
        raise ValueError(text)
    return number


def not_negative(text: str) -> int:
    """A whole number from 0."""
    if (number := int(text)) < 0:
        raise ValueError(text)
    return number


def switch(text: str) -> bool:
    """`on` or `off`."""
    if text not in ("on", "off"):
        raise ValueError(text)
    return text == "on"


def arn(text: str) -> str:
    """The name of a resource, as AWS writes it."""
    if not text.startswith("arn:") or text.count(":") < 5:
        raise ValueError(text)
    return text
