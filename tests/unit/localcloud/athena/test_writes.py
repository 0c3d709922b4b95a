"""CREATE TABLE AS, INSERT INTO, UNLOAD and DROP TABLE."""

import io

import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def written(shared_lake):
    shared_lake.table(
        "source",
        [
            ("id", "bigint"),
            ("label", "string"),
            ("c", "struct<name:string,top:array<double>>"),
            ("m", "map<string,int>"),
        ],
        [("dt", "string")],
    )
    for day, ids in (("2026-01-01", [1, 2]), ("2026-01-02", [3])):
        rows = [{"id": i, "label": f"l{i}", "c": {"name": "n", "top": [0.5]}, "m": [("k", i)]} for i in ids]
        schema = pa_schema()
        shared_lake.put(f"source/{day}/a.parquet", rows, schema)
        shared_lake.glue.create_partition(
            DatabaseName=shared_lake.database,
            TableName="source",
            PartitionInput={
                "Values": [day],
                "StorageDescriptor": {"Location": f"s3://{shared_lake.bucket}/source/{day}/"},
            },
        )
    return shared_lake


def pa_schema():
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.int64()), ("label", pa.string()), ("m", pa.map_(pa.string(), pa.int32())),
            ("c", pa.struct([("name", pa.string()), ("top", pa.list_(pa.float64()))])),
        ]
    )  # fmt: skip


def succeeded(lake, sql, parameters=None, **more):
    execution = lake.run(sql, parameters, **more)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def read(lake, uri):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def manifest(lake, execution):
    return read(lake, execution["Statistics"]["DataManifestLocation"]).decode().split()


