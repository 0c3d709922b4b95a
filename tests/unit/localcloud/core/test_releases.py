"""An alias with a hook: the function that is asked before a version gets traffic, and what its answers do."""

import pytest

from pixlake.localcloud.errors import ReleaseError, TemplateError
from pixlake.localcloud.lambda_api import LambdaApi
from pixlake.localcloud.lambda_runtime import FunctionSettings
from pixlake.localcloud.releases import Releases, ReleaseSettings

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
ASK = """
import boto3
NAMES = {{"deploymentId": "DeploymentId", "lifecycleEventHookExecutionId": "LifecycleEventHookExecutionId"}}
def handler(event, context):
    run = {{name: event[given] for name, given in NAMES.items()}}
    {body}
    return {{"reason": "the version is bad"}}
"""
TELL = "boto3.client('codedeploy').put_lifecycle_event_hook_execution_status(**{}, status='{}')"
STACK = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Work: {Type: "AWS::Serverless::Function", Properties: {CodeUri: code/, Handler: a.b, Runtime: python3.13,
    AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce, Hooks: {PreTraffic: !Ref Hook}}}}
  Hook: {Type: "AWS::Serverless::Function", Properties: {CodeUri: code/, Handler: a.b, Runtime: python3.13}}
"""


@pytest.fixture
def ask(front, functions, tmp_path):
    """Run a hook with the given body."""

    def ask(body):
        (tmp_path / "app.py").write_text(ASK.format(body=body))
        service = functions(FunctionSettings("hook", ARN + "hook", "app.handler", tmp_path, "python3.13", 30))
        releases = Releases()
        front.add(releases)
        front.serve_lambda(LambdaApi(service))
        releases.check(ReleaseSettings(ARN + "work:live", "hook"), service)

    return ask


def test_given_a_hook_that_agrees_when_it_is_asked_then_the_version_is_released(ask):
    ask(TELL.format("run", "Succeeded"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (TELL.format("run", "Failed"), r"work:live take uploads \(Failed\): the version is bad"),
        ("pass", r"\(Pending\): the version is bad"),  # CodeDeploy would wait for an hour
        ("raise ValueError('no')", r"\(Pending\): no"),
        (TELL.format("run", "Pending"), "InvalidLifecycleEventHookExecutionStatus"),
        (TELL.format("{**run, 'deploymentId': 'd-0'}", "Succeeded"), "DeploymentDoesNotExist"),
    ],
)
def test_given_any_other_answer_when_it_is_asked_then_the_version_is_not_released(ask, body, told):
    with pytest.raises(ReleaseError, match=told):
        ask(body)


def test_given_an_alias_with_a_hook_when_the_stack_is_created_then_the_hook_is_known(deploy, site, tmp_path):
    (tmp_path / "code").mkdir()
    stack = deploy(STACK)
    (release,) = site.releases
    assert release.alias_arn == stack.resources()["WorkAliaslive"]
    assert release.hook == stack.resources()["Hook"]


def test_given_another_update_policy_when_the_template_is_checked_then_it_is_refused_by_name(check):
    with pytest.raises(TemplateError, match=r"Queue.*UpdatePolicy\.AutoScalingRollingUpdate is not supported"):
        check("Resources: {Queue: {Type: 'AWS::SQS::Queue', UpdatePolicy: {AutoScalingRollingUpdate: {}}}}")
