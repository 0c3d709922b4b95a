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
    assert query in client.list_query_executions()["QueryExecutionIds"]
    assert client.get_work_group(WorkGroup="primary")["WorkGroup"]["Name"] == "primary"  # moto's
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.get_query_execution(QueryExecutionId="nope")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"


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
