"""Whether the policy of a queue or a topic lets a service send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

_OPERATORS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike", "Bool")


class Verdict(StrEnum):
    """What a policy says to a request."""

    ALLOWED = "lets in"
    DENIED = "denies"
    NOT_NAMED = "does not let in"


def judge(policy: str, service: str, action: str, resource: str, request: Mapping[str, str]) -> Verdict:
    """What the policy says to a service's call.

    `policy` is JSON, or empty. `action` and the condition keys of `request` are in lower case: `sqs:sendmessage`,
    `aws:sourcearn`. A statement with a condition that is not known here does not count.
    """
    statements = as_list(json.loads(policy or "{}").get("Statement", []))
    effects = {each["Effect"] for each in statements if _applies(each, service, action, resource, request)}
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NOT_NAMED


def _applies(
    statement: Mapping[str, Any], service: str, action: str, resource: str, request: Mapping[str, str]
) -> bool:
    principal = statement.get("Principal", {})
    allowed = (
        ["*"] if principal == "*" else [*as_list(principal.get("Service", [])), *as_list(principal.get("AWS", []))]
    )
    return (
        any(each in ("*", service) for each in allowed)
        and any(fnmatchcase(action, each.lower()) for each in as_list(statement.get("Action", [])))
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement.get("Resource", ["*"])))
        and all(
            any(fnmatchcase(request.get(key.lower(), ""), str(value)) for value in as_list(values))
            for operator, pairs in statement.get("Condition", {}).items()
            for key, values in (pairs.items() if operator in _OPERATORS else [("?", ())])
        )
    )


def as_list(value: Any) -> list[Any]:
    """A value that policies write alone or in a list."""
    return list(value) if isinstance(value, list | tuple) else [value]
