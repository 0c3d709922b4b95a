"""Topics, subscriptions of queues, topic policies (kept, not enforced)."""

from __future__ import annotations

import json
from typing import Any

from pixlake.localcloud.errors import CreationError
from pixlake.localcloud.intrinsics import as_text
from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, JSON, TAGS, TEXT, Items, NoEffect, Only, Struct

_DELIVERS = "messages are delivered to queues; other protocols have nobody to answer on one machine"


@creates(
    "AWS::SNS::Topic",
    {
        "TopicName": TEXT,
        "DisplayName": TEXT,
        "Tags": TAGS,
        "KmsMasterKeyId": NoEffect("messages are not encrypted"),
        "Subscription": Items(Struct({"Endpoint": TEXT, "Protocol": Only(("sqs", "email"), _DELIVERS)})),
    },
    attributes=("TopicArn", "TopicName"),
)
def topic(request: Request) -> Created:
    """Create a topic and the subscriptions inside it; e-mail is never sent."""
    sns, name = request.site.client("sns"), request.name("TopicName", most=256)
    attributes = {"DisplayName": request.properties["DisplayName"]} if "DisplayName" in request.properties else {}
    arn = sns.create_topic(Name=name, Attributes=attributes, Tags=request.properties.get("Tags", []))["TopicArn"]
    for subscription in request.properties.get("Subscription", []):
        sns.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])
    return Created(arn, {"TopicArn": arn, "TopicName": name})


@creates(
    "AWS::SNS::Subscription",
    {
        "TopicArn": TEXT,
        "Protocol": Only(("sqs", "email"), _DELIVERS),
        "Endpoint": TEXT,
        "RawMessageDelivery": FLAG,
        "FilterPolicy": JSON,
        "FilterPolicyScope": TEXT,
    },
    required=("TopicArn", "Protocol", "Endpoint"),
    attributes=("Arn",),
)
def subscription(request: Request) -> Created:
    """Subscribe a queue to a topic; an e-mail subscription stays pending and is never sent to.

    A topic from outside of the stack is made here, so that there is one to publish to.
    """
    sns, properties = request.site.client("sns"), request.properties
    try:
        sns.get_topic_attributes(TopicArn=properties["TopicArn"])
    except sns.exceptions.NotFoundException:
        here = request.arn("sns", properties["TopicArn"].rpartition(":")[2])
        if properties["TopicArn"] != here:
            raise CreationError(
                f"{request.logical_id}: the topic {properties['TopicArn']} cannot be here: name it {here}"
            ) from None
        sns.create_topic(Name=here.rpartition(":")[2])
    attributes: dict[str, Any] = {}
    if properties.get("RawMessageDelivery"):  # moto takes any value, even "false", for a yes
        attributes["RawMessageDelivery"] = "true"
    if "FilterPolicy" in properties:
        attributes["FilterPolicy"] = json.dumps(properties["FilterPolicy"])
    if "FilterPolicyScope" in properties:
        attributes["FilterPolicyScope"] = as_text(properties["FilterPolicyScope"])
    arn = sns.subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Created(arn, {"Arn": arn})


@creates(
    "AWS::SNS::TopicPolicy", {"Topics": Items(TEXT), "PolicyDocument": JSON}, required=("Topics", "PolicyDocument")
)
def topic_policy(request: Request) -> Created:
    """Set a topic's policy; it can be read back and is not enforced."""
    for arn in request.properties["Topics"]:
        request.site.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(request.properties["PolicyDocument"])
        )
    return Created(request.name("-"))
