"""EventBridge buses and rules that deliver to queues."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pixlake.localcloud.intrinsics import Pending
from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import JSON, TAGS, TEXT, Items, NoEffect, Only, Struct


@creates(
    "AWS::Events::EventBus",
    {"Name": TEXT, "Tags": TAGS, "Description": NoEffect("a comment"), "Policy": NoEffect("not enforced")},
    required=("Name",),
    attributes=("Arn", "Name"),
)
def event_bus(request: Request) -> Created:
    """Create an event bus."""
    name = request.properties["Name"]
    arn = request.site.client("events").create_event_bus(Name=name)["EventBusArn"]
    return Created(name, {"Arn": arn, "Name": name})


def _only_queues(properties: Mapping[str, Any]) -> Iterable[str]:
    for target in properties.get("Targets", []):
        arn = target.get("Arn")
        service = arn.resource_type.split("::")[1].lower() if isinstance(arn, Pending) else str(arn).split(":")[2:3]
        if service not in ("sqs", ["sqs"]):
            yield f"Targets: {target.get('Id')}: the local cloud delivers events to SQS queues only, not to {arn}."


@creates(
    "AWS::Events::Rule",
    {
        "Name": TEXT,
        "Description": TEXT,
        "EventBusName": TEXT,
        "EventPattern": JSON,
        "State": Only(("ENABLED",), "a rule is in force or it is not there: leave it out by a condition"),
        "Tags": TAGS,
        "RoleArn": NoEffect("permissions are not enforced"),
        "Targets": Items(
            Struct(
                {
                    "Id": TEXT,
                    "Arn": TEXT,
                    "DeadLetterConfig": NoEffect("a delivery on one machine does not fail for a while"),
                    "RetryPolicy": NoEffect("a delivery on one machine does not fail for a while"),
                    "SqsParameters": Struct({"MessageGroupId": TEXT}),
                    "RoleArn": NoEffect("permissions are not enforced"),
                },
                frozenset({"Id", "Arn"}),
            )
        ),
    },
    required=("EventPattern",),
    attributes=("Arn",),
    check=_only_queues,
)
def rule(request: Request) -> Created:
    """Create a rule on events (schedules are refused: nothing fires them here)."""
    events, properties = request.site.client("events"), request.properties
    name = request.name("Name")
    bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
    more = {"Description": properties["Description"]} if "Description" in properties else {}
    arn = events.put_rule(
        Name=name, EventPattern=json.dumps(properties["EventPattern"]), State="ENABLED", **bus, **more
    )
    if targets := properties.get("Targets"):
        events.put_targets(Rule=name, Targets=targets, **bus)
    return Created(name, {"Arn": arn["RuleArn"]})
