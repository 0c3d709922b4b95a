"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, TAGS, TEXT, Api, NoEffect, Only, Struct

_GIVEN = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "TableClass",
    "DeletionProtectionEnabled",
)
"""Properties that have the very name and shape of CreateTable's."""


@creates(
    "AWS::DynamoDB::Table",
    {
        "TableName": TEXT,
        **{name: Api("dynamodb", "CreateTable", name) for name in _GIVEN},
        "TimeToLiveSpecification": Struct({"AttributeName": TEXT, "Enabled": FLAG}, frozenset({"Enabled"})),
        "PointInTimeRecoverySpecification": Struct(
            {
                "PointInTimeRecoveryEnabled": FLAG,
                "RecoveryPeriodInDays": NoEffect("no backups are taken"),
            }
        ),
        "SSESpecification": Struct(
            {
                "SSEEnabled": NoEffect("items are not encrypted"),
                "SSEType": Only(("KMS",), "AWS has no other"),
                "KMSMasterKeyId": NoEffect("items are not encrypted"),
            },
            frozenset({"SSEEnabled"}),
        ),
        "Tags": TAGS,
        "OnDemandThroughput": NoEffect("nothing is throttled"),
    },
    required=("KeySchema", "AttributeDefinitions"),
    attributes=("Arn",),
)
def table(request: Request) -> Created:
    """Create a table. An item past its TTL stays readable, as it may on AWS; streams are refused."""
    dynamodb, properties = request.site.client("dynamodb"), request.properties
    name = request.name("TableName", most=255)
    given: dict[str, Any] = {key: properties[key] for key in (*_GIVEN, "Tags") if key in properties}
    arn = dynamodb.create_table(TableName=name, **given)["TableDescription"]["TableArn"]
    if (ttl := properties.get("TimeToLiveSpecification")) and ttl["Enabled"]:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    if properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    return Created(name, {"Arn": arn})
