"""Lambda functions and event source mappings. They run beside moto, which would need Docker for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pixlake.localcloud.event_source import MappingSettings
from pixlake.localcloud.intrinsics import Pending
from pixlake.localcloud.lambda_runtime.settings import FunctionSettings
from pixlake.localcloud.releases import ReleaseSettings
from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, JSON, NUMBER, TAGS, TEXT, Items, Keyed, NoEffect, Only, Struct
from pixlake.localcloud.template import local_code

_NOT_KEPT = "a function runs as it is in its folder: one version"


def _can_run(properties: Mapping[str, Any]) -> Iterable[str]:
    code = local_code(properties.get("Code"))
    if code is None:
        yield "Code: the local cloud runs code from a local folder: set CodeUri to a path."
    elif not code.is_dir():
        yield f"Code: the folder {code} is not there."
    if not str(properties.get("Runtime", "")).startswith("python"):
        yield f"Runtime: {properties.get('Runtime')} is not supported by the local cloud, only python3.x."


@creates(
    "AWS::Lambda::Function",
    {
        "FunctionName": TEXT,
        "Handler": TEXT,
        "Runtime": TEXT,
        "Code": JSON,
        "Timeout": NUMBER,
        "MemorySize": NUMBER,
        "Environment": Struct({"Variables": Keyed(TEXT)}),
        "LoggingConfig": Struct(
            {
                "LogGroup": TEXT,
                "LogFormat": TEXT,
                "ApplicationLogLevel": TEXT,
                "SystemLogLevel": NoEffect("START, END and REPORT lines are always written"),
            }
        ),
        "PackageType": Only(("Zip",), "containers need Docker"),
        "Role": NoEffect("permissions are not enforced"),
        "Architectures": NoEffect("this machine has one"),
        "Description": NoEffect("a comment"),
        "Tags": NoEffect("a comment"),
        "EphemeralStorage": NoEffect("disk space is not limited"),
        "ReservedConcurrentExecutions": NoEffect("the event source mapping bounds how many run"),
        "TracingConfig": NoEffect("there is no X-Ray"),
        "RuntimeManagementConfig": NoEffect("the interpreter is the one that the local cloud is told"),
        "RecursiveLoop": NoEffect("loops are not detected"),
        "VpcConfig": NoEffect("there is one network"),
    },
    required=("Handler", "Runtime", "Code"),
    attributes=("Arn",),
    check=_can_run,
)
def function(request: Request) -> Created:
    """Note the function; its processes start when it is first invoked. Memory is not enforced."""
    properties = request.properties
    name = request.name("FunctionName")
    arn = request.arn("lambda", f"function:{name}")
    logging = properties.get("LoggingConfig", {})
    json_logs = logging.get("LogFormat") == "JSON"
    request.site.functions.append(
        FunctionSettings(
            name=name,
            arn=arn,
            handler=properties["Handler"],
            code=local_code(properties["Code"]) or Path(),
            runtime=properties["Runtime"],
            timeout_seconds=properties.get("Timeout", 3),
            memory_mb=properties.get("MemorySize", 128),
            variables=properties.get("Environment", {}).get("Variables", {}),
            log_group=logging.get("LogGroup", ""),
            log_format="JSON" if json_logs else "Text",
            log_level=logging.get("ApplicationLogLevel", "INFO") if json_logs else "",
            python=request.site.python,
        )
    )
    return Created(name, {"Arn": arn})


def _can_map(properties: Mapping[str, Any]) -> Iterable[str]:
    arn = properties.get("EventSourceArn", "")
    if (arn.resource_type if isinstance(arn, Pending) else str(arn).split(":")[2:3]) not in (
        "AWS::SQS::Queue",
        ["sqs"],
    ):
        yield f"EventSourceArn: the local cloud polls SQS queues only, not {arn}."
    if properties.get("BatchSize", 10) > _UNWINDOWED and properties.get("MaximumBatchingWindowInSeconds", 0) < 1:
        yield f"BatchSize over {_UNWINDOWED} needs MaximumBatchingWindowInSeconds of at least 1, as on AWS."


_UNWINDOWED = 10


@creates(
    "AWS::Lambda::EventSourceMapping",
    {
        "FunctionName": TEXT,
        "EventSourceArn": TEXT,
        "BatchSize": NUMBER,
        "MaximumBatchingWindowInSeconds": NUMBER,
        "ScalingConfig": Struct({"MaximumConcurrency": NUMBER}),
        "FunctionResponseTypes": Items(Only(("ReportBatchItemFailures",), "it is the only one for queues")),
        "Enabled": FLAG,
        "MetricsConfig": NoEffect("no metrics are kept"),
        "Tags": TAGS,
    },
    required=("FunctionName", "EventSourceArn"),
    attributes=("Id",),
    check=_can_map,
)
def event_source_mapping(request: Request) -> Created:
    """Note the mapping; its poller starts when everything else is there. Filter criteria are refused."""
    properties = request.properties
    if properties.get("Enabled", True):
        request.site.mappings.append(
            MappingSettings(
                function_name=properties["FunctionName"],
                queue_arn=properties["EventSourceArn"],
                batch_size=properties.get("BatchSize", 10),
                window_seconds=properties.get("MaximumBatchingWindowInSeconds", 0),
                maximum_concurrency=properties.get("ScalingConfig", {}).get("MaximumConcurrency"),
                report_batch_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            )
        )
    identity = request.name("-")
    return Created(identity, {"Id": identity})


@creates(
    "AWS::Lambda::Permission",
    dict.fromkeys(("Action", "FunctionName", "Principal", "SourceArn", "SourceAccount"), JSON),
)
def permission(request: Request) -> Created:
    """Accept a permission; permissions are not enforced."""
    return Created(request.name("-"))


@creates(
    "AWS::Lambda::Version",
    {
        "FunctionName": TEXT,
        "Description": NoEffect("a comment"),
        "CodeSha256": NoEffect(_NOT_KEPT),
    },
    required=("FunctionName",),
    attributes=("Version",),
)
def version(request: Request) -> Created:
    """Stand in for a version: it is the function itself."""
    name = request.properties["FunctionName"].split(":function:")[-1]
    return Created(request.arn("lambda", f"function:{name}:1"), {"Version": "1"})


@creates(
    "AWS::Lambda::Alias",
    {"FunctionName": TEXT, "Name": TEXT, "FunctionVersion": TEXT, "Description": NoEffect("a comment")},
    required=("FunctionName", "Name", "FunctionVersion"),
)
def alias(request: Request) -> Created:
    """Stand in for an alias: it is the function itself (weights and provisioned concurrency are refused)."""
    name = request.properties["FunctionName"].split(":function:")[-1]
    arn = request.arn("lambda", f"function:{name}:{request.properties['Name']}")
    update = request.update_policy.get("CodeDeployLambdaAliasUpdate", {})
    if "BeforeAllowTrafficHook" in update:
        request.site.releases.append(ReleaseSettings(arn, update["BeforeAllowTrafficHook"]))
    return Created(arn)
