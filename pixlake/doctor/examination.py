"""What a check is, what it finds, and the order in which checks run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pixlake.cli.environment import NotSetError
from pixlake.cli.terminal import CommandError
from pixlake.doctor.deployment import Deployment
from sink.errors import SinkError


class Mark(StrEnum):
    """How a check ended. Only `FAIL` makes a deployment unhealthy; `SKIPPED` was not looked at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "not looked at"


@dataclass(frozen=True)
class Finding:
    """`what` was found, where and why; `advice` is what to do about it, empty if nothing. `facts` are for programs."""

    mark: Mark
    what: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def ok(what: str, **facts: Any) -> Finding:
    """All is well."""
    return Finding(Mark.OK, what, facts=facts)


def warn(what: str, advice: str, **facts: Any) -> Finding:
    """Images become rows, yet somebody should look."""
    return Finding(Mark.WARN, what, advice, facts)


def fail(what: str, advice: str, **facts: Any) -> Finding:
    """Images do not become rows, or it cannot be told."""
    return Finding(Mark.FAIL, what, advice, facts)


@dataclass(frozen=True)
class Check:
    """`look` examines one thing. It is not run where a check that it `needs` has failed.

    `if_refused`: what to do where the cloud answers its question with an error.
    """

    name: str
    look: Callable[[Deployment], Finding]
    if_refused: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """A check's finding, and the seconds that it took."""

    name: str
    finding: Finding
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "check": self.name,
            "mark": self.finding.mark.value,
            "what": self.finding.what,
            "advice": self.finding.advice,
            "facts": self.finding.facts,
            "seconds": round(self.seconds, 3),
        }


def examine(checks: Sequence[Check], deployment: Deployment, begins: Callable[[str], object]) -> Iterator[Examined]:
    """Run the checks in their order and give each finding as it is there; `begins` is told the name before."""
    broken: set[str] = set()
    for check in checks:
        begins(check.name)
        start = time.monotonic()
        missing = [name for name in check.needs if name in broken]
        skipped = Finding(Mark.SKIPPED, f"needs {', '.join(missing)}")
        finding = skipped if missing else _look(check, deployment)
        if finding.mark in (Mark.FAIL, Mark.SKIPPED):
            broken.add(check.name)
        yield Examined(check.name, finding, time.monotonic() - start)


def _look(check: Check, deployment: Deployment) -> Finding:
    try:
        return check.look(deployment)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        denied = "AccessDenied" in code or code in ("403", "UnauthorizedOperation", "AuthorizationError")
        advice = f"give your identity the permission for {error.operation_name}" if denied else check.if_refused
        return fail(str(error), advice, code=code)
    except NotSetError as error:  # it says itself what to do
        return fail(str(error), "")
    except (BotoCoreError, SinkError, CommandError) as error:
        return fail(str(error), check.if_refused)
