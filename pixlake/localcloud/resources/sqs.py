"""Queues and their policies (kept, not enforced)."""

from __future__ import annotations

import json
from typing import Any

from pixlake.localcloud.intrinsics import as_text
from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, JSON, NUMBER, TAGS, TEXT, Items, NoEffect, Spec, Struct

_ATTRIBUTES: dict[str, Spec] = {
    "DelaySeconds": NUMBER,
    "MaximumMessageSize": NUMBER,
    "MessageRetentionPeriod": NUMBER,
    "ReceiveMessageWaitTimeSeconds": NUMBER,
    "VisibilityTimeout": NUMBER,
    "SqsManagedSseEnabled": FLAG,
}


@creates(
    "AWS::SQS::Queue",
    {
        "QueueName": TEXT,
        **_ATTRIBUTES,
        "RedrivePolicy": Struct(
            {"deadLetterTargetArn": TEXT, "maxReceiveCount": NUMBER},
            frozenset({"deadLetterTargetArn", "maxReceiveCount"}),
        ),
        "Tags": TAGS,
        "RedriveAllowPolicy": NoEffect("every queue may redrive to every other"),
        "KmsMasterKeyId": NoEffect("messages are not encrypted"),
        "KmsDataKeyReusePeriodSeconds": NoEffect("messages are not encrypted"),
    },
    attributes=("Arn", "QueueName", "QueueUrl"),
)
def queue(request: Request) -> Created:
    """Create a standard queue (FIFO queues are refused: the local event source mapping keeps no order)."""
    name = request.name("QueueName", most=80)
    attributes: dict[str, str] = {
        key: as_text(request.properties[key]) for key in _ATTRIBUTES if key in request.properties
    }
    if redrive := request.properties.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    tags = {tag["Key"]: tag["Value"] for tag in request.properties.get("Tags", [])}
    more: dict[str, Any] = {"tags": tags} if tags else {}
    url = request.site.client("sqs").create_queue(QueueName=name, Attributes=attributes, **more)["QueueUrl"]
    return Created(url, {"Arn": request.arn("sqs", name), "QueueName": name, "QueueUrl": url})


@creates(
    "AWS::SQS::QueuePolicy", {"Queues": Items(TEXT), "PolicyDocument": JSON}, required=("Queues", "PolicyDocument")
)
def queue_policy(request: Request) -> Created:
    """Set a queue's policy; it can be read back and is not enforced."""
    for url in request.properties["Queues"]:
        request.site.client("sqs").set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps(request.properties["PolicyDocument"])}
        )
    return Created(request.name("-"))
