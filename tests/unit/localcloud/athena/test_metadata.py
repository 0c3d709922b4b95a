"""SHOW and DESCRIBE."""

import re

import pytest


@pytest.fixture(scope="module")
def catalogue(shared_lake):
    shared_lake.table("images", [("id", "bigint"), ("c", "struct<a:int>")], [("dt", "string")])
    shared_lake.table("imports", [("id", "bigint")], [("dt", "string")], {"projection.enabled": "true"})
    shared_lake.table("plain", [("id", "bigint")])
    shared_lake.view("uploads", "SELECT *\nFROM images")
    for day in ("2026-01-02", "2026-01-01"):
        shared_lake.glue.create_partition(
            DatabaseName=shared_lake.database,
            TableName="images",
            PartitionInput={
                "Values": [day],
                "StorageDescriptor": {"Location": f"s3://{shared_lake.bucket}/images/{day}/"},
            },
        )
    return shared_lake


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("SHOW TABLES", ["images", "imports", "plain", "uploads"]),
        ("SHOW TABLES IN {database} 'im*'", ["images", "imports"]),
        ("show tables 'images|plain';", ["images", "plain"]),
        ("SHOW VIEWS", ["uploads"]),
        ("SHOW DATABASES LIKE '{database}'", ["{database}"]),
        ("SHOW SCHEMAS '{database}'", ["{database}"]),
        ("SHOW PARTITIONS images", ["dt=2026-01-01", "dt=2026-01-02"]),
        ("SHOW PARTITIONS imports", []),
        ("SHOW COLUMNS IN images", ["id                  ", "c                   ", "dt                  "]),
        ("SHOW TBLPROPERTIES imports", ["EXTERNAL\tTRUE", "classification\tparquet", "projection.enabled\ttrue"]),
        ("SHOW CREATE VIEW uploads", ["CREATE VIEW {database}.uploads AS", "SELECT *", "FROM images"]),
        (
            "SHOW CREATE TABLE images",
            [
                "CREATE EXTERNAL TABLE `images`(",
                "  `id` bigint,",
                "  `c` struct<a:int>)",
                "PARTITIONED BY (",
                "  `dt` string)",
                "ROW FORMAT SERDE",
                "  'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'",
                "STORED AS INPUTFORMAT",
                "  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'",
                "OUTPUTFORMAT",
                "  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'",
                "LOCATION",
                "  's3://{bucket}/images/'",
                "TBLPROPERTIES (",
                "  'classification'='parquet')",
            ],
        ),
        (
            "DESCRIBE images",
            [
                "id                  \tbigint              \t                    ",
                "c                   \tstruct<a:int>       \t                    ",
                "dt                  \tstring              \t                    ",
                "\t \t ",
                "# Partition Information\t \t ",
                "# col_name            \tdata_type           \tcomment             ",
                "\t \t ",
                "dt                  \tstring              \t                    ",
            ],
        ),
        ("desc {database}.`plain`", ["id                  \tbigint              \t                    "]),
    ],
)
def test_given_a_catalogue_when_it_is_asked_then_lines_of_text_answer(catalogue, sql, lines):
    # When
    execution = catalogue.run(sql.replace("{database}", catalogue.database))
    # Then
    names = {"{database}": catalogue.database, "{bucket}": catalogue.bucket}
    expected = [re.sub("{.*?}", lambda found: names[found[0]], line) for line in lines]
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert execution["StatementType"] == "UTILITY"
    assert catalogue.page(execution) == [[line] for line in expected]
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location.endswith(".txt")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body = catalogue.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == "".join(line + "\n" for line in expected)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DESCRIBE nope", "TABLE_NOT_FOUND"),
        ("SHOW TABLES IN nope", "SCHEMA_NOT_FOUND"),
        ("SHOW PARTITIONS plain", "FAILED: SemanticException Table plain is not a partitioned table"),
        ("SHOW CREATE VIEW plain", "NOT_SUPPORTED: line 1:1: Relation"),
        ("SHOW CREATE TABLE uploads", "NOT_SUPPORTED: line 1:1: Relation"),
        ("SHOW FUNCTIONS", "NOT_SUPPORTED: SHOW FUNCTIONS"),
        ("DESCRIBE FORMATTED images", "NOT_SUPPORTED: DESCRIBE FORMATTED"),
    ],
)
def test_given_what_cannot_be_told_when_asked_then_it_fails_and_says_why(catalogue, sql, reason):
    assert catalogue.failure(sql).startswith(reason)


def test_given_a_query_when_it_is_explained_then_the_plan_says_whose_it_is(catalogue):
    catalogue.put("images/2026-01-01/a.parquet", [{"id": 1}])
    execution = catalogue.run("EXPLAIN SELECT id FROM images WHERE dt = '2026-01-01'")
    lines = [line for [line] in catalogue.page(execution)]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("UTILITY", "EXPLAIN")
    assert lines[0] == "The local engine's plan (DuckDB), not Trino's:"
    assert any("PARQUET" in line.upper() for line in lines)
    assert execution["Statistics"]["DataScannedInBytes"] == 0
    assert catalogue.failure("EXPLAIN SELECT nope FROM images").startswith("COLUMN_NOT_FOUND: line 1:16: Column 'nope'")
