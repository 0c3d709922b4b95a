"""The scorer's environment, read once into a frozen typed object. A bad setting stops the function at its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handlers.environment import Environment, arn, positive, switch
from sink.errors import SettingsError
from sink.policy import JUDGEMENTS

VCPU_MB = 1_769
"""Memory that buys one vCPU."""

PARENT_MB = 600
"""Memory left to the function itself while an image is decoded alone: runtime and models take 230 MB, two groups of
downloads at most 130."""

LEAST_DECODE_MB = 512
"""Enough for pictures of 20 Mpx; of a function smaller than the default it is a larger part than the rest would be."""


@dataclass(frozen=True)
class ScoreUploadsSettings:
    """Settings of the function ScoreUploadsFunction, as template.yaml gives them."""

    stream: str
    earliest_upload_date: date
    max_image_bytes: int
    max_image_pixels: int
    metadata_names: frozenset[str]
    result_cache: str | None
    result_cache_days: int
    trust_etag: bool
    memory_mb: int
    alert_on: frozenset[str]
    alert_bus: str | None

    @property
    def decode_memory_mb(self) -> int:
        """What an image decoded in a process of its own may take."""
        return max(LEAST_DECODE_MB, self.memory_mb - PARENT_MB)

    @property
    def threads(self) -> int:
        """The cores that the memory buys: more threads would wait for each other."""
        return max(1, self.memory_mb // VCPU_MB)

    @classmethod
    def from_env(cls, variables: Mapping[str, str] | None = None) -> ScoreUploadsSettings:
        """Read the settings.

        Raises
        ------
        SettingsError
            A variable is missing or holds what it must not; the message names it.
        """
        function = "ScoreUploadsFunction"
        env = Environment(function) if variables is None else Environment(function, variables)
        alert_on = _judgements(env.items("PIXLAKE_ALERT_ON"))
        return cls(
            stream=env.read("PIXLAKE_STREAM", str, "the delivery stream's name"),
            earliest_upload_date=env.read("PIXLAKE_EARLIEST_UPLOAD_DATE", date.fromisoformat, "a day, yyyy-MM-dd"),
            max_image_bytes=env.read("PIXLAKE_MAX_IMAGE_BYTES", positive, "a number of bytes"),
            max_image_pixels=env.read("PIXLAKE_MAX_IMAGE_PIXELS", positive, "a number of pixels"),
            metadata_names=frozenset(name.lower() for name in env.items("PIXLAKE_METADATA_NAMES")),
            result_cache=env.text("PIXLAKE_RESULT_CACHE") or None,
            result_cache_days=env.read("PIXLAKE_RESULT_CACHE_DAYS", positive, "a number of days"),
            trust_etag=env.read("PIXLAKE_TRUST_ETAG", switch, "a switch, on or off"),
            memory_mb=env.read("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", positive, "the function's memory in MB"),
            alert_on=alert_on,
            alert_bus=env.read("PIXLAKE_ALERT_BUS", arn, "an event bus's ARN") if alert_on else None,
        )


def _judgements(names: tuple[str, ...]) -> frozenset[str]:
    if unknown := sorted(set(names) - JUDGEMENTS.keys()):
        raise SettingsError(
            f"PIXLAKE_ALERT_ON names {', '.join(unknown)}: an alert is raised by {', '.join(JUDGEMENTS)} or nothing; "
            "correct the parameter AlertOn of template.yaml"
        )
    return frozenset(names)
