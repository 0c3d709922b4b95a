"""Custom prefixes of S3 objects: `!{timestamp:…}`, `!{firehose:…}`, `!{partitionKeyFromQuery:…}`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pixlake.localcloud.firehose.date_patterns import check_pattern, format_date

MAX_EVALUATED_LENGTH = 512
"""Documented: neither prefix may be longer than 512 characters after it is evaluated."""

PARTITION_KEY = "partitionKeyFromQuery"
DEFAULT_TIMESTAMP = "!{timestamp:yyyy/MM/dd/HH/}"
ERROR_TYPE = "!{firehose:error-output-type}"
_EXPRESSION = re.compile(r"!\{([^:{}]*):([^{}]*)\}")


class PrefixError(ValueError):
    """A prefix that Firehose does not accept."""


@dataclass(frozen=True)
class Prefix:
    """A parsed prefix: literal text and (namespace, value) expressions, in order."""

    parts: tuple[str | tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Prefix:
        """Parse and check every expression; raises `PrefixError`."""
        parts: list[str | tuple[str, str]] = []
        end = 0
        for match in _EXPRESSION.finditer(text):
            parts += [text[end : match.start()], _checked(match[1], match[2])]
            end = match.end()
        parts.append(text[end:])
        if any("!{" in part for part in parts if isinstance(part, str)):
            raise PrefixError(f"the sequence !{{ can only appear in !{{namespace:value}} expressions: {text!r}")
        return cls(tuple(part for part in parts if part))

    @property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """The (namespace, value) pairs."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    @property
    def partition_keys(self) -> tuple[str, ...]:
        """Names of the partition keys it needs, each once."""
        return tuple(dict.fromkeys(v for namespace, v in self.expressions if namespace == PARTITION_KEY))

    def evaluate(self, moment: datetime, keys: Mapping[str, str], error_type: str = "") -> str:
        """Evaluate for an object whose oldest record arrived at `moment` (in the stream's time zone)."""
        return "".join(
            part if isinstance(part, str) else _value(*part, moment, keys, error_type) for part in self.parts
        )


def data_prefix(text: str, *, dynamic_partitioning: bool) -> Prefix:
    """Return the prefix of delivered rows, with Firehose's default of a time where none is given.

    With dynamic partitioning the prefix is taken as it stands: the partition keys say where a row belongs.
    """
    prefix = Prefix.parse(text)
    namespaces = {namespace for namespace, _ in prefix.expressions}
    if ("firehose", "error-output-type") in prefix.expressions:
        raise PrefixError("Prefix cannot contain !{firehose:error-output-type}")
    if prefix.partition_keys and not dynamic_partitioning:
        raise PrefixError(
            "Dynamic Partitioning Namespaces can only be part of a prefix expression "
            "when Dynamic Partitioning is enabled"
        )
    if dynamic_partitioning:
        if not prefix.partition_keys:
            raise PrefixError("Prefix must contain !{partitionKeyFromQuery:…} when Dynamic Partitioning is enabled")
        return prefix
    return prefix if "timestamp" in namespaces else Prefix.parse(text + DEFAULT_TIMESTAMP)


def error_prefix(text: str, prefix_text: str) -> Prefix:
    """Return the prefix of the error output; without one it is the data prefix, the type and the time."""
    if not text and "!{" in prefix_text:
        raise PrefixError("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    prefix = Prefix.parse(text)
    if not prefix.expressions:
        return Prefix.parse(f"{text or prefix_text}{ERROR_TYPE}/{DEFAULT_TIMESTAMP}")
    if prefix.partition_keys:
        raise PrefixError("ErrorOutputPrefix cannot contain !{partitionKeyFromQuery:…}")
    if ("firehose", "error-output-type") not in prefix.expressions:
        raise PrefixError(f"ErrorOutputPrefix must contain at least one instance of {ERROR_TYPE}")
    return prefix


def _checked(namespace: str, value: str) -> tuple[str, str]:
    match namespace:
        case "timestamp":
            try:
                check_pattern(value)
            except ValueError as error:
                raise PrefixError(str(error)) from error
        case "firehose" if value not in ("error-output-type", "random-string"):
            raise PrefixError(f"!{{firehose:{value}}} is neither error-output-type nor random-string")
        case "firehose":
            pass
        case _ if namespace == PARTITION_KEY and value:
            pass
        case _:
            raise PrefixError(f"!{{{namespace}:{value}}} is not supported in a prefix")
    return namespace, value


def _value(namespace: str, value: str, moment: datetime, keys: Mapping[str, str], error_type: str) -> str:
    match namespace, value:
        case "timestamp", pattern:
            return format_date(pattern, moment)
        case "firehose", "random-string":
            return secrets.token_hex(6)[:11]  # 11 characters, new for each instance
        case "firehose", _:
            return error_type
    return keys[value]
