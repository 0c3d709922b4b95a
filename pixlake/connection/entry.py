"""What pixlake wants of a bucket, and how entries of a notification configuration and their filters are read."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Configuration: TypeAlias = Mapping[str, Any]
"""What GetBucketNotificationConfiguration answers, without ResponseMetadata."""

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")
"""Expiries by lifecycle rules are not among the removals."""

DESTINATIONS = {
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
"""The lists of a configuration, and the member that names an entry's destination."""

BRIDGE = "EventBridgeConfiguration"
_SAFE = "/!*'()"  # besides letters, digits, "-", "_" and "."


class Kind(StrEnum):
    """The way by which a bucket's events come to the queue: the parameter Entry of template.yaml."""

    NOTIFICATION = "notification"
    EVENTBRIDGE = "eventbridge"
    SNS = "sns"


@dataclass(frozen=True)
class Wanted:
    """What pixlake wants of a bucket. `prefix` and `suffix` are plain, as in a key; empty: every key.

    `destination`: ARN of the queue, or for `Kind.SNS` of the topic. EventBridge has none.
    """

    stack: str
    kind: Kind
    destination: str = ""
    prefix: str = ""
    suffix: str = ""

    def entry(self) -> dict[str, Any]:
        """The entry with all events."""
        arn = "TopicArn" if self.kind is Kind.SNS else "QueueArn"
        rules = [
            {"Name": name, "Value": encoded(value)}
            for name, value in (("prefix", self.prefix), ("suffix", self.suffix))
            if value
        ]
        filters = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
        return {"Id": own_id(self.stack), arn: self.destination, "Events": list(EVENTS), **filters}


def own_id(stack: str) -> str:
    """The Id of a stack's entry: stable, so that it is found again, and another for each stack."""
    return f"pixlake-{stack}"


def encoded(value: str) -> str:
    """A prefix or suffix as S3 wants it in a filter: a space is "+", special characters are percent-encoded.

    Source: "Configuring event notifications using object key name filtering" in the S3 user guide.
    """
    return urllib.parse.quote_plus(value, safe=_SAFE).replace("~", "%7E")


@dataclass(frozen=True)
class Keys:
    """The keys that a filter lets through. Two empty texts: all of them."""

    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        named = [f"{name} {value!r}" for name, value in (("prefix", self.prefix), ("suffix", self.suffix)) if value]
        return " and ".join(named) or "every key"

    def contains(self, other: Keys) -> bool:
        """Whether each key of the other is one of these."""
        return other.prefix.startswith(self.prefix) and other.suffix.endswith(self.suffix)

    def overlaps(self, other: Keys) -> bool:
        """Whether S3 holds that a key can be of both: one prefix begins the other, and one suffix ends the other."""
        prefixes = self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)
        suffixes = self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix)
        return prefixes and suffixes


def keys_of(entry: Mapping[str, Any]) -> Keys:
    """The keys of an entry. S3 answers `Prefix` for what was written as `prefix`, and may hold empty values."""
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {rule["Name"].lower(): urllib.parse.unquote_plus(rule["Value"] or "") for rule in rules}
    return Keys(values.get("prefix", ""), values.get("suffix", ""))


def entries(configuration: Configuration) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """List, destination and entry, of every entry."""
    for name, arn in DESTINATIONS.items():
        for entry in configuration.get(name, []):
            yield name, entry[arn], entry


def includes(event: str, other: str) -> bool:
    """Whether an event type stands for another: `s3:ObjectCreated:*` for `s3:ObjectCreated:Put`."""
    return event == other or (event.endswith(":*") and other.startswith(event[:-1]))
