"""The environment variables that point the command, boto3, awswrangler and the aws CLI at a deployment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pixlake.cli.terminal import CommandError

STACK = "PIXLAKE_STACK"
"""Variable with the stack's name; its parameters are asked for when they are needed."""
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# Variable to the stack output it carries.
FROM_OUTPUTS = {
    "PIXLAKE_UPLOAD_BUCKETS": "UploadBuckets",
    "PIXLAKE_DATABASE": "DatabaseName",
    "PIXLAKE_TABLE": "TableName",
    "PIXLAKE_WORKGROUP": "WorkGroupName",
    "PIXLAKE_LAKE_BUCKET": "LakeBucketName",
    "PIXLAKE_QUEUE_URL": "UploadQueueUrl",
    "PIXLAKE_DLQ_URL": "DeadLetterQueueUrl",
    "PIXLAKE_STREAM": "RowStreamName",
    "PIXLAKE_SCORE_FUNCTION": "ScoreFunctionName",
    "PIXLAKE_RECONCILE_FUNCTION": "ReconcileFunctionName",
    "PIXLAKE_LEDGER_TABLE": "LedgerTableName",
    "PIXLAKE_RECONCILE_SCHEDULE": "ReconcileSchedule",
}


IN_THE_WAY = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""Variables of a real account that would stand against the local cloud's."""


class NotSetError(CommandError):
    """A variable is missing; the message says how to set it."""


def in_the_way() -> list[str]:
    """Those of them that are set here."""
    return [name for name in IN_THE_WAY if name in os.environ]


def from_outputs(outputs: Mapping[str, str]) -> dict[str, str]:
    """Variables of a stack by its outputs. A stack of an older release has fewer; what needs another one says so."""
    found = {variable: outputs[output] for variable, output in FROM_OUTPUTS.items() if output in outputs}
    buckets = found.setdefault("PIXLAKE_UPLOAD_BUCKETS", outputs.get("UploadBucketName", ""))  # 0.1.0 has but its own
    if not buckets:
        raise CommandError(f"the stack has no output {FROM_OUTPUTS['PIXLAKE_UPLOAD_BUCKETS']}: is it a pixlake stack?")
    # Empty with several buckets, so that none of another stack stays set.
    return {"PIXLAKE_UPLOAD_BUCKET": "" if "," in buckets else buckets} | found


def of_local_cloud(
    endpoint_url: str, outputs: Mapping[str, str], region: str = "us-east-1", stack: str = "pixlake"
) -> dict[str, str]:
    """Variables of a running local cloud."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        **LOCAL_CREDENTIALS,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        STACK: stack,
        **from_outputs(outputs),
    }


def upload_buckets() -> tuple[str, ...]:
    """Every bucket whose images become rows."""
    return tuple(required("PIXLAKE_UPLOAD_BUCKETS").split(","))


def upload_bucket() -> str:
    """The bucket to put images into, where there is but one."""
    chosen = os.environ.get("PIXLAKE_UPLOAD_BUCKET", "")
    if chosen:
        return chosen
    first, *others = upload_buckets()
    if others:
        raise NotSetError(f"the stack has several upload buckets: name one, {first} or {' or '.join(others)}")
    return first


def required(variable: str) -> str:
    """A variable that must be set for what the user asked."""
    value = os.environ.get(variable, "")
    if not value:
        raise NotSetError(
            f"{variable} is not set. Start the local cloud with `pixlake up` and run `eval $(pixlake env)`, "
            "or run `eval $(pixlake env --stack NAME)` for a deployed stack; one of an older release may lack it."
        )
    return value
