"""What a read of an upload gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property


@dataclass(frozen=True)
class FetchedObject:
    """An object as it was read.

    `etag` has no quotes, `version_id` is None without versioning, `metadata` is the object's own, `last_modified` is
    UTC to the second, as S3 keeps it.
    """

    body: bytes = field(repr=False)
    etag: str
    last_modified: datetime
    version_id: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.body).hexdigest()
