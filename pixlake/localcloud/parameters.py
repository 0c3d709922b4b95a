"""A template's parameters: defaults, values given, and the constraints CloudFormation checks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixlake.localcloud.errors import TemplateError, UnsupportedError
from pixlake.localcloud.intrinsics import Pending, as_text

LOCAL_PARAMETERS = Path(__file__).with_name("local_parameters.toml")

_TYPES = {"String", "Number", "CommaDelimitedList", "List<Number>"}


def local_parameters() -> dict[str, str]:
    """Return the values that turn a deployment's minutes into seconds on one machine."""
    with LOCAL_PARAMETERS.open("rb") as file:
        return {name: as_text(value) for name, value in tomllib.load(file).items()}


def apply(declared: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return every parameter's value: a string, or a list of strings for the list types.

    Numbers stay text, as in CloudFormation; the property that uses one decides what it becomes.

    Raises
    ------
    TemplateError
        An unknown name, a value that is missing, or one that breaks a constraint; all of them at once.
    """
    problems = [
        f"{where} has no parameter {name}. It has: {', '.join(sorted(declared)) or 'none'}."
        for name in given
        if name not in declared
    ]
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        kind = declaration.get("Type", "String")
        if kind not in _TYPES:
            raise UnsupportedError(
                f"{where}: parameter {name} has type {kind}; the local cloud knows {', '.join(sorted(_TYPES))}."
            )
        if name not in given and "Default" not in declaration:
            problems.append(f"{where}: parameter {name} has no default: give it a value.")
            continue
        value = given.get(name, declaration.get("Default"))
        text = value if isinstance(value, Pending) else as_text(value)
        items = (
            [item.strip() for item in text.split(",")] if _is_list(kind) and not isinstance(text, Pending) else [text]
        )
        for item in items:
            if not isinstance(item, Pending) and (problem := _broken(declaration, kind, item)):
                hint = declaration.get("ConstraintDescription")
                problems.append(f"{where}: parameter {name} = {item!r}: {problem}{f' ({hint})' if hint else ''}.")
        values[name] = items if _is_list(kind) else text
    if problems:
        raise TemplateError(problems)
    return values


def _is_list(kind: str) -> bool:
    return kind in {"CommaDelimitedList", "List<Number>"}


def _broken(declaration: Mapping[str, Any], kind: str, text: str) -> str | None:
    """Say which constraint the value breaks, or None."""
    allowed = [as_text(value) for value in declaration.get("AllowedValues", [])]
    if allowed and text not in allowed:
        return f"must be one of {', '.join(allowed)}"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, text):
        return f"must match {pattern}"
    least, most = declaration.get("MinLength"), declaration.get("MaxLength")
    if least is not None and len(text) < int(least):
        return f"must have at least {least} characters"
    if most is not None and len(text) > int(most):
        return f"must have at most {most} characters"
    if kind not in {"Number", "List<Number>"}:
        return None
    try:
        number = float(text)
    except ValueError:
        return "must be a number"
    low, high = declaration.get("MinValue"), declaration.get("MaxValue")
    if low is not None and number < float(low):
        return f"must be at least {low}"
    if high is not None and number > float(high):
        return f"must be at most {high}"
    return None