def keys_below(lake, uri):
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return [item["Key"] for item in lake.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


class TestCreateTableAs:
    def test_given_a_query_when_it_becomes_a_table_then_files_and_catalogue_hold_it(self, written):
        # Given
        location = f"s3://{written.bucket}/copies/one"
        # When
        execution = succeeded(
            written,
            f"CREATE TABLE one WITH (format='Parquet', external_location='{location}', write_compression='SNAPPY')\n"
            "AS SELECT id AS ID, label, c, m, dt, timestamp '2026-01-02 03:04:05.678901' AS at, "
            "sum(id) OVER () AS total, date '2026-01-02' AS day FROM source WHERE dt <= ?",
            ["'2026-01-02'"],
        )
        # Then
        assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
        stem = f"{written.output}tables/{execution['QueryExecutionId']}"
        assert execution["ResultConfiguration"]["OutputLocation"] == stem
        assert execution["Statistics"]["DataManifestLocation"] == f"{stem}-manifest.csv"
        assert execution["Statistics"]["DataScannedInBytes"] > 0
        [uri] = manifest(written, execution)
        assert uri.startswith(f"{location}/")
        file = pq.ParquetFile(io.BytesIO(read(written, uri)))
        assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
        assert read(written, f"{stem}.metadata")
        table = written.glue.get_table(DatabaseName=written.database, Name="one")["Table"]
        assert table["TableType"] == "EXTERNAL_TABLE"
        assert table["StorageDescriptor"]["Location"] == location
        assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
            ("id", "bigint"), ("label", "string"), ("c", "struct<name:string,top:array<double>>"),
            ("m", "map<string,int>"), ("dt", "string"), ("at", "timestamp"), ("total", "bigint"), ("day", "date"),
        ]  # fmt: skip
        assert written.rows("SELECT id, label, c.top[1], m['k'], dt, at, total, day FROM one ORDER BY id")[2] == [
            "3", "l3", "0.5", "3", "2026-01-02", "2026-01-02 03:04:05.679", "6", "2026-01-02",
        ]  # fmt: skip
        answer = written.service.handle("GetQueryResults", {"QueryExecutionId": execution["QueryExecutionId"]})
        assert answer["UpdateCount"] == 3
        assert answer["ResultSet"]["Rows"] == []

    def test_given_partition_columns_when_a_table_is_made_then_each_value_is_a_partition(self, written):
        execution = succeeded(
            written,
            f"CREATE TABLE parted WITH (external_location = 's3://{written.bucket}/parted/', "
            "partitioned_by = ARRAY['kind', 'part']) AS "
            "SELECT id, IF(id < 3, 'a:b/c', NULL) AS kind, id % 2 AS part FROM source",
        )
        assert sorted(uri.rpartition("/")[0] for uri in manifest(written, execution)) == [
            f"s3://{written.bucket}/parted/kind=__HIVE_DEFAULT_PARTITION__/part=1",
            f"s3://{written.bucket}/parted/kind=a%3Ab%2Fc/part=0",
            f"s3://{written.bucket}/parted/kind=a%3Ab%2Fc/part=1",
        ]
        assert written.rows("SELECT id, kind, part FROM parted WHERE kind = 'a:b/c' ORDER BY 1") == [
            ["1", "a:b/c", "1"],
            ["2", "a:b/c", "0"],
        ]
        assert written.rows("SELECT id FROM parted WHERE kind IS NULL") == [["3"]]
        [opened] = written.opened("SELECT * FROM parted WHERE part = 0")
        assert opened.startswith("parted/kind=a%3Ab%2Fc/part=0/")

    def test_given_no_location_when_a_table_is_made_then_it_lies_below_the_output_location(self, written):
        execution = succeeded(written, "CREATE TABLE placed AS SELECT 1 AS x")
        [uri] = manifest(written, execution)
        assert uri.startswith(f"{written.output}tables/{execution['QueryExecutionId']}/")
        assert written.rows("SELECT x FROM placed") == [["1"]]

    @pytest.mark.parametrize("query", ["SELECT id FROM source WITH NO DATA", "SELECT id FROM source WHERE id > 9"])
    def test_given_no_rows_when_a_table_is_made_then_it_is_empty(self, written, query):
        name = f"empty_{abs(hash(query))}"
        execution = succeeded(written, f"CREATE TABLE {name} AS {query}")
        assert manifest(written, execution) == []
        assert written.rows(f"SELECT count(*) FROM {name}") == [["0"]]
        assert (execution["Statistics"]["DataScannedInBytes"] == 0) == ("NO DATA" in query)

    def test_given_a_work_group_that_enforces_when_a_location_is_asked_for_then_it_fails(self, written):
        written.moto_athena.create_work_group(
            Name=f"enforcing-{written.database}",
            Configuration={"ResultConfiguration": {"OutputLocation": written.output}},
        )
        group = {"WorkGroup": f"enforcing-{written.database}"}
        sql = f"CREATE TABLE forced WITH (external_location = 's3://{written.bucket}/forced/') AS SELECT 1 AS x"
        status = written.run(sql, **group)["Status"]
        assert status["State"] == "FAILED"
        assert "enforces a centralized output location" in status["StateChangeReason"]
        succeeded(written, "CREATE TABLE forced AS SELECT 1 AS x", **group)

    @pytest.mark.parametrize(
        ("properties", "query", "reason"),
        [
            ("format = 'ORC'", "SELECT 1 AS x", "NOT_SUPPORTED: CREATE TABLE AS with format = 'ORC'"),
            (
                "bucketed_by = ARRAY['x'], bucket_count = 3",
                "SELECT 1 AS x",
                "NOT_SUPPORTED: CREATE TABLE AS with bucketed_by",
            ),
            ("table_type = 'ICEBERG'", "SELECT 1 AS x", "NOT_SUPPORTED: CREATE TABLE AS with table_type = 'ICEBERG'"),
            (
                "write_compression = 'LZO'",
                "SELECT 1 AS x",
                "NOT_SUPPORTED: CREATE TABLE AS with write_compression = 'LZO'",
            ),
            ("is_external = false", "SELECT 1 AS x", "NOT_SUPPORTED: CREATE TABLE AS with is_external = false"),
            (
                "external_location = 'nowhere'",
                "SELECT 1 AS x",
                "INVALID_TABLE_PROPERTY: 'nowhere' is not an S3 location",
            ),
            (
                "partitioned_by = ARRAY['y']",
                "SELECT 1 AS x",
                "INVALID_TABLE_PROPERTY: Partition columns ['y'] not present",
            ),
            ("partitioned_by = ARRAY['x']", "SELECT 1 AS x", "INVALID_TABLE_PROPERTY: Table contains only partition"),
            (
                "partitioned_by = ARRAY['x']",
                "SELECT 1 AS x, 2 AS y",
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be",
            ),
            ("format = 'PARQUET'", "SELECT count(*)", "MISSING_COLUMN_NAME: line 1:49: Column name not specified"),
            (
                "format = 'PARQUET'",
                "SELECT 1 AS x, 2 AS X",
                "DUPLICATE_COLUMN_NAME: line 1:49: Column name 'x' specified",
            ),
            ("format = 'PARQUET'", "SELECT 1 / 0 AS x", "DIVISION_BY_ZERO"),
            (
                "partitioned_by = ARRAY['y']",
                "SELECT 1 AS x, n AS y FROM UNNEST(sequence(1, 101)) AS q(n)",
                "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers",
            ),
        ],
    )
    def test_given_what_cannot_be_made_when_run_then_it_fails_and_leaves_nothing(
        self, written, properties, query, reason
    ):
        before = keys_below(written, f"{written.output}tables/")
        assert written.failure(f"CREATE TABLE never WITH ({properties}) AS {query}").startswith(reason)
        assert written.failure("DESCRIBE never").startswith("TABLE_NOT_FOUND")
        assert keys_below(written, f"{written.output}tables/") == before

    def test_given_what_is_there_already_when_a_table_is_made_then_it_fails(self, written):
        written.put("taken/a.parquet", [{"x": 1}])
        where = f"WITH (external_location = 's3://{written.bucket}/taken/')"
        assert written.failure(f"CREATE TABLE taken {where} AS SELECT 1 AS x").startswith(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{written.database}.taken' already exists"
        )
        assert written.failure("CREATE TABLE source AS SELECT 1 AS x").startswith(
            "TABLE_ALREADY_EXISTS: line 1:1: Table"
        )


