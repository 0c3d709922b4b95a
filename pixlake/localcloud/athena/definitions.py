"""Statements that change the Glue catalogue and write no rows: CREATE VIEW, DROP VIEW, DROP TABLE."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.catalog import CATALOG, Catalog, View
from pixlake.localcloud.athena.errors import QueryFailed
from pixlake.localcloud.athena.output_columns import OutputColumn, output_columns
from pixlake.localcloud.athena.results import Result, text_result
from pixlake.localcloud.athena.select import Running, SelectRunner
from pixlake.localcloud.athena.statements import CreateView, Drop
from pixlake.localcloud.trino_types import trino_type

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


def create_view(glue: GlueClient, selects: SelectRunner, statement: CreateView, running: Running) -> Result:
    """CREATE [OR REPLACE] VIEW: the query is resolved, not run."""
    catalog = Catalog(glue)
    database, name = statement.name.database or running.database.lower(), statement.name.table
    catalog.require_database(database, statement.name.place)
    existing = catalog.find(database, name)
    if existing is not None and not isinstance(existing, View):
        raise QueryFailed(f"TABLE_ALREADY_EXISTS: line 1:1: Table already exists: '{CATALOG}.{database}.{name}'")
    if existing is not None and not statement.replace:
        raise QueryFailed(f"TABLE_ALREADY_EXISTS: line 1:1: View already exists: '{CATALOG}.{database}.{name}'")
    query = statement.query
    with selects.prepared(query, catalog, running) as prepared:
        columns = output_columns(prepared.columns, query.source.place_of_query())
    table = view_input(name, query.source.sql.strip(), running.database.lower(), columns)
    if existing is None:
        glue.create_table(DatabaseName=database, TableInput=table)
    else:
        glue.update_table(DatabaseName=database, TableInput=table)
    return text_result()


def view_input(name: str, sql: str, schema: str, columns: list[OutputColumn]) -> Any:
    """A view as Athena writes it to Glue: Trino's types in the text, Hive's in the columns."""
    stored = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": schema,
        "columns": [{"name": column.name, "type": trino_type(column.type)} for column in columns],
    }
    encoded = base64.b64encode(json.dumps(stored, ensure_ascii=False).encode()).decode()
    return {
        "Name": name,
        "Owner": "hadoop",  # Trino wants somebody whom a view runs as
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "PartitionKeys": [],
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
        # Athena refuses to read a view without these two members.
        "StorageDescriptor": {"Columns": [column.glue() for column in columns], "Location": "", "SerdeInfo": {}},
    }


def drop(glue: GlueClient, statement: Drop, running: Running) -> Result:
    """DROP TABLE or DROP VIEW [IF EXISTS]: the entry in Glue goes, the data stays."""
    database, name = statement.name.database or running.database.lower(), statement.name.table
    try:
        found: Any = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        if statement.if_exists:
            return text_result()
        if statement.kind == "TABLE":
            raise QueryFailed(
                f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}", 1003
            ) from error
        raise QueryFailed(f"TABLE_NOT_FOUND: line 1:1: View '{CATALOG}.{database}.{name}' does not exist") from error
    is_view = found.get("TableType") == "VIRTUAL_VIEW"
    if statement.kind == "TABLE" and is_view:
        raise QueryFailed("FAILED: SemanticException Cannot drop a view with DROP TABLE", 1003)
    if statement.kind == "VIEW" and not is_view:
        raise QueryFailed(
            f"GENERIC_USER_ERROR: line 1:1: View '{CATALOG}.{database}.{name}' does not exist, but a table with that "
            f"name exists. Did you mean DROP TABLE {CATALOG}.{database}.{name}?"
        )
    glue.delete_table(DatabaseName=database, Name=name)
    return text_result()
