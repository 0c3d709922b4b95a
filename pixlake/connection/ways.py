"""On which ways a bucket's events come to the queue, by its notification configuration, and what bars a way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pixlake.connection.entry import BRIDGE, EVENTS, Configuration, Keys, entries, keys_of
from pixlake.connection.policies import Verdict, judge

Client: TypeAlias = Callable[[str], Any]
"""A boto3 client by the service's name."""

S3, SNS, EVENTBRIDGE = "s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"
CREATED, REMOVED, EXPIRED = EVENTS


@dataclass(frozen=True)
class Way:
    """A way from the bucket to the queue: the service that sends, the resource it sends for, which events and keys.

    `keys` is None for a rule of EventBridge: what its pattern lets through is the stack's business.
    """

    service: str
    source_arn: str
    events: frozenset[str]
    name: str
    keys: frozenset[Keys] | None = None


def ways(client: Client, queue_arn: str, bucket: str, configuration: Configuration) -> list[Way]:
    """The ways from the bucket to the queue, one for S3's own notifications, each topic and each rule."""
    found = []
    direct = [entry for _, destination, entry in entries(configuration) if destination == queue_arn]
    if direct:
        found.append(Way(S3, bucket_arn(queue_arn, bucket), _events(direct), "S3 notification", _keys(direct)))
    for topic in sorted({entry["TopicArn"] for entry in configuration.get("TopicConfigurations", [])}):
        pages = client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        if any(each["Endpoint"] == queue_arn for page in pages for each in page["Subscriptions"]):
            those = [each for each in configuration["TopicConfigurations"] if each["TopicArn"] == topic]
            found.append(Way(SNS, topic, _events(those), f"SNS topic {topic}", _keys(those)))
    if BRIDGE in configuration:
        found += _rules(client("events"), queue_arn, bucket)
    return found


def _rules(events: Any, queue_arn: str, bucket: str) -> Iterator[Way]:
    pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=queue_arn)
    for name in [name for page in pages for name in page["RuleNames"]]:
        rule = events.describe_rule(Name=name)
        pattern = json.loads(rule.get("EventPattern") or "{}")
        buckets = pattern.get("detail", {}).get("bucket", {}).get("name", [bucket])
        # A pattern may also name buckets by {"prefix": …} and the like: such a rule is taken to mean this bucket.
        if rule["State"] != "DISABLED" and any(each == bucket or not isinstance(each, str) for each in buckets):
            yield Way(EVENTBRIDGE, rule["Arn"], _of_rule(pattern), f"EventBridge rule {name}")


def _of_rule(pattern: Mapping[str, Any]) -> frozenset[str]:
    """The S3 events that a rule on `Object Created` and `Object Deleted` stands for; expiries are deletions there."""
    kinds = pattern.get("detail-type", ["Object Created", "Object Deleted"])
    events = {CREATED} if "Object Created" in kinds else set()
    return frozenset(events | ({REMOVED, EXPIRED} if "Object Deleted" in kinds else set()))


def _events(found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(event for each in found for event in each["Events"])


def _keys(found: Iterable[Mapping[str, Any]]) -> frozenset[Keys]:
    return frozenset(map(keys_of, found))


def bucket_arn(queue_arn: str, bucket: str) -> str:
    """ARN of a bucket in the queue's partition."""
    return f"arn:{queue_arn.split(':')[1]}:s3:::{bucket}"


def barred(found: Sequence[Way], queue_arn: str, policy: str) -> str | None:
    """The first way for which the queue's policy does not let its service send, in words."""
    for way in found:
        verdict = judge(policy, way.service, "sqs:sendmessage", queue_arn, _request(queue_arn, way.source_arn))
        if verdict is Verdict.DENIED:
            return f"the policy of {queue_arn} denies sqs:SendMessage to {way.service}"
        if verdict is Verdict.NOT_NAMED:
            return f"the policy of {queue_arn} does not let {way.service} send for {way.source_arn}"
    return None


def barred_topic(client: Client, topic: str, source_arn: str) -> str | None:
    """What the topic's policy has against S3, in words."""
    policy = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"].get("Policy", "")
    verdict = judge(policy, S3, "sns:publish", topic, _request(topic, source_arn))
    return None if verdict is Verdict.ALLOWED else f"the policy of {topic} {verdict} {S3} to publish for {source_arn}"


def _request(resource: str, source_arn: str) -> dict[str, str]:
    return {
        "aws:sourcearn": source_arn,
        "aws:sourceaccount": resource.split(":")[4],
        "aws:securetransport": "true",
    }
