"""Moderation alerts: of an image that the policy flags, the bus is told. Contract: schemas/events/image_flagged.json.

An alert is per upload, not per content, and it is published before the row: at least once, keyed by `row_id`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sink.policy import JUDGEMENTS, Policy
from sink.ports import AlertBus
from sink.rows import ImageRow

VERSION = 1
"""Of the event's detail. Raised when a field goes or changes its meaning; a new field raises nothing."""

_OF_THE_ROW = ("row_id", "bucket", "object_key", "version_id", "etag", "content_sha256")


@dataclass(frozen=True)
class ImageFlagged:
    """The event of one upload: its `detail`, and the object's place in S3."""

    row_id: str
    bucket: str
    key: str
    detail: Mapping[str, Any] = field(repr=False)

    def arn(self, partition: str) -> str | None:
        """The object's ARN; None where the key has characters that no ARN may hold."""
        if any(unicodedata.category(character) == "Cc" for character in self.key):
            return None
        return f"arn:{partition}:s3:::{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Alerts:
    """Which judgements raise an alert, by which policy, and who is told."""

    bus: AlertBus
    policy: Policy
    alert_on: Collection[str]

    def raised_by(self, rows: Iterable[ImageRow]) -> list[ImageFlagged]:
        """One alert for each row of which a judgement of `alert_on` is true."""
        alerts = []
        for row in rows:
            flags = [name for name in self.policy.flags(row.values) if name in self.alert_on]
            if flags:
                values = row.values
                detail = self._detail(values, flags)
                alerts.append(ImageFlagged(row.row_id, values["bucket"], values["object_key"], detail))
        return alerts

    def _detail(self, values: Mapping[str, Any], flags: list[str]) -> dict[str, Any]:
        scores: dict[str, dict[str, float | None]] = {}
        thresholds: dict[str, float] = {}
        for judgement in (JUDGEMENTS[name] for name in flags):
            scores.setdefault(judgement.model, {})[judgement.field] = judgement.score(values)
            thresholds |= {name: self.policy.thresholds[name] for name in judgement.comparisons}
        return {
            "version": VERSION,
            **{name: values[name] for name in _OF_THE_ROW if values[name] is not None},
            "uploaded_at": _rfc3339(values["uploaded_at"]),
            "scored_at": _rfc3339(values["scored_at"]),
            "flags": flags,
            "scores": scores,
            "policy": {"version": self.policy.version, "thresholds": thresholds},
            "metadata": dict(values["metadata"] or {}),
        }


def _rfc3339(timestamp: str) -> str:
    """A row's `yyyy-MM-dd HH:mm:ss.SSS` as `yyyy-MM-ddTHH:mm:ss.SSSZ`."""
    return timestamp.replace(" ", "T") + "Z"
