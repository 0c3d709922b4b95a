"""The Glue catalogue: databases, tables and views (a view is a table of type VIRTUAL_VIEW)."""

from __future__ import annotations

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import TEXT, Api, NoEffect

_ONE_CATALOG = NoEffect("there is one catalogue")


@creates(
    "AWS::Glue::Database",
    {"CatalogId": _ONE_CATALOG, "DatabaseName": TEXT, "DatabaseInput": Api("glue", "CreateDatabase", "DatabaseInput")},
    required=("DatabaseInput",),
)
def database(request: Request) -> Created:
    """Create a database."""
    details = dict(request.properties["DatabaseInput"])
    details["Name"] = request.properties.get("DatabaseName") or details.get("Name") or request.name("-", lower=True)
    request.site.client("glue").create_database(DatabaseInput=details)
    return Created(details["Name"])


@creates(
    "AWS::Glue::Table",
    {
        "CatalogId": _ONE_CATALOG,
        "DatabaseName": TEXT,
        "Name": TEXT,
        "TableInput": Api("glue", "CreateTable", "TableInput"),
    },
    required=("DatabaseName", "TableInput"),
)
def table(request: Request) -> Created:
    """Create a table or a view."""
    details = dict(request.properties["TableInput"])
    details["Name"] = request.properties.get("Name") or details.get("Name") or request.name("-", lower=True)
    request.site.client("glue").create_table(DatabaseName=request.properties["DatabaseName"], TableInput=details)
    return Created(details["Name"])
