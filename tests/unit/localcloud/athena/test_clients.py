"""The official clients, unchanged, against one endpoint: boto3, awswrangler and the aws CLI."""

import csv
import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import awswrangler as wr
import boto3
import botocore.exceptions
import pandas as pd
import pyarrow as pa
import pytest


@pytest.fixture
def typed(client_lake):
    client_lake.table(
        "t",
        [
            ("id", "bigint"), ("n", "int"), ("x", "double"), ("flag", "boolean"), ("s", "string"), ("at", "timestamp"),
            ("day", "date"), ("price", "decimal(10,2)"), ("c", "struct<label:string,score:double>"),
        ],
    )  # fmt: skip
    schema = pa.schema(
        [
            ("id", pa.int64()), ("n", pa.int32()), ("x", pa.float64()), ("flag", pa.bool_()), ("s", pa.string()),
            ("at", pa.timestamp("ms")), ("day", pa.date32()), ("price", pa.decimal128(10, 2)),
            ("c", pa.struct([("label", pa.string()), ("score", pa.float64())])),
        ]
    )  # fmt: skip
    row = {
        "id": 1, "n": 2, "x": 0.5, "flag": True, "s": "a,\"b\"\nc", "at": dt.datetime(2026, 1, 2, 3, 4, 5, 678000),
        "day": dt.date(2026, 1, 2), "price": Decimal("3.50"), "c": {"label": "cat", "score": 1e-5},
    }  # fmt: skip
    client_lake.put("t/a.parquet", pa.Table.from_pylist([row, dict.fromkeys(row) | {"id": 2}], schema=schema))
    return client_lake


@pytest.fixture
def wrangler(typed):
    wr.config.athena_endpoint_url = typed.endpoint
    wr.config.s3_endpoint_url = typed.endpoint
    wr.config.glue_endpoint_url = typed.endpoint
    wr.config.sts_endpoint_url = typed.endpoint
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    yield {"database": typed.database, "s3_output": typed.output, "ctas_approach": False, "boto3_session": session}
    wr.config.reset()


def test_given_awswrangler_when_it_reads_a_query_then_its_dtypes_are_right(typed, wrangler):
    frame = wr.athena.read_sql_query("SELECT id, n, x, flag, s, at, day, price FROM t ORDER BY id", **wrangler)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "id": "Int64",
        "n": "Int32",
        "x": "float64",
        "flag": "boolean",
        "s": "string",
        "at": "datetime64[us]",
        "day": "object",
        "price": "object",
    }
    first, second = frame.to_dict("records")
    assert first == {
        "id": 1, "n": 2, "x": 0.5, "flag": True, "s": "a,\"b\"\nc", "at": pd.Timestamp("2026-01-02 03:04:05.678"),
        "day": dt.date(2026, 1, 2), "price": Decimal("3.50"),
    }  # fmt: skip
    assert all(pd.isna(value) for name, value in second.items() if name != "id")


def test_given_awswrangler_when_it_reads_in_chunks_then_every_row_comes_once(wrangler):
    chunks = wr.athena.read_sql_query(
        "SELECT n FROM UNNEST(sequence(1, 25)) AS q(n) ORDER BY n", chunksize=10, **wrangler
    )
    frames = list(chunks)
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert pd.concat(frames)["n"].tolist() == list(range(1, 26))


def test_given_awswrangler_when_it_passes_parameters_then_they_are_bound(wrangler):
    options = {"params": ["'it''s'"], "paramstyle": "qmark"}
    frame = wr.athena.read_sql_query("SELECT 1 AS one WHERE 'it''s' = ?", **wrangler, **options)
    assert frame["one"].tolist() == [1]


def test_given_awswrangler_when_it_reads_through_a_table_then_types_are_kept_and_nothing_is_left(typed, wrangler):
    # When: awswrangler's default
    frame = wr.athena.read_sql_query(
        "SELECT id, n, x, flag, s, at, day, price, c FROM t WHERE id = :id ORDER BY id",
        **{**wrangler, "ctas_approach": True},
        params={"id": 1},
        keep_files=False,
    )
    # Then
    assert frame.to_dict("records") == [
        {
            "id": 1, "n": 2, "x": 0.5, "flag": True, "s": "a,\"b\"\nc", "at": pd.Timestamp("2026-01-02 03:04:05.678"),
            "day": dt.date(2026, 1, 2), "price": Decimal("3.50"), "c": {"label": "cat", "score": 1e-5},
        }
    ]  # fmt: skip
    assert [table["Name"] for table in typed.glue.get_tables(DatabaseName=typed.database)["TableList"]] == ["t"]
    assert typed.s3.list_objects_v2(Bucket=typed.results)["KeyCount"] == 0


