"""Batch calls that succeed and still refuse some of what they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def refused(sent: Sequence[T], answers: Iterable[Mapping[str, Any]]) -> tuple[list[T], list[str]]:
    """What was not taken, by the answers in the order of what was sent, and the error codes."""
    failures = [
        (one, answer["ErrorCode"]) for one, answer in zip(sent, answers, strict=True) if answer.get("ErrorCode")
    ]
    return [one for one, _ in failures], sorted({code for _, code in failures})
