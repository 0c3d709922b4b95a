"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import FLAG, TAGS, TEXT, Api, NoEffect, Struct

_GIVEN = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@creates(
    "AWS::DynamoDB::Table",
    {
        "TableName": TEXT,
        **{name: Api("dynamodb", "CreateTable", name) for name in _GIVEN},
        "ProvisionedThroughput": Api("dynamodb", "CreateTable", "ProvisionedThroughput"),
        "TimeToLiveSpecification": Struct({"AttributeName": TEXT, "Enabled": FLAG}),
        "Tags": TAGS,
        "SSESpecification": NoEffect("items are not encrypted"),
        "PointInTimeRecoverySpecification": NoEffect("no backups are taken"),
        "DeletionProtectionEnabled": NoEffect("everything goes when the local cloud stops"),
        "TableClass": NoEffect("storage has one class"),
        "OnDemandThroughput": NoEffect("nothing is throttled"),
    },
    required=("KeySchema", "AttributeDefinitions"),
    attributes=("Arn",),
)
def table(request: Request) -> Created:
    """Create a table. An item past its TTL stays readable, as it may on AWS; streams are refused."""
    dynamodb, properties = request.site.client("dynamodb"), request.properties
    name = request.name("TableName", most=255)
    given: dict[str, Any] = {
        key: properties[key] for key in (*_GIVEN, "ProvisionedThroughput", "Tags") if key in properties
    }
    arn = dynamodb.create_table(TableName=name, **given)["TableDescription"]["TableArn"]
    if ttl := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return Created(name, {"Arn": arn})
