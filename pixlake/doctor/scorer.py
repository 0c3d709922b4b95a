"""The scorer: what calls it, and whether it can run."""

from __future__ import annotations

from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok, warn


def event_source(deployment: Deployment) -> Finding:
    """Whether the queue's messages are handed to the scorer."""
    arn, function = deployment.queue_arn(), deployment.scorer["FunctionArn"]
    pages = deployment.client("lambda").get_paginator("list_event_source_mappings").paginate(EventSourceArn=arn)
    mappings = [each for page in pages for each in page["EventSourceMappings"]]
    # A mapping may name a version or an alias: the function's ARN and one part more.
    own = [each for each in mappings if f"{each['FunctionArn']}:".startswith(f"{function}:")]
    others = [each["FunctionArn"] for each in mappings if each not in own]
    if others:
        return fail(
            f"{', '.join(others)} takes messages off {arn} too: those uploads get no row",
            "delete that event source mapping; to see uploads elsewhere, subscribe a queue of its own",
        )
    if not own:
        return fail(f"no event source mapping leads from {arn} to {function}", "deploy the stack again")
    (mapping, *more) = own
    if more:
        return warn(f"{len(own)} event source mappings from the queue to the scorer", "keep one: each has its pollers")
    if mapping["State"] != "Enabled":
        return fail(
            f"the event source mapping {mapping['UUID']} is {mapping['State']}: nothing is scored",
            f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled",
        )
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return fail(
            f"the event source mapping {mapping['UUID']} ignores partial batch responses: failed messages are lost",
            f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} "
            "--function-response-types ReportBatchItemFailures",
        )
    return ok(f"enabled, batches of at most {mapping['BatchSize']}", uuid=mapping["UUID"])


def function(deployment: Deployment) -> Finding:
    """Whether the function is there, up to date, and writes to this stack's stream."""
    found = deployment.scorer
    name, version = found["FunctionName"], found["Version"]
    state, updated = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    if state == "Failed" or updated == "Failed":
        reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
        return fail(f"{name} is {state}, its last update {updated}: {reason}", "mend that and deploy the stack again")
    stream = deployment.scorer_variable("PIXLAKE_STREAM")
    if stream != deployment.stream:
        return fail(
            f"{name} writes rows to the stream {stream or '(none)'}, not to {deployment.stream}",
            "deploy the stack again: its environment was changed by hand",
        )
    facts = {"version": version, "state": state, "last_update": updated, "last_modified": found.get("LastModified")}
    if state not in ("Active", "Inactive") or updated == "InProgress":
        return warn(f"{name} is {state}, its last update {updated}", "wait a minute and look again", **facts)
    return ok(f"{name} {version}, {state.lower()}, {found['MemorySize']} MB", **facts)


def result_cache(deployment: Deployment) -> Finding:
    """Whether the table of results is in use and there; off is well too."""
    table = deployment.scorer_variable("PIXLAKE_RESULT_CACHE")
    if not table:
        return ok("off", enabled=False)
    dynamodb = deployment.client("dynamodb")
    status = dynamodb.describe_table(TableName=table)["Table"]["TableStatus"]
    advice = "deploy the stack again; meanwhile every image is scored, which costs more and loses nothing"
    if status not in ("ACTIVE", "UPDATING"):
        return warn(f"the table {table} is {status}", advice, enabled=True)
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        return warn(f"items of the table {table} never expire", "deploy the stack again", enabled=True)
    return ok(f"the table {table} is {status.lower()}", enabled=True)
