"""The policy's thresholds as SQL."""

from __future__ import annotations

from sink.policy import Policy

__all__ = ["Policy", "literal"]


def literal(policy: Policy, name: str) -> str:
    """A threshold as a typed SQL literal: a double, or a whole number where it is a count."""
    value = policy.thresholds[name]
    return str(value) if isinstance(value, int) else f"DOUBLE '{value!r}'"