@pytest.mark.parametrize("approach", ["ctas_approach", "unload_approach"])
def test_given_awswrangler_when_it_reads_files_in_chunks_then_every_row_comes_once(typed, wrangler, approach):
    options = {**wrangler, approach: True, "s3_output": f"{typed.output}{approach}/"}
    sql = "SELECT n FROM UNNEST(sequence(1, 25)) AS q(n)"
    frames = list(wr.athena.read_sql_query(sql, chunksize=10, keep_files=False, **options))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert sorted(pd.concat(frames)["n"]) == list(range(1, 26))
    assert typed.s3.list_objects_v2(Bucket=typed.results)["KeyCount"] == 0


def test_given_awswrangler_when_it_unloads_then_the_frame_is_whole(typed, wrangler):
    options = {**wrangler, "unload_approach": True, "unload_parameters": {"file_format": "PARQUET"}}
    frame = wr.athena.read_sql_query("SELECT id, s FROM t ORDER BY id", **options)
    assert frame["id"].tolist() == [1, 2]
    assert frame["s"].isna().tolist() == [False, True]


def test_given_awswrangler_when_no_row_is_read_through_a_table_then_the_columns_are_there(wrangler):
    frame = wr.athena.read_sql_query("SELECT id, s FROM t WHERE id > 9", **{**wrangler, "ctas_approach": True})
    assert (list(frame.columns), len(frame)) == (["id", "s"], 0)


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("SELECT count(*) FROM t", wr.exceptions.InvalidArgumentValue, "Please, define all columns names"),
        ("SELECT id, id FROM t", wr.exceptions.InvalidCtasApproachQuery, "Please, define distinct names"),
        ("SELECT NULL AS x", wr.exceptions.InvalidArgumentValue, "don't leave undefined columns types"),
    ],
)
def test_given_awswrangler_when_no_table_can_be_made_then_it_understands_why(wrangler, sql, error, message):
    with pytest.raises(error, match=message):
        wr.athena.read_sql_query(sql, **{**wrangler, "ctas_approach": True})


def test_given_awswrangler_when_it_makes_tables_and_views_then_it_describes_them(typed, wrangler):
    place = {"database": typed.database, "boto3_session": wrangler["boto3_session"], "s3_output": typed.output}
    wr.athena.create_ctas_table(
        "SELECT id, day FROM t WHERE id = 1", ctas_table="kept", partitioning_info=["day"], wait=True, **place
    )
    assert wr.athena.read_sql_query("SELECT id FROM kept WHERE day = date '2026-01-02'", **wrangler)["id"].tolist() == [
        1
    ]
    wr.athena.start_query_execution("CREATE VIEW seen AS SELECT id FROM kept", wait=True, **place)
    assert wr.athena.read_sql_query("SELECT count(*) FROM seen", **wrangler)["_col0"].tolist() == [1]
    assert wr.athena.describe_table("kept", **place)["Column Name"].tolist() == ["id", "day"]
    assert wr.athena.show_create_table("kept", **place).startswith("CREATE EXTERNAL TABLE")


def test_given_awswrangler_when_a_query_fails_then_it_raises_the_reason(wrangler):
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND"):
        wr.athena.read_sql_query("SELECT nope FROM t", **wrangler)


