"""Who asks, the buckets that images are put into, and how their events come to the queue."""

from __future__ import annotations

from typing import Any

from pixlake.connection.entry import Keys
from pixlake.connection.ways import CREATED, EXPIRED, REMOVED, SNS, Way, barred, barred_topic, bucket_arn, ways
from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, Mark, fail, ok, warn

LOST = {CREATED: "no upload is scored", REMOVED: "removals get no row", EXPIRED: "expiries by lifecycle get no row"}
WIRE = (
    "a stack update does not mend what was changed by hand: put the queue back into the bucket's notification "
    "configuration, beside what is there (aws s3api put-bucket-notification-configuration replaces the whole); "
    "`pixlake ledger --now` then finds the uploads that were missed"
)


def credentials(deployment: Deployment) -> Finding:
    """Whose calls these are."""
    caller = deployment.client("sts").get_caller_identity()
    return ok(f"{caller['Arn']} at {deployment.place}", account=caller["Account"], arn=caller["Arn"])


def upload_buckets(deployment: Deployment) -> Finding:
    """Whether the buckets are there."""
    for bucket in deployment.upload_buckets:
        deployment.client("s3").head_bucket(Bucket=bucket)
    names = " and ".join(f"s3://{bucket}" for bucket in deployment.upload_buckets)
    answer = "answers" if len(deployment.upload_buckets) == 1 else "answer"
    return ok(f"{names} {answer}", buckets=list(deployment.upload_buckets))


def notifications(deployment: Deployment) -> Finding:
    """Whether creations, removals and expiries of each bucket come to the queue."""
    return _worst([_notifications(deployment, bucket) for bucket in deployment.upload_buckets])


def queue_policy(deployment: Deployment) -> Finding:
    """Whether the policies of the queue and of the topics on the way let each way's service send."""
    attributes = deployment.queue_attributes(deployment.queue_url)
    arn = attributes["QueueArn"]
    for bucket in deployment.upload_buckets:
        found = _ways(deployment, bucket)
        if reason := barred(found, arn, attributes.get("Policy", "")):
            return fail(reason, _POLICY)
        for way in found:
            if way.service == SNS and (
                reason := barred_topic(deployment.client, way.source_arn, bucket_arn(arn, bucket))
            ):
                return warn(reason, "let s3.amazonaws.com publish for the bucket, if the topic does not in other words")
    return ok("the queue lets its senders in")


_POLICY = "put back the policy of the resource UploadQueuePolicy of template.yaml; until then notifications vanish"


def _ways(deployment: Deployment, bucket: str) -> list[Way]:
    configured = deployment.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return ways(deployment.client, deployment.queue_arn(), bucket, configured)


def _notifications(deployment: Deployment, bucket: str) -> Finding:
    found = _ways(deployment, bucket)
    remedy = WIRE
    if deployment.uploads.existing:
        remedy = f"`pixlake connect {bucket}`; `pixlake ledger --now` then finds the uploads that were missed"
    if not found:
        return fail(f"s3://{bucket} does not notify {deployment.queue_arn()}: no upload is scored", remedy)
    facts: dict[str, Any] = {"ways": [way.name for way in found]}
    told = frozenset[str]().union(*(way.events for way in found))
    missing = [event for event in LOST if event not in told]
    if CREATED in missing:
        sent = ", ".join(sorted(told)) or "nothing"
        return fail(f"s3://{bucket} does not send {CREATED} to the queue (it sends {sent}): uploads are missed", remedy)
    if missing:
        lost = "; ".join(f"{event} is not sent: {LOST[event]}" for event in missing)
        return warn(f"s3://{bucket}: {lost}", remedy, **facts)
    wanted = deployment.uploads.keys
    filters = {keys for way in found for keys in way.keys or ()}
    if other := sorted(map(str, filters - {wanted})):
        return warn(
            f"s3://{bucket} notifies for {' and for '.join(other)}, and the stack is made for {wanted}",
            f"if that is not meant: {remedy}",
            **facts,
        )
    if len(found) > 1:
        return warn(
            f"s3://{bucket} notifies in several ways: {', '.join(facts['ways'])}",
            "each upload is handled once a way; keep one of them",
            **facts,
        )
    keys = "" if wanted == Keys() else f" of {wanted}"
    return ok(f"s3://{bucket} tells the queue of creations, removals and expiries{keys} by {found[0].name}", **facts)


def _worst(findings: list[Finding]) -> Finding:
    """One finding for all buckets: what is wrong, or of all that is well."""
    marks = {finding.mark for finding in findings}
    mark = next(mark for mark in (Mark.FAIL, Mark.WARN, Mark.OK) if mark in marks)
    those = [finding for finding in findings if finding.mark is mark]
    if len(findings) == 1:
        return findings[0]
    return Finding(
        mark,
        "; ".join(finding.what for finding in those),
        "; ".join(dict.fromkeys(finding.advice for finding in those if finding.advice)),
        {"ways": [way for finding in findings for way in finding.facts.get("ways", [])]},
    )
