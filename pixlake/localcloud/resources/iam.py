"""Roles and policies. They exist and can be read back; permissions are not enforced locally."""

from __future__ import annotations

import json

from pixlake.localcloud.resources.creator import ACCOUNT_ID, Created, Request, creates
from pixlake.localcloud.resources.properties import JSON, NUMBER, TAGS, TEXT, Items, NoEffect, Struct

_INLINE = Items(Struct({"PolicyName": TEXT, "PolicyDocument": JSON}, frozenset({"PolicyName", "PolicyDocument"})))


@creates(
    "AWS::IAM::Role",
    {
        "RoleName": TEXT,
        "Path": TEXT,
        "Description": TEXT,
        "AssumeRolePolicyDocument": JSON,
        "Policies": _INLINE,
        "ManagedPolicyArns": Items(TEXT),
        "MaxSessionDuration": NUMBER,
        "Tags": TAGS,
        "PermissionsBoundary": NoEffect("permissions are not enforced"),
    },
    required=("AssumeRolePolicyDocument",),
    attributes=("Arn", "RoleId"),
)
def role(request: Request) -> Created:
    """Create a role with its inline policies; AWS's own managed policies are not there to attach."""
    iam, properties = request.site.client("iam"), request.properties
    name = request.name("RoleName")
    more = {key: properties[key] for key in ("Path", "Description", "MaxSessionDuration", "Tags") if key in properties}
    created = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]), **more
    )["Role"]
    for policy in properties.get("Policies", []):
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"])
        )
    for arn in properties.get("ManagedPolicyArns", []):
        if f":{ACCOUNT_ID}:" in arn:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Created(name, {"Arn": created["Arn"], "RoleId": created["RoleId"]})


@creates(
    "AWS::IAM::Policy",
    {"PolicyName": TEXT, "PolicyDocument": JSON, "Roles": Items(TEXT)},
    required=("PolicyName", "PolicyDocument", "Roles"),
)
def policy(request: Request) -> Created:
    """Put an inline policy on roles (users and groups are refused)."""
    for name in request.properties["Roles"]:
        request.site.client("iam").put_role_policy(
            RoleName=name,
            PolicyName=request.properties["PolicyName"],
            PolicyDocument=json.dumps(request.properties["PolicyDocument"]),
        )
    return Created(request.properties["PolicyName"])


@creates(
    "AWS::IAM::ManagedPolicy",
    {"ManagedPolicyName": TEXT, "Description": TEXT, "Path": TEXT, "PolicyDocument": JSON, "Roles": Items(TEXT)},
    required=("PolicyDocument",),
    attributes=("PolicyArn",),
)
def managed_policy(request: Request) -> Created:
    """Create a policy and attach it to roles."""
    iam, properties = request.site.client("iam"), request.properties
    more = {key: properties[key] for key in ("Description", "Path") if key in properties}
    arn = iam.create_policy(
        PolicyName=request.name("ManagedPolicyName", most=128),
        PolicyDocument=json.dumps(properties["PolicyDocument"]),
        **more,
    )["Policy"]["Arn"]
    for name in properties.get("Roles", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Created(arn, {"PolicyArn": arn})