def test_given_boto3_when_it_waits_and_pages_then_all_rows_come(typed):
    client = boto3.client(
        "athena", endpoint_url=typed.endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    query = client.start_query_execution(
        QueryString="SELECT n FROM UNNEST(sequence(1, 1500)) AS q(n)",
        ResultConfiguration={"OutputLocation": typed.output},
    )["QueryExecutionId"]
    for _ in range(1000):
        execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert isinstance(execution["Status"]["CompletionDateTime"], dt.datetime)
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
    assert sum(len(page["ResultSet"]["Rows"]) for page in pages) == 1501
    listed = client.get_paginator("list_query_executions").paginate()
    assert query in [each for page in listed for each in page["QueryExecutionIds"]]
    assert client.get_work_group(WorkGroup="primary")["WorkGroup"]["Name"] == "primary"  # moto's
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.get_query_execution(QueryExecutionId="nope")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"


def test_given_boto3_when_it_asks_for_the_catalogue_then_it_is_glues(typed):
    typed.view("v", "SELECT 1 AS x")
    athena = boto3.client(
        "athena", endpoint_url=typed.endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    here = {"CatalogName": "AwsDataCatalog", "DatabaseName": typed.database}
    assert athena.get_database(**here)["Database"]["Name"] == typed.database
    pages = athena.get_paginator("list_databases").paginate(
        CatalogName="AwsDataCatalog", PaginationConfig={"PageSize": 1}
    )
    assert typed.database in [database["Name"] for page in pages for database in page["DatabaseList"]]
    table = athena.get_table_metadata(TableName="t", **here)["TableMetadata"]
    assert [column["Name"] for column in table["Columns"]] == ["id", "n", "x", "flag", "s", "at", "day", "price", "c"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["location"] == f"s3://{typed.bucket}/t/"
    tables = athena.list_table_metadata(**here)["TableMetadataList"]
    assert [(each["Name"], each["TableType"]) for each in tables] == [("t", "EXTERNAL_TABLE"), ("v", "VIRTUAL_VIEW")]
    assert [each["Name"] for each in athena.list_table_metadata(Expression="v.*", **here)["TableMetadataList"]] == ["v"]
    with pytest.raises(athena.exceptions.MetadataException, match="EntityNotFoundException"):
        athena.get_table_metadata(TableName="nope", **here)
    with pytest.raises(athena.exceptions.InvalidRequestException, match="Catalog other"):
        athena.list_databases(CatalogName="other")


def test_given_named_queries_when_they_are_asked_for_together_then_the_unknown_are_told_apart(typed):
    athena = boto3.client(
        "athena", endpoint_url=typed.endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    athena.create_work_group(Name=typed.database)
    ids = [
        athena.create_named_query(
            Name=f"q{n}", Database=typed.database, QueryString=f"SELECT {n}", WorkGroup=typed.database
        )["NamedQueryId"]
        for n in range(52)
    ]
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=typed.database)
    listed = [page["NamedQueryIds"] for page in pages]
    assert sorted(i for page in listed for i in page) == sorted(ids)
    assert max(map(len, listed)) <= 50
    answer = athena.batch_get_named_query(NamedQueryIds=[ids[51], "nope"])
    assert [(query["Name"], query["QueryString"]) for query in answer["NamedQueries"]] == [("q51", "SELECT 51")]
    assert [each["NamedQueryId"] for each in answer["UnprocessedNamedQueryIds"]] == ["nope"]


def test_given_the_aws_cli_when_it_runs_a_query_then_it_prints_the_rows(typed):
    aws = Path(sys.executable).parent / "aws"

    def athena(*arguments):
        done = subprocess.run(
            [aws, "athena", *arguments, "--endpoint-url", typed.endpoint, "--output", "json"],
            capture_output=True, text=True, check=True, env={**os.environ, "AWS_PAGER": ""},
        )  # fmt: skip
        return json.loads(done.stdout)

    query = athena(
        "start-query-execution",
        *("--query-string", "SELECT c FROM t WHERE id = 1"),
        *("--query-execution-context", f"Database={typed.database}"),
        *("--result-configuration", f"OutputLocation={typed.output}"),
    )["QueryExecutionId"]
    for _ in range(20):
        execution = athena("get-query-execution", "--query-execution-id", query)["QueryExecution"]
        if execution["Status"]["State"] == "SUCCEEDED":
            break
    rows = athena("get-query-results", "--query-execution-id", query)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["c", "{label=cat, score=1.0E-5}"]
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    body = typed.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert list(csv.reader(body.splitlines())) == [["c"], ["{label=cat, score=1.0E-5}"]]
