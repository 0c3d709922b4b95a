"""CodeDeploy's applications and deployment groups: names, since here no traffic is shifted step by step."""

from __future__ import annotations

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import JSON, TAGS, TEXT, NoEffect, Only

_ONE_VERSION = "a function has one version here, so there is nothing to shift between and nothing to go back to"


@creates(
    "AWS::CodeDeploy::Application",
    {"ApplicationName": TEXT, "ComputePlatform": Only(("Lambda",), "nothing else is deployed here"), "Tags": TAGS},
)
def application(request: Request) -> Created:
    """Stand in for an application."""
    return Created(request.name("ApplicationName", most=100))


@creates(
    "AWS::CodeDeploy::DeploymentGroup",
    {
        "ApplicationName": TEXT,
        "DeploymentGroupName": TEXT,
        "ServiceRoleArn": JSON,
        "AlarmConfiguration": NoEffect("alarms do not ring here"),
        "AutoRollbackConfiguration": NoEffect(_ONE_VERSION),
        "DeploymentConfigName": NoEffect(_ONE_VERSION),
        "DeploymentStyle": NoEffect(_ONE_VERSION),
        "Tags": TAGS,
    },
    required=("ApplicationName", "ServiceRoleArn"),
)
def deployment_group(request: Request) -> Created:
    """Stand in for a deployment group. The hook of an alias's update policy is run by `releases.py`."""
    return Created(request.name("DeploymentGroupName", most=100))