def test_given_a_table_when_it_is_dropped_then_the_entry_goes_and_the_data_stays(lake):
    execution = succeeded(lake, "CREATE TABLE gone AS SELECT 1 AS x")
    assert succeeded(lake, f"DROP TABLE `{lake.database}`.`gone`")["SubstatementType"] == "DROP_TABLE"
    assert lake.failure("SELECT * FROM gone").startswith("TABLE_NOT_FOUND")
    assert all(read(lake, uri) for uri in manifest(lake, execution))
    succeeded(lake, "DROP TABLE IF EXISTS gone")


class TestUnload:
    def test_given_a_query_when_it_is_unloaded_then_the_manifest_lists_its_files(self, written):
        # When
        execution = succeeded(
            written,
            f"UNLOAD (SELECT id, ')' AS s, dt FROM source WHERE dt < ?) TO 's3://{written.bucket}/unloaded' "
            "WITH (format = 'PARQUET', compression = 'zstd', partitioned_by = ARRAY['dt'])",
            ["'2026-01-02'"],
        )
        # Then
        assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "UNLOAD")
        stem = f"{written.output}{execution['QueryExecutionId']}"
        assert execution["ResultConfiguration"]["OutputLocation"] == stem
        assert execution["Statistics"]["DataManifestLocation"] == f"{stem}-manifest.csv"
        [uri] = manifest(written, execution)
        assert uri.startswith(f"s3://{written.bucket}/unloaded/dt=2026-01-01/")
        rows = pq.read_table(io.BytesIO(read(written, uri))).to_pylist()
        assert rows == [{"id": 1, "s": ")"}, {"id": 2, "s": ")"}]

    @pytest.mark.parametrize(
        ("location", "properties", "reason"),
        [
            ("s3://{bucket}/u/", "format = 'JSON'", "NOT_SUPPORTED: UNLOAD with format = 'JSON'"),
            (
                "s3://{bucket}/u/",
                "compression = 'gzip'",
                "INVALID_TABLE_PROPERTY: UNLOAD: the property format is required",
            ),
            (
                "s3://{bucket}/u/",
                "format = 'PARQUET', field_delimiter = ','",
                "NOT_SUPPORTED: UNLOAD with field_delimiter",
            ),
            ("s3://{bucket}/source/", "format = 'PARQUET'", "HIVE_PATH_ALREADY_EXISTS"),
            ("s3://no-such-bucket/u/", "format = 'PARQUET'", "HIVE_METASTORE_ERROR: s3://no-such-bucket/u/"),
        ],
    )
    def test_given_what_cannot_be_unloaded_when_run_then_it_fails(self, written, location, properties, reason):
        sql = f"UNLOAD (SELECT 1 AS x) TO '{location.format(bucket=written.bucket)}' WITH ({properties})"
        assert written.failure(sql).startswith(reason)


