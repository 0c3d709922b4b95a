"""CodeDeploy's part in a release: the hook that looks at a new version before it gets traffic.

Source: "AppSpec 'hooks' section for an AWS Lambda deployment" in the CodeDeploy user guide. On AWS it runs when an
update makes a new version, not at a stack's creation; here whenever it is asked for. A function has one version here,
so no traffic is shifted.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from pixlake.localcloud.errors import ReleaseError
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.protocol import ServiceError


@dataclass(frozen=True)
class ReleaseSettings:
    """An alias and the function that is asked before it moves."""

    alias_arn: str
    hook: str


class Releases:
    """Runs hooks, and hears from them: `PutLifecycleEventHookExecutionStatus`."""

    signing_name = "codedeploy"
    actions = frozenset({"PutLifecycleEventHookExecutionStatus"})

    def __init__(self) -> None:
        self._statuses: dict[tuple[str, str], str] = {}

    def check(self, release: ReleaseSettings, functions: LambdaService) -> None:
        """Run the hook. `ReleaseError` with what it says, unless it has told CodeDeploy `Succeeded`."""
        run = (f"d-{uuid.uuid4().hex[:9].upper()}", str(uuid.uuid4()))
        self._statuses[run] = "Pending"
        event = {"DeploymentId": run[0], "LifecycleEventHookExecutionId": run[1]}
        outcome = functions.invoke(release.hook, json.dumps(event).encode())
        status = self._statuses.pop(run)
        if status != "Succeeded":
            raise ReleaseError(
                f"{release.hook} does not let {release.alias_arn} take uploads ({status}): "
                f"{_reason(outcome.payload)}. On AWS the version before would stay in service."
            )

    def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - there is one
        """See `JsonService`."""
        run = (payload.get("deploymentId", ""), payload.get("lifecycleEventHookExecutionId", ""))
        if run not in self._statuses:
            raise ServiceError("DeploymentDoesNotExistException", f"No deployment {run[0]} waits for the hook {run[1]}")
        if payload.get("status") not in ("Succeeded", "Failed"):
            raise ServiceError("InvalidLifecycleEventHookExecutionStatusException", "Succeeded or Failed is wanted")
        self._statuses[run] = payload["status"]
        return {"lifecycleEventHookExecutionId": run[1]}

    def close(self) -> None:
        """Nothing is held."""


def _reason(payload: bytes) -> str:
    """What the hook answered, if it is told in words; CodeDeploy itself never looks at it."""
    text = payload.decode(errors="replace")
    try:
        answer = json.loads(text)
        return str(answer.get("reason") or answer.get("errorMessage") or text)
    except (ValueError, AttributeError):
        return text
