"""What the functions of a run called, what their roles allow, and what they logged: kept beyond the run's clouds.

A cloud runs a copy of the template beside links to the code and a recorder that the interpreter loads first; so the
functions run as they are, and the record is of botocore's own calls.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.template.conftest import resolve


def checkout(folder: Path) -> Path:
    """A new folder with everything that a cloud needs, and the recorder; returns its template."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=folder))
    (home / "src").mkdir()
    (home / "calls").mkdir()
    for part in (ROOT / "src").iterdir():
        (home / "src" / part.name).symlink_to(part)
    (home / "athena").symlink_to(ROOT / "athena")
    shutil.copy(ROOT / "tests" / "e2e" / "recorder" / "sitecustomize.py", home / "src")
    return Path(shutil.copy(ROOT / "template.yaml", home))


@dataclass(frozen=True)
class Permission:
    """One action on one pattern of resources, as a role's policy allows it."""

    action: str
    resource: str

    def allows(self, action: str, resource: str | None) -> bool:
        """Whether a call is let through; a call without a resource (a query's id) is judged by its action."""
        return self.action == action and (resource is None or fnmatchcase(resource, self.resource))


@dataclass
class Record:
    """Of all clouds of a run together, by logical id of a function or of a role that is no function's."""

    permissions: dict[str, set[Permission]] = field(default_factory=dict)
    calls: dict[str, set[tuple[str, str | None]]] = field(default_factory=dict)
    """Pairs of IAM action and resource; the resource is None where the call names none."""
    buckets: set[str] = field(default_factory=set)
    """Of the stack. Others are the tests' own, for one whose owner sends its notifications and grants the reading."""
    credentials: set[str] = field(default_factory=set)
    logs: list[Path] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Record:
        """Read what has been recorded so far."""
        record = cls()
        for kept in folder.glob("*/stack.json"):
            stack = json.loads(kept.read_text())
            for name, allowed in stack["permissions"].items():
                record.permissions.setdefault(name, set()).update(Permission(*pair) for pair in allowed)
            record.buckets.update(stack["buckets"])
            for entry in _entries(kept.parent / "calls"):
                if "credentials" in entry:
                    record.credentials.update(entry["credentials"])
                else:
                    called = record.calls.setdefault(stack["functions"][entry["function"]], set())
                    called.update(iam(entry["service"], entry["operation"], entry["parameters"]))
            logs = kept.parent / "logs"
            record.logs.extend((logs if logs.exists() else Path(stack["logs"])).glob("*.log"))
        return record

    def missing(self, name: str) -> set[tuple[str, str | None]]:
        """Calls that no permission allows: on AWS they would have been refused."""
        return {
            (action, resource)
            for action, resource in self.calls.get(name, ())
            if not (action.startswith("s3:") and bucket_of(resource) not in self.buckets)
            and not any(permission.allows(action, resource) for permission in self.permissions[name])
        }

    def unused(self, name: str) -> set[Permission]:
        """Permissions that no call needed."""
        called = self.calls.get(name, ())
        return {permission for permission in self.permissions[name] if not any(permission.allows(*c) for c in called)}


def describe(home: Path, description: dict[str, Any], iam_client: Any) -> None:
    """Keep what a started cloud says of itself and of its roles, beside the calls that will be recorded."""
    resources = resolve()
    physical = description["resources"]
    functions = {name: each for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"}
    owners = {each["Properties"]["Role"].removesuffix(".Arn"): name for name, each in functions.items()}
    roles = [name for name, each in resources.items() if each["Type"] == "AWS::IAM::Role" and name in physical]
    kept = {
        "functions": {physical[name]: name for name in functions if name in physical},
        "permissions": {owners.get(role, role): list(_allowed(iam_client, physical[role])) for role in roles},
        "buckets": [physical[name] for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"],
        "logs": description["logs"],
    }
    (home / "stack.part").write_text(json.dumps(kept, indent=1))
    (home / "stack.part").rename(home / "stack.json")  # whole, or not there for those who read beside this process


def keep_logs(home: Path, logs: str) -> None:
    """Copy what the functions have logged, before the cloud goes and takes it along."""
    shutil.copytree(logs, home / "logs.part")
    (home / "logs.part").rename(home / "logs")


def _allowed(client: Any, role: str) -> Iterator[tuple[str, str]]:
    for policy in client.list_role_policies(RoleName=role)["PolicyNames"]:
        document = client.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow", f"{role}: a Deny is not understood here"
            for action in _as_list(statement["Action"]):
                for resource in _as_list(statement["Resource"]):
                    yield action, resource


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    for path in folder.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):  # the last one may be half written
                yield json.loads(line)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---- From a call of the API to what IAM asks for: https://docs.aws.amazon.com/service-authorization/

_PREFIX = {"monitoring": "cloudwatch"}
"""Signing name to the actions' prefix, where they differ."""

_ACTION = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""Operations whose action has another name."""

_NAMED_BY = {
    "athena": ("WorkGroup", "workgroup/{}"),
    "dynamodb": ("TableName", "table/{}"),
    "firehose": ("DeliveryStreamName", "deliverystream/{}"),
    "lambda": ("FunctionName", "function:{}"),
    "sqs": ("QueueUrl", "{}"),
}
"""Parameter that names the resource, and how its ARN ends."""


def bucket_of(resource: str | None) -> str:
    """Name of the bucket in the ARN of a bucket or an object."""
    return (resource or "").removeprefix("arn:aws:s3:::").partition("/")[0]


def iam(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Pairs of action and resource that a call needs."""
    prefix = _PREFIX.get(service, service)
    action = _ACTION.get(f"{prefix}:{operation}", f"{prefix}:{operation}")
    if action == "s3:GetObject" and "VersionId" in parameters:
        action = "s3:GetObjectVersion"
    for resource in _resources(prefix, parameters):
        yield action, resource


def _resources(service: str, parameters: dict[str, Any]) -> Iterator[str | None]:
    names: list[str] = []
    form = "{}"
    if service == "s3" and "Bucket" in parameters:
        key = f"/{parameters['Key']}" if "Key" in parameters else ""
        yield f"arn:aws:s3:::{parameters['Bucket']}{key}"
        return
    if service == "dynamodb" and "RequestItems" in parameters:
        names, form = list(parameters["RequestItems"]), _NAMED_BY["dynamodb"][1]
    elif service == "events" and "Entries" in parameters:
        names, form = [entry.get("EventBusName", "default") for entry in parameters["Entries"]], "event-bus/{}"
    elif service in _NAMED_BY and _NAMED_BY[service][0] in parameters:
        parameter, form = _NAMED_BY[service]
        names = [parameters[parameter].rsplit("/", 1)[-1] if service == "sqs" else parameters[parameter]]
    if not names:
        yield None
    for name in names:
        yield name if name.startswith("arn:") else f"arn:aws:{service}:us-east-1:123456789012:{form.format(name)}"