class TestInsert:
    def test_given_a_table_when_rows_are_inserted_then_they_are_added_in_their_types(self, lake):
        # Given
        lake.table("t", [("a", "bigint"), ("x", "double"), ("s", "varchar(9)"), ("at", "timestamp")])
        # When
        first = succeeded(
            lake, "INSERT INTO t VALUES (1, 2, 'x', timestamp '2026-01-01 00:00:00'), (2, 0.5, NULL, NULL)"
        )
        succeeded(lake, "INSERT INTO t (s, a) SELECT upper(s), a + 2 FROM t WHERE a = ?", ["1"])
        # Then
        assert (first["StatementType"], first["SubstatementType"]) == ("DML", "INSERT")
        assert first["ResultConfiguration"]["OutputLocation"] == f"{lake.output}{first['QueryExecutionId']}"
        assert len(manifest(lake, first)) == 1
        assert lake.rows("SELECT * FROM t ORDER BY a") == [
            ["1", "2.0", "x", "2026-01-01 00:00:00.000"],
            ["2", "0.5", None, None],
            ["3", None, "X", None],
        ]

    def test_given_partitions_when_rows_are_inserted_then_new_values_are_registered(self, lake):
        lake.table("t", [("a", "int")], [("dt", "string"), ("n", "int")])
        succeeded(lake, "INSERT INTO t VALUES (1, 'x', 7), (2, 'y', 8)")
        succeeded(lake, "INSERT INTO t (dt, n, a) VALUES ('x', 7, 3)")
        assert lake.rows("SELECT * FROM t WHERE dt = 'x' ORDER BY a") == [["1", "x", "7"], ["3", "x", "7"]]
        assert lake.page(lake.run("SHOW PARTITIONS t")) == [["dt=x/n=7"], ["dt=y/n=8"]]

    def test_given_a_projected_table_when_rows_are_inserted_then_they_lie_where_it_looks(self, lake):
        lake.table(
            "t",
            [("a", "int")],
            [("dt", "string")],
            {
                "projection.enabled": "true",
                "projection.dt.type": "enum",
                "projection.dt.values": "x,y",
                "storage.location.template": f"s3://{lake.bucket}/elsewhere/${{dt}}/",
            },
        )
        [uri] = manifest(lake, succeeded(lake, "INSERT INTO t VALUES (1, 'x')"))
        assert uri.startswith(f"s3://{lake.bucket}/elsewhere/x/")
        assert lake.rows("SELECT a, dt FROM t") == [["1", "x"]]

    @pytest.mark.parametrize(
        ("sql", "reason"),
        [
            (
                "INSERT INTO t VALUES (1.5, 'a')",
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: ",
            ),
            ("INSERT INTO t VALUES (1)", "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: "),
            (
                "INSERT INTO t (nope) VALUES 1",
                "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target",
            ),
            (
                "INSERT INTO t (a, a) VALUES (1, 2)",
                "DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more",
            ),
            ("INSERT INTO v VALUES 1", "NOT_SUPPORTED: line 1:13: Inserting into views is not supported"),
            ("INSERT INTO nope VALUES 1", "TABLE_NOT_FOUND: line 1:13"),
        ],
    )
    def test_given_rows_that_do_not_fit_when_inserted_then_it_fails_and_nothing_is_written(self, lake, sql, reason):
        lake.table("t", [("a", "int"), ("s", "string")])
        lake.view("v", "SELECT 1 AS x")
        assert lake.failure(sql).startswith(reason)
        assert keys_below(lake, f"s3://{lake.bucket}/t/") == []
