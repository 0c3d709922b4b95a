"""docs/moderation.md: its stack, created beside a bus, hears of its event and not of others."""

import json
import re

from tests.conftest import ROOT


def blocks(language):
    text = (ROOT / "docs" / "moderation.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_given_the_documented_stack_when_the_documented_event_is_published_then_its_queue_has_it(deploy, client):
    [template], [example] = blocks("yaml"), map(json.loads, blocks("json"))
    client("events").create_event_bus(Name="alerts")
    stack = deploy(template, {"AlertBusName": "alerts"})

    for flag in ("is_low_quality", *example["detail"]["flags"]):
        detail = example["detail"] | {"flags": [flag]}
        entry = {"Source": example["source"], "DetailType": example["detail-type"], "Detail": json.dumps(detail)}
        client("events").put_events(Entries=[{"EventBusName": "alerts", **entry}])

    received = client("sqs").receive_message(QueueUrl=stack.resources()["Flagged"], MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["detail"] for message in received] == [example["detail"]]
