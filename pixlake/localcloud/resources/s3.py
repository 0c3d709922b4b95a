"""Buckets. Objects never expire and are not encrypted here; policies are not enforced (and so not stored)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, JSON, NUMBER, TAGS, TEXT, Items, NoEffect, Only, Struct

_FILTER = Struct(
    {"S3Key": Struct({"Rules": Items(Struct({"Name": TEXT, "Value": TEXT}, frozenset({"Name", "Value"})))})}
)
_DESTINATIONS = {
    "QueueConfigurations": ("Queue", "QueueArn"),
    "TopicConfigurations": ("Topic", "TopicArn"),
}
_NOTIFICATIONS = Struct(
    {
        name: Items(Struct({"Event": TEXT, target: TEXT, "Filter": _FILTER}, frozenset({"Event", target})))
        for name, (target, _) in _DESTINATIONS.items()
    }
    | {"EventBridgeConfiguration": Struct({"EventBridgeEnabled": FLAG})}
)
_ENCRYPTION = Struct(
    {
        "ServerSideEncryptionConfiguration": Items(
            Struct(
                {
                    "ServerSideEncryptionByDefault": Struct({"SSEAlgorithm": TEXT, "KMSMasterKeyID": TEXT}),
                    "BucketKeyEnabled": FLAG,
                }
            )
        )
    }
)
_SSE = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
_CORS = Struct(
    {
        "CorsRules": Items(
            Struct(
                {
                    "AllowedHeaders": Items(TEXT),
                    "AllowedMethods": Items(TEXT),
                    "AllowedOrigins": Items(TEXT),
                    "ExposedHeaders": Items(TEXT),
                    "Id": TEXT,
                    "MaxAge": NUMBER,
                }
            )
        )
    }
)


@creates(
    "AWS::S3::Bucket",
    {
        "BucketName": TEXT,
        "VersioningConfiguration": Struct({"Status": TEXT}),
        "NotificationConfiguration": _NOTIFICATIONS,
        "BucketEncryption": _ENCRYPTION,
        "PublicAccessBlockConfiguration": Struct(
            dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), FLAG)
        ),
        "OwnershipControls": Struct({"Rules": Items(Struct({"ObjectOwnership": TEXT}))}),
        "CorsConfiguration": _CORS,
        "Tags": TAGS,
        "LifecycleConfiguration": NoEffect("nothing lives long enough here to expire or move"),
        "LoggingConfiguration": NoEffect("no access logs are written"),
        "MetricsConfigurations": NoEffect("no request metrics are kept"),
        "IntelligentTieringConfigurations": NoEffect("storage has one tier"),
        "AccelerateConfiguration": NoEffect("the endpoint is on this machine"),
        "AccessControl": Only(("Private",), "access is not controlled"),
    },
    attributes=("Arn", "DomainName", "RegionalDomainName"),
)
def bucket(request: Request) -> Created:
    """Create a bucket with its notifications; each destination gets S3's test event."""
    s3, properties = request.site.client("s3"), request.properties
    name = request.name("BucketName", most=63, lower=True)
    where: dict[str, Any] = {}
    if request.site.region != "us-east-1":
        where["CreateBucketConfiguration"] = {"LocationConstraint": request.site.region}
    s3.create_bucket(Bucket=name, **where)
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    if encryption := properties.get("BucketEncryption"):
        rules = [
            {_SSE.get(key, key): value for key, value in rule.items()}
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if block := properties.get("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if ownership := properties.get("OwnershipControls"):
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=ownership)
    if cors := properties.get("CorsConfiguration"):
        s3.put_bucket_cors(
            Bucket=name, CORSConfiguration={"CORSRules": [_cors_rule(rule) for rule in cors["CorsRules"]]}
        )
    if tags := properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    if notifications := _notifications(properties.get("NotificationConfiguration", {})):
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=notifications)
    return Created(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{request.site.region}.amazonaws.com",
        },
    )


def _cors_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return {names.get(name, name): value for name, value in rule.items()}


def _notifications(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's shape (one event each, `Rules`) into the API's (a list of events, `FilterRules`)."""
    result: dict[str, Any] = {}
    for name, (target, arn) in _DESTINATIONS.items():
        entries = []
        for given in configuration.get(name, []):
            entry: dict[str, Any] = {arn: given[target], "Events": [given["Event"]]}
            if rules := given.get("Filter", {}).get("S3Key", {}).get("Rules"):
                lower = [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in rules]
                entry["Filter"] = {"Key": {"FilterRules": lower}}
            entries.append(entry)
        if entries:
            result[name] = entries
    if "EventBridgeConfiguration" in configuration and configuration["EventBridgeConfiguration"].get(
        "EventBridgeEnabled", True
    ):
        result["EventBridgeConfiguration"] = {}
    return result


@creates("AWS::S3::BucketPolicy", {"Bucket": TEXT, "PolicyDocument": JSON}, required=("Bucket", "PolicyDocument"))
def bucket_policy(request: Request) -> Created:
    """Accept a bucket policy without storing it: moto would apply a Deny without reading its Condition."""
    return Created(request.name("Bucket"))
