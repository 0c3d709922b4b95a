"""What a read of an upload gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class FetchedObject:
    """An object as it was read.

    `sha256` (hex) is that of its bytes; `body` is None where they were known, and not downloaded. `etag` has no quotes,
    `version_id` is None without versioning, `metadata` is the object's own, `last_modified` is UTC to the second, as S3
    keeps it.
    """

    body: bytes | None = field(repr=False)
    sha256: str
    size_bytes: int
    etag: str
    last_modified: datetime
    version_id: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, body: bytes, **attributes: Any) -> Self:
        """An object whose bytes were downloaded."""
        return cls(body=body, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body), **attributes)
