"""The actions of Athena's API that tell of the catalogue and of named queries; moto has no catalogue behind Athena."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.paging import page
from pixlake.localcloud.athena.workgroups import INVALID
from pixlake.localcloud.protocol import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_glue import GlueClient

_MAX_BATCH = 50


class CatalogApi:
    """Databases and tables as Glue holds them, and named queries in batches."""

    def __init__(self, glue: GlueClient, athena: AthenaClient) -> None:
        self._glue = glue
        self._athena = athena

    def get_database(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetDatabase."""
        _require_catalog(payload)
        try:
            return {"Database": _database(self._glue.get_database(Name=payload["DatabaseName"])["Database"])}
        except ClientError as error:
            raise _metadata_error(error) from error

    def list_databases(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ListDatabases."""
        _require_catalog(payload)
        pages = self._glue.get_paginator("get_databases").paginate()
        found = [_database(database) for each in pages for database in each["DatabaseList"]]
        return page(payload, "DatabaseList", sorted(found, key=lambda database: database["Name"]), 50)

    def get_table_metadata(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetTableMetadata."""
        _require_catalog(payload)
        try:
            found = self._glue.get_table(DatabaseName=payload["DatabaseName"], Name=payload["TableName"])["Table"]
        except ClientError as error:
            raise _metadata_error(error) from error
        return {"TableMetadata": _table(found)}

    def list_table_metadata(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ListTableMetadata; `Expression` is a regular expression on names."""
        _require_catalog(payload)
        try:
            pages = list(self._glue.get_paginator("get_tables").paginate(DatabaseName=payload["DatabaseName"]))
        except ClientError as error:
            raise _metadata_error(error) from error
        pattern = payload.get("Expression") or ".*"
        found = [_table(table) for each in pages for table in each["TableList"] if re.fullmatch(pattern, table["Name"])]
        return page(payload, "TableMetadataList", sorted(found, key=lambda table: table["Name"]), 50)

    def batch_get_named_query(self, payload: dict[str, Any]) -> dict[str, Any]:
        """BatchGetNamedQuery, of the named queries that the endpoint's own Athena holds."""
        asked = payload["NamedQueryIds"]
        if not 1 <= len(asked) <= _MAX_BATCH:
            raise ServiceError(INVALID, f"namedQueryIds: between 1 and {_MAX_BATCH}")
        groups = [group["Name"] for group in self._athena.list_work_groups()["WorkGroups"]]
        pages = self._athena.get_paginator("list_named_queries")
        known = {i for group in groups for each in pages.paginate(WorkGroup=group) for i in each["NamedQueryIds"]}
        return {
            "NamedQueries": [self._athena.get_named_query(NamedQueryId=i)["NamedQuery"] for i in asked if i in known],
            "UnprocessedNamedQueryIds": [
                {
                    "NamedQueryId": i,
                    "ErrorCode": "INVALID_NAMED_QUERY_ID",
                    "ErrorMessage": f"NamedQuery {i} was not found",
                }
                for i in asked
                if i not in known
            ],
        }


def _require_catalog(payload: dict[str, Any]) -> None:
    if payload.get("CatalogName", "").lower() != "awsdatacatalog":
        raise ServiceError(
            INVALID, f"Catalog {payload.get('CatalogName')} is not supported by the local Athena: only AwsDataCatalog"
        )


def _metadata_error(error: ClientError) -> ServiceError:
    """A MetadataException carries the error of the catalogue."""
    code = error.response["Error"]["Code"]
    said = "Entity Not Found" if code == "EntityNotFoundException" else error.response["Error"].get("Message", code)
    return ServiceError(
        "MetadataException",
        f"{said} (Service: AmazonDataCatalog; Status Code: 400; Error Code: {code}; Request ID: {uuid.uuid4()}; "
        "Proxy: null)",
    )


def _database(found: Any) -> dict[str, Any]:
    optional = {name: found[name] for name in ("Description", "Parameters") if found.get(name)}
    return {"Name": found["Name"], **optional}


def _table(found: Any) -> dict[str, Any]:
    storage = found.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    described = {
        "location": storage.get("Location"),
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    return {
        "Name": found["Name"],
        "CreateTime": round(found["CreateTime"].timestamp(), 3),
        "TableType": found.get("TableType", ""),
        "Columns": [_column(column) for column in storage.get("Columns", [])],
        "PartitionKeys": [_column(key) for key in found.get("PartitionKeys", [])],
        "Parameters": {**found.get("Parameters", {}), **{name: text for name, text in described.items() if text}},
    }


def _column(column: Any) -> dict[str, str]:
    return {name: column[name] for name in ("Name", "Type", "Comment") if column.get(name)}
