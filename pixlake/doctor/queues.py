"""The upload queue and its dead-letter queue."""

from __future__ import annotations

import json

from pixlake.cli.terminal import counted
from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok, warn

LATE_S = 900
"""Age of the oldest message from which the scorer counts as behind."""


def queue(deployment: Deployment) -> Finding:
    """How much waits and for how long, and where failed messages go."""
    from adapters.queues import SqsUploadQueue  # noqa: PLC0415

    attributes = deployment.queue_attributes(deployment.queue_url)
    dead_arn = deployment.queue_attributes(deployment.dead_letter_url)["QueueArn"]
    target = json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    if target != dead_arn:
        return fail(
            f"failed messages of {attributes['QueueArn']} go to {target or 'no dead-letter queue'}, not to {dead_arn}",
            "put back the RedrivePolicy of the resource UploadQueue, or a message that fails comes back for days",
        )
    state = SqsUploadQueue(
        deployment.client("sqs"), deployment.client("cloudwatch"), deployment.queue_url, deployment.dead_letter_url
    ).state()
    oldest = None if state.oldest_s is None else round(state.oldest_s)
    facts = {"waiting": state.waiting, "in_flight": state.in_flight, "oldest_s": oldest}
    age = "" if not state.depth else ", the oldest of unknown age" if oldest is None else f", the oldest {oldest} s old"
    what = f"{state.waiting:,} waiting, {state.in_flight:,} in flight{age}"
    if oldest is not None and oldest > LATE_S:
        return warn(
            what,
            "the scorer is behind: raise MaximumConcurrency if its log is clean, else mend what the log says",
            **facts,
        )
    return ok(what, **facts)


def dead_letters(deployment: Deployment) -> Finding:
    """Whether there are messages that nobody could handle."""
    attributes = deployment.queue_attributes(deployment.dead_letter_url)
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    count = sum(int(attributes[name]) for name in names)
    if count:
        return warn(
            f"{counted(count, 'message')} in the dead-letter queue: uploads without a row",
            "`pixlake redrive --dry-run` shows them; mend what the scorer's log says, then `pixlake redrive`",
            messages=count,
        )
    return ok("empty", messages=0)
