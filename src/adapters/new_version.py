"""A version of a function that is not in service yet, and CodeDeploy, which waits for what is said of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sink.release_check import Answer, Put

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class LambdaVersion:
    """`arn` names the version: the function's ARN and its number."""

    s3: S3Client
    functions: LambdaClient
    bucket: str
    arn: str

    def put_sample(self, key: str, body: bytes) -> Put:
        """See `NewVersion`."""
        answer = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="image/png")
        return Put(
            bucket=self.bucket,
            etag=answer["ETag"].strip('"'),
            version_id=answer.get("VersionId"),
            size_bytes=len(body),
            at=datetime.now(UTC),
        )

    def invoke(self, event: Mapping[str, Any]) -> Answer:
        """See `NewVersion`. Lambda hands out the last 4 KB of the invocation's log."""
        answer = self.functions.invoke(
            FunctionName=self.arn, InvocationType="RequestResponse", LogType="Tail", Payload=json.dumps(event).encode()
        )
        return Answer(
            payload=answer["Payload"].read(),
            failed="FunctionError" in answer,
            log=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        )


def tell_codedeploy(client: Any, hook: Mapping[str, str], status: Literal["Succeeded", "Failed"]) -> None:
    """End a lifecycle hook; without it CodeDeploy waits for an hour, and then fails."""
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=hook["DeploymentId"],
        lifecycleEventHookExecutionId=hook["LifecycleEventHookExecutionId"],
        status=status,
    )
