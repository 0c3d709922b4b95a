"""Athena work groups and named queries."""

from __future__ import annotations

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import TAGS, TEXT, Api, NoEffect, Only


@creates(
    "AWS::Athena::WorkGroup",
    {
        "Name": TEXT,
        "Description": TEXT,
        "State": Only(("ENABLED",), "a work group is in use or it is not there: leave it out by a condition"),
        "Tags": TAGS,
        "WorkGroupConfiguration": Api("athena", "CreateWorkGroup", "Configuration"),
        "RecursiveDeleteOption": NoEffect("everything goes when the local cloud stops"),
    },
    required=("Name",),
)
def work_group(request: Request) -> Created:
    """Create a work group."""
    properties = request.properties
    request.site.client("athena").create_work_group(
        Name=properties["Name"],
        Configuration=properties.get("WorkGroupConfiguration", {}),
        Description=properties.get("Description", ""),
        Tags=properties.get("Tags", []),
    )
    return Created(properties["Name"])


@creates(
    "AWS::Athena::NamedQuery",
    {"Name": TEXT, "Description": TEXT, "Database": TEXT, "QueryString": TEXT, "WorkGroup": TEXT},
    required=("Database", "QueryString"),
    attributes=("NamedQueryId",),
)
def named_query(request: Request) -> Created:
    """Save a query."""
    properties = request.properties
    identity = request.site.client("athena").create_named_query(
        Name=request.name("Name"),
        Database=properties["Database"],
        QueryString=properties["QueryString"],
        **{key: properties[key] for key in ("Description", "WorkGroup") if key in properties},
    )["NamedQueryId"]
    return Created(identity, {"NamedQueryId": identity})
