"""The local Athena: what stands for Amazon Athena (engine version 3) behind the official API.

A statement goes through these modules, in this order:

    service      the API's actions; starts, stops and reports query executions (catalog_api: databases, tables)
    workgroups   what a work group enforces: output location, scan limit
    statements   text -> one kind of statement, or a syntax error (query_text; parameters: its `?` values)
    executor     statement kind -> the code that runs it; what is not supported is refused by name
    select       runs a query: relations -> translate -> pruning -> partitions -> files -> engine
    metadata     runs SHOW and DESCRIBE from the Glue catalogue
    definitions  runs CREATE VIEW, DROP VIEW and DROP TABLE
    writes       runs CREATE TABLE AS, INSERT INTO and UNLOAD: a query's rows as Parquet objects (parquet_output)
    results      rows as Athena writes them: CSV or text at the output location, and GetQueryResults (kept_results)

Reads and writes Parquet tables only. SQL is translated by sqlglot and run by DuckDB over local copies of the files.
"""

from pixlake.localcloud.athena.service import AthenaService

__all__ = ["AthenaService"]
