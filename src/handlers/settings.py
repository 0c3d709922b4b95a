"""The environment, read once into a frozen typed object a handler. A bad setting stops the function at its start."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sink.errors import SettingsError
from sink.policy import JUDGEMENTS

Value = TypeVar("Value")

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

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> ScoreUploadsSettings:
        """Read the settings.

        Raises
        ------
        SettingsError
            A variable is missing or holds what it must not; the message names it.
        """
        env = os.environ if environment is None else environment
        alert_on = _judgements(env.get("PIXLAKE_ALERT_ON", ""))
        return cls(
            stream=_read(env, "PIXLAKE_STREAM", str, "the delivery stream's name"),
            earliest_upload_date=_read(env, "PIXLAKE_EARLIEST_UPLOAD_DATE", date.fromisoformat, "a day, yyyy-MM-dd"),
            max_image_bytes=_read(env, "PIXLAKE_MAX_IMAGE_BYTES", _positive, "a number of bytes"),
            max_image_pixels=_read(env, "PIXLAKE_MAX_IMAGE_PIXELS", _positive, "a number of pixels"),
            metadata_names=_names(env.get("PIXLAKE_METADATA_NAMES", "")),
            result_cache=env.get("PIXLAKE_RESULT_CACHE") or None,
            result_cache_days=_read(env, "PIXLAKE_RESULT_CACHE_DAYS", _positive, "a number of days"),
            trust_etag=_read(env, "PIXLAKE_TRUST_ETAG", _switch, "a switch, on or off"),
            memory_mb=_read(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", _positive, "the function's memory in MB"),
            alert_on=alert_on,
            alert_bus=_read(env, "PIXLAKE_ALERT_BUS", _arn, "an event bus's ARN") if alert_on else None,
        )


def _read(
    env: Mapping[str, str],
    name: str,
    parse: Callable[[str], Value],
    meaning: str,
    function: str = "ScoreUploadsFunction",
) -> Value:
    text = env.get(name, "").strip()
    if not text:
        raise SettingsError(f"{name} is not set: {meaning}, given by template.yaml to {function}")
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}, not {meaning}: correct it in template.yaml") from error


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError(text)
    return number


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(text)
    return text == "on"


def _arn(text: str) -> str:
    if not text.startswith("arn:") or text.count(":") < 5:
        raise ValueError(text)
    return text


def _judgements(text: str) -> frozenset[str]:
    names = _names(text)
    if unknown := sorted(names - JUDGEMENTS.keys()):
        raise SettingsError(
            f"PIXLAKE_ALERT_ON names {', '.join(unknown)}: an alert is raised by {', '.join(JUDGEMENTS)} or nothing; "
            "correct the parameter AlertOn of template.yaml"
        )
    return names


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())
