"""EventBridge: buses, rules that deliver events to queues, rules and schedules that invoke functions by time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pixlake.localcloud.intrinsics import Pending
from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import JSON, TAGS, TEXT, Items, NoEffect, Only, Struct
from pixlake.localcloud.schedules import ScheduleSettings, seconds_between


@creates(
    "AWS::Events::EventBus",
    {
        "Name": TEXT,
        "Tags": TAGS,
        "Description": NoEffect("a comment"),
        "Policy": NoEffect("not enforced"),
        "KmsKeyIdentifier": NoEffect("events are not encrypted"),
    },
    required=("Name",),
    attributes=("Arn", "Name"),
)
def event_bus(request: Request) -> Created:
    """Create an event bus."""
    name = request.properties["Name"]
    arn = request.site.client("events").create_event_bus(Name=name)["EventBusArn"]
    return Created(name, {"Arn": arn, "Name": name})


def _service(arn: Any) -> str:
    """The service of an ARN, or of the resource that will have it: `sqs`, `lambda`."""
    if isinstance(arn, Pending):
        return arn.resource_type.split("::")[1].lower()
    return ":".join(str(arn).split(":")[2:3])


def _can_rule(properties: Mapping[str, Any]) -> Iterable[str]:
    schedule = properties.get("ScheduleExpression")
    if (schedule is None) == ("EventPattern" not in properties):
        yield "a rule has an EventPattern or a ScheduleExpression."
    if schedule is not None:
        yield from _can_schedule(schedule)
    wanted, whom = ("sqs", "SQS queues") if schedule is None else ("lambda", "Lambda functions")
    for target in properties.get("Targets", []):
        if _service(target.get("Arn")) != wanted:
            kind = "events" if schedule is None else "schedules"
            yield (
                f"Targets: {target.get('Id')}: the local cloud delivers {kind} to {whom} only, not to {target['Arn']}."
            )


def _can_schedule(expression: str) -> Iterable[str]:
    try:
        if not isinstance(expression, Pending):
            seconds_between(expression)
    except ValueError as error:
        yield f"ScheduleExpression: {error}."


@creates(
    "AWS::Events::Rule",
    {
        "Name": TEXT,
        "Description": TEXT,
        "EventBusName": TEXT,
        "EventPattern": JSON,
        "ScheduleExpression": TEXT,
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
                    "Input": TEXT,
                    "RoleArn": NoEffect("permissions are not enforced"),
                },
                frozenset({"Id", "Arn"}),
            )
        ),
    },
    attributes=("Arn",),
    check=_can_rule,
)
def rule(request: Request) -> Created:
    """Create a rule on events, or note one on a schedule: it begins when everything else is there."""
    events, properties = request.site.client("events"), request.properties
    name = request.name("Name")
    if "ScheduleExpression" in properties:
        arn = request.arn("events", f"rule/{name}")
        for target in properties.get("Targets", []):
            seconds = seconds_between(properties["ScheduleExpression"])
            request.site.schedules.append(ScheduleSettings(arn, target["Arn"], seconds, target.get("Input")))
        return Created(name, {"Arn": arn})
    bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
    more = {"Description": properties["Description"]} if "Description" in properties else {}
    made = events.put_rule(
        Name=name, EventPattern=json.dumps(properties["EventPattern"]), State="ENABLED", **bus, **more
    )
    if targets := properties.get("Targets"):
        events.put_targets(Rule=name, Targets=targets, **bus)
    return Created(name, {"Arn": made["RuleArn"]})


def _can_target(properties: Mapping[str, Any]) -> Iterable[str]:
    yield from _can_schedule(properties["ScheduleExpression"])
    if _service(properties.get("Target", {}).get("Arn")) != "lambda":
        yield f"Target: the local cloud delivers schedules to Lambda functions only, not to {properties.get('Target')}."


@creates(
    "AWS::Scheduler::Schedule",
    {
        "Name": TEXT,
        "Description": NoEffect("a comment"),
        "GroupName": NoEffect("schedules have one group"),
        "ScheduleExpression": TEXT,
        "State": Only(("ENABLED",), "a schedule is in force or it is not there: leave it out by a condition"),
        "FlexibleTimeWindow": Struct({"Mode": Only(("OFF",), "here a schedule is on time")}),
        "Target": Struct(
            {
                "Arn": TEXT,
                "Input": TEXT,
                "RoleArn": NoEffect("permissions are not enforced"),
                "RetryPolicy": NoEffect("an invocation that fails is logged; the next one comes in time"),
            },
            frozenset({"Arn"}),
        ),
    },
    required=("ScheduleExpression", "Target"),
    attributes=("Arn",),
    check=_can_target,
)
def schedule(request: Request) -> Created:
    """Note a schedule. Unlike a rule's it begins at once, as AWS's does without a start date."""
    properties, target = request.properties, request.properties["Target"]
    name = request.name("Name")
    arn = request.arn("scheduler", f"schedule/default/{name}")
    seconds = seconds_between(properties["ScheduleExpression"])
    request.site.schedules.append(
        ScheduleSettings(arn, target["Arn"], seconds, target.get("Input", "{}"), at_once=True)
    )
    return Created(name, {"Arn": arn})
