"""A bar for the long steps, on a terminal only: logs stay short."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.progress import track

Item = TypeVar("Item")


def followed(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Yield the items and show how far they are."""
    yield from track(items, f"  {what}", total, transient=True, disable=not sys.stdout.isatty())
