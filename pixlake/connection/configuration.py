"""A bucket's notification configuration with and without pixlake's entry. All others stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pixlake.connection.entry import (
    BRIDGE,
    DESTINATIONS,
    EVENTS,
    Configuration,
    Kind,
    Wanted,
    entries,
    includes,
    keys_of,
    own_id,
)

_OWN_LISTS = ("QueueConfigurations", "TopicConfigurations")


def connected(before: Configuration, wanted: Wanted) -> dict[str, Any]:
    """The configuration with what is wanted.

    An entry of ours gives way to the new one. Events that somebody else's entry already sends to the same place, for at
    least the same keys, are left out of ours: S3 would refuse them, and they arrive.
    """
    after = disconnected(before, wanted.stack)
    if wanted.kind is Kind.EVENTBRIDGE:
        return {**after, BRIDGE: after.get(BRIDGE, {})}
    if missing := [event for event in EVENTS if not sent_by_others(after, wanted, event)]:
        name = "TopicConfigurations" if wanted.kind is Kind.SNS else "QueueConfigurations"
        after[name] = [*after.get(name, []), {**wanted.entry(), "Events": missing}]
    return after


def disconnected(before: Configuration, stack: str, *, turn_off_eventbridge: bool = False) -> dict[str, Any]:
    """The configuration without the stack's entry. EventBridge stays on unless told: others may listen there."""
    after: dict[str, Any] = dict(before)
    for name in _OWN_LISTS:
        kept = [entry for entry in before.get(name, []) if entry.get("Id") != own_id(stack)]
        after[name] = kept
        if not kept:
            del after[name]
    if turn_off_eventbridge:
        after.pop(BRIDGE, None)
    return after


def own_entries(configuration: Configuration, stack: str) -> list[Mapping[str, Any]]:
    """The stack's entry, as a list of one or none."""
    return [entry for name in _OWN_LISTS for entry in configuration.get(name, []) if entry.get("Id") == own_id(stack)]


def sent_by_others(configuration: Configuration, wanted: Wanted, event: str) -> str | None:
    """Id of an entry of somebody else that sends the event to the same place for all the keys that are wanted."""
    keys = keys_of(wanted.entry())
    for _, destination, entry in entries(configuration):
        same = destination == wanted.destination and entry.get("Id") != own_id(wanted.stack)
        if same and keys_of(entry).contains(keys) and any(includes(each, event) for each in entry["Events"]):
            return str(entry.get("Id"))
    return None


def normal(configuration: Configuration) -> dict[str, Any]:
    """The same for every way to write a configuration that means the same: equal if and only if S3 does the same.

    The order of entries, events and filter rules, the case of `Prefix`, empty values and empty lists mean nothing.
    """
    result: dict[str, Any] = {}
    for name, arn in DESTINATIONS.items():
        kept = [_normal_entry(entry, arn) for entry in configuration.get(name, [])]
        if kept:
            result[name] = sorted(kept, key=lambda entry: (str(entry["Id"]), json.dumps(entry)))
    if BRIDGE in configuration:
        result[BRIDGE] = {}
    return result


def _normal_entry(entry: Mapping[str, Any], arn: str) -> dict[str, Any]:
    given = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    rules = sorted((rule["Name"].lower(), rule["Value"]) for rule in given if rule["Value"])
    filters = {"Filter": {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules]}}}
    return {"Id": entry.get("Id"), arn: entry[arn], "Events": sorted(entry["Events"]), **(filters if rules else {})}
