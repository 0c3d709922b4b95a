"""Who asks, the upload bucket, and how its events come to the queue."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok, warn

CREATED, REMOVED, EXPIRED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"
LOST = {CREATED: "no upload is scored", REMOVED: "removals get no row", EXPIRED: "expiries by lifecycle get no row"}
WIRE = (
    "a stack update does not mend what was changed by hand: put the queue back into the bucket's notification "
    "configuration, beside what is there (aws s3api put-bucket-notification-configuration replaces the whole); "
    "`pixlake ledger --now` then finds the uploads that were missed"
)


@dataclass(frozen=True)
class Way:
    """A way from the bucket to the queue: the service that sends, the resource it sends for, and which events."""

    service: str
    source_arn: str
    events: frozenset[str]
    name: str
    filters: tuple[str, ...] = ()


def credentials(deployment: Deployment) -> Finding:
    """Whose calls these are."""
    caller = deployment.client("sts").get_caller_identity()
    return ok(f"{caller['Arn']} at {deployment.place}", account=caller["Account"], arn=caller["Arn"])


def upload_bucket(deployment: Deployment) -> Finding:
    """Whether the bucket is there."""
    deployment.client("s3").head_bucket(Bucket=deployment.upload_bucket)
    return ok(f"s3://{deployment.upload_bucket} answers", bucket=deployment.upload_bucket)


def notifications(deployment: Deployment) -> Finding:
    """Whether creations, removals and expiries come to the queue."""
    found = ways(deployment)
    bucket = deployment.upload_bucket
    if not found:
        return fail(f"s3://{bucket} does not notify {deployment.queue_arn()}: no upload is scored", WIRE)
    facts: dict[str, Any] = {"ways": [way.name for way in found]}
    told = frozenset[str]().union(*(way.events for way in found))
    missing = [event for event in LOST if event not in told]
    if CREATED in missing:
        sent = ", ".join(sorted(told)) or "nothing"
        return fail(f"s3://{bucket} does not send {CREATED} to the queue (it sends {sent}): uploads are missed", WIRE)
    doubled = len(found) > len({way.service for way in found}) or len({way.service for way in found}) > 1
    if missing:
        lost = "; ".join(f"{event} is not sent: {LOST[event]}" for event in missing)
        return warn(f"s3://{bucket}: {lost}", WIRE, **facts)
    if filters := sorted({text for way in found for text in way.filters}):
        return warn(
            f"s3://{bucket} notifies for {', '.join(filters)} only",
            "other keys get no row: widen the filter if that is not meant",
            **facts,
        )
    if doubled:
        return warn(
            f"s3://{bucket} notifies in several ways: {', '.join(facts['ways'])}",
            "each upload is handled once a way; keep one of them",
            **facts,
        )
    return ok(f"s3://{bucket} tells the queue of creations, removals and expiries by {found[0].name}", **facts)


def queue_policy(deployment: Deployment) -> Finding:
    """Whether the queue's policy lets each way's service send."""
    attributes = deployment.queue_attributes(deployment.queue_url)
    arn, account = attributes["QueueArn"], attributes["QueueArn"].split(":")[4]
    statements = _list(json.loads(attributes.get("Policy") or "{}").get("Statement", []))
    for way in ways(deployment):
        request = {"aws:sourcearn": way.source_arn, "aws:sourceaccount": account, "aws:securetransport": "true"}
        applying = [each for each in statements if _applies(each, way.service, arn, request)]
        if any(each["Effect"] == "Deny" for each in applying):
            return fail(f"the policy of {arn} denies sqs:SendMessage to {way.service}", _POLICY)
        if not any(each["Effect"] == "Allow" for each in applying):
            return fail(f"the policy of {arn} does not let {way.service} send for {way.source_arn}", _POLICY)
    return ok("the queue lets its senders in")


_POLICY = "put back the policy of the resource UploadQueuePolicy of template.yaml; until then notifications vanish"


def ways(deployment: Deployment) -> list[Way]:
    """The ways from the bucket to the queue, one for S3's own notifications, EventBridge's and SNS's each."""
    arn = deployment.queue_arn()
    s3 = deployment.client("s3")
    configured = s3.get_bucket_notification_configuration(Bucket=deployment.upload_bucket)
    found = []
    direct = [each for each in configured.get("QueueConfigurations", []) if each["QueueArn"] == arn]
    bucket_arn = f"arn:{arn.split(':')[1]}:s3:::{deployment.upload_bucket}"
    if direct:
        found.append(Way("s3.amazonaws.com", bucket_arn, _events(direct), "S3 notification", _filters(direct)))
    for topic in sorted({each["TopicArn"] for each in configured.get("TopicConfigurations", [])}):
        pages = deployment.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        if any(each["Endpoint"] == arn for page in pages for each in page["Subscriptions"]):
            those = [each for each in configured["TopicConfigurations"] if each["TopicArn"] == topic]
            found.append(Way("sns.amazonaws.com", topic, _events(those), f"SNS topic {topic}", _filters(those)))
    if "EventBridgeConfiguration" in configured:
        events = deployment.client("events")
        for name in events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]:
            rule = events.describe_rule(Name=name)
            if rule["State"] != "DISABLED":
                found.append(Way("events.amazonaws.com", rule["Arn"], _of_rule(rule), f"EventBridge rule {name}"))
    return found


def _events(configurations: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(event for each in configurations for event in each["Events"])


def _filters(configurations: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    rules = [rule for each in configurations for rule in each.get("Filter", {}).get("Key", {}).get("FilterRules", [])]
    return tuple(f"{rule['Name'].lower()} {rule['Value']!r}" for rule in rules)


def _of_rule(rule: dict[str, Any]) -> frozenset[str]:
    """The S3 events that a rule on `Object Created` and `Object Deleted` stands for; expiries are deletions there."""
    kinds = json.loads(rule.get("EventPattern") or "{}").get("detail-type", ["Object Created", "Object Deleted"])
    events = {CREATED} if "Object Created" in kinds else set()
    return frozenset(events | ({REMOVED, EXPIRED} if "Object Deleted" in kinds else set()))


def _applies(statement: dict[str, Any], service: str, arn: str, request: dict[str, str]) -> bool:
    """Whether a statement speaks of the service's SendMessage. A condition that is not known here does not hold."""
    principal = statement.get("Principal", {})
    allowed = ["*"] if principal == "*" else [*_list(principal.get("Service", [])), *_list(principal.get("AWS", []))]
    actions = [action.lower() for action in _list(statement.get("Action", []))]
    return (
        any(each in ("*", service) for each in allowed)
        and any(fnmatchcase("sqs:sendmessage", action) for action in actions)
        and any(fnmatchcase(arn, pattern) for pattern in _list(statement.get("Resource", ["*"])))
        and all(
            any(fnmatchcase(request.get(key.lower(), ""), str(value)) for value in _list(values))
            for operator, pairs in statement.get("Condition", {}).items()
            for key, values in (pairs.items() if operator in _OPERATORS else [("?", ())])
        )
    )


_OPERATORS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike", "Bool")


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
