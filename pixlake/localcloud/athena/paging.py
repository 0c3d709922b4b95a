"""Pages of a list, as Athena's List actions give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pixlake.localcloud.athena.workgroups import INVALID
from pixlake.localcloud.protocol import ServiceError


def page_start(payload: dict[str, Any]) -> int:
    """Where the page begins that NextToken asks for."""
    token = payload.get("NextToken")
    if token is not None and not str(token).isdigit():
        raise ServiceError(INVALID, "Invalid NextToken")
    return int(token or 0)


def page(payload: dict[str, Any], member: str, items: Sequence[Any], most: int) -> dict[str, Any]:
    """The page of `items` that a request asks for, and the token of the next one if there is more."""
    start, size = page_start(payload), payload.get("MaxResults", most)
    if not 0 <= size <= most:
        raise ServiceError(INVALID, f"MaxResults is more than maximum allowed length {most}.")
    end = start + (size or most)
    return {member: list(items[start:end]), **({"NextToken": str(end)} if end < len(items) else {})}
