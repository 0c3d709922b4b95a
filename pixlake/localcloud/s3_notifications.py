"""A bucket's notification configuration as S3 keeps and answers it, in place of moto's.

moto answers no EventBridge configuration, fails on the filter names `Prefix` and `Suffix` (which S3 takes, and answers
for `prefix` and `suffix`) and on empty values, and compares keys with filters as they are written, not decoded.
Whoever reads a configuration, adds to it and writes it back would lose what moto loses.
"""

from __future__ import annotations

import urllib.parse
from typing import Any

from pixlake.localcloud.moto_threads import replace

_SERVICES = {"Topic": "sns", "Queue": "sqs", "CloudFunction": "lambda"}
_LISTS = tuple(f"{name}Configuration" for name in _SERVICES)
_BRIDGE = "EventBridgeConfiguration"


def install() -> None:
    """Replace moto's reading, answering and matching, once."""
    from moto.s3.models import Notification  # noqa: PLC0415
    from moto.s3.responses import S3Response  # noqa: PLC0415

    replace(S3Response, "_notification_config_from_body", lambda _: _given)
    replace(S3Response, "get_bucket_notification", lambda _: _answer)
    replace(Notification, "_key_matches", lambda _: _key_matches)


def _given(response: Any) -> dict[str, Any]:
    """The configuration in a request, in moto's shape; filter names as S3 will answer them."""
    import xmltodict  # type: ignore[import-untyped] # noqa: PLC0415
    from moto.s3.exceptions import InvalidNotificationARN, MalformedXML  # noqa: PLC0415

    parsed = xmltodict.parse(response.body, force_list=(*_LISTS, "Event", "FilterRule"))["NotificationConfiguration"]
    given = {name: value for name, value in (parsed or {}).items() if name in (*_LISTS, _BRIDGE)}
    if _BRIDGE in given:
        given[_BRIDGE] = {}
    for name, service in _SERVICES.items():
        for entry in given.get(f"{name}Configuration", []):
            if entry.get(name, "").split(":")[2:3] != [service]:
                raise InvalidNotificationARN
            rules = ((entry.pop("Filter", None) or {}).get("S3Key") or {}).get("FilterRule", [])
            named = [{"Name": rule["Name"].capitalize(), "Value": rule["Value"] or ""} for rule in rules]
            if not entry.get("Event") or any(rule["Name"] not in ("Prefix", "Suffix") for rule in named):
                raise MalformedXML
            if named:
                entry["Filter"] = {"S3Key": {"FilterRule": named}}
    return given


def _answer(response: Any) -> Any:
    """The configuration as GetBucketNotificationConfiguration answers it."""
    from moto.core.responses import ActionResult  # noqa: PLC0415

    response.data["Action"] = "GetBucketNotificationConfiguration"
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    found: dict[str, Any] = {}
    if configuration is not None:
        found = {
            "TopicConfigurations": [_entry(each, "TopicArn") for each in configuration.topic],
            "QueueConfigurations": [_entry(each, "QueueArn") for each in configuration.queue],
            "LambdaFunctionConfigurations": [
                _entry(each, "LambdaFunctionArn") for each in configuration.cloud_function
            ],
        }
        if configuration.event_bridge is not None:
            found[_BRIDGE] = {}
    return response.serialized(ActionResult(found))


def _entry(notification: Any, arn: str) -> dict[str, Any]:
    entry = {"Id": notification.id, arn: notification.arn, "Events": notification.events}
    rules = notification.filters.get("S3Key", {}).get("FilterRule", [])
    return {**entry, "Filter": {"Key": {"FilterRules": rules}}} if rules else entry


def _key_matches(notification: Any, key: str) -> bool:
    """Whether the filter lets a key through: a filter's value is form-encoded."""
    rules = notification.filters.get("S3Key", {}).get("FilterRule", [])
    values = {rule["Name"].lower(): urllib.parse.unquote_plus(rule["Value"]) for rule in rules}
    return key.startswith(values.get("prefix", "")) and key.endswith(values.get("suffix", ""))
