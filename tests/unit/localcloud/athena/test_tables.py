"""Rows by the Glue table, whatever the files look like."""

import datetime as dt

import pyarrow as pa
import pytest


def test_given_files_of_other_shapes_when_read_then_the_table_decides(lake):
    # Given: a column missing, one more, another order, another case, and nested fields likewise
    lake.table("t", [("a", "bigint"), ("B", "string"), ("c", "struct<x:int,y:array<struct<p:double,q:string>>>")])
    lake.put("t/1.parquet", [{"b": "one", "a": 1}])
    lake.put("t/2.parquet", [{"A": 2, "extra": True, "b": "two", "c": {"Y": [{"q": "k", "z": 1}], "x": 5}}])
    lake.put(
        "t/3.parquet",
        pa.table({"a": pa.array([3], pa.int32()), "c": pa.array([{"x": 7}], pa.struct([("x", pa.int16())]))}),
    )
    # When, Then
    assert lake.rows("SELECT * FROM t ORDER BY a") == [
        ["1", "one", None],
        ["2", "two", "{x=5, y=[{p=null, q=k}]}"],
        ["3", None, "{x=7, y=null}"],
    ]
    assert lake.rows("SELECT c.y[1].q FROM t WHERE a = 2") == [["k"]]


@pytest.mark.parametrize(
    ("hive", "value", "expected"),
    [
        (
            "string",
            pa.array([5]),
            "Field x's type int64 in parquet file {file} is incompatible with type string defined in table schema",
        ),
        (
            "double",
            pa.array(["a"]),
            "Field x's type string in parquet file {file} is incompatible with type double defined in table schema",
        ),
        (
            "struct<y:bigint>",
            pa.array([{"y": "a"}]),
            "Field x.y's type string in parquet file {file} is incompatible with type bigint defined in table schema",
        ),
        (
            "array<string>",
            pa.array(["a"]),
            "Field x's type string in parquet file {file} is incompatible with type array<string> "
            "defined in table schema",
        ),
    ],
)
def test_given_a_file_of_another_type_when_read_then_it_is_bad_data(lake, hive, value, expected):
    lake.table("t", [("x", hive)])
    lake.put("t/1.parquet", pa.table({"x": value}))
    assert lake.failure("SELECT * FROM t") == "HIVE_BAD_DATA: " + expected.replace(
        "{file}", f"s3://{lake.bucket}/t/1.parquet"
    )


def test_given_an_object_that_is_no_parquet_when_read_then_it_is_bad_data_and_named(lake):
    lake.table("t", [("x", "bigint")])
    lake.s3.put_object(Bucket=lake.bucket, Key="t/1.parquet", Body=b"not parquet at all")
    assert lake.failure("SELECT * FROM t").startswith(f"HIVE_BAD_DATA: Error reading s3://{lake.bucket}/t/1.parquet")


def test_given_timestamps_finer_than_milliseconds_when_read_then_they_are_rounded(lake):
    lake.table("t", [("at", "timestamp"), ("z", "timestamp"), ("s", "struct<at:timestamp>")])
    moment = dt.datetime(2026, 1, 1, 0, 0, 0, 123600)
    zoned = pa.array([moment.replace(tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    inner = pa.array([{"at": moment}], pa.struct([("at", pa.timestamp("ns"))]))
    lake.put("t/1.parquet", pa.table({"at": pa.array([moment], pa.timestamp("us")), "z": zoned, "s": inner}))
    text = "2026-01-01 00:00:00.124"
    assert lake.rows("SELECT * FROM t") == [[text, text, f"{{at={text}}}"]]
    assert lake.rows(f"SELECT count(*) FROM t WHERE at = timestamp '{text}'") == [["1"]]


def test_given_hidden_and_empty_objects_when_read_then_they_are_passed_over(lake):
    lake.table("t", [("x", "bigint")])
    lake.put("t/a.parquet", [{"x": 1}])
    lake.put("t/sub/b.parquet", [{"x": 2}])
    for key in ("t/_SUCCESS", "t/.crc", "t/_temporary/c.parquet", "t/sub/_$folder$"):
        lake.s3.put_object(Bucket=lake.bucket, Key=key, Body=b"junk")
    for key in ("t/", "t/empty.parquet"):
        lake.s3.put_object(Bucket=lake.bucket, Key=key, Body=b"")
    assert lake.opened("SELECT * FROM t") == ["t/a.parquet", "t/sub/b.parquet"]
    assert lake.rows("SELECT sum(x) FROM t") == [["3"]]


def test_given_a_location_that_is_a_prefix_of_another_when_read_then_it_keeps_to_itself(lake):
    lake.table("t", [("x", "bigint")], location=f"s3://{lake.bucket}/t")
    lake.put("t/a.parquet", [{"x": 1}])
    lake.put("t2/a.parquet", [{"x": 2}])
    assert lake.rows("SELECT x FROM t") == [["1"]]


def test_given_no_files_when_read_then_there_is_a_typed_table_without_rows(lake):
    lake.table("t", [("x", "bigint"), ("r", "struct<y:double>")], [("dt", "string")])
    execution = lake.run("SELECT x, r.y, dt FROM t")
    assert lake.page(execution) == [["x", "y", "dt"]]
    assert lake.rows("SELECT count(*), sum(x) FROM t") == [["0", None]]


def test_given_an_object_that_changes_when_read_again_then_it_is_fetched_again(lake):
    lake.table("t", [("x", "bigint")])
    lake.put("t/a.parquet", [{"x": 1}])
    assert lake.rows("SELECT x FROM t") == [["1"]]
    lake.put("t/a.parquet", [{"x": 2}])
    assert lake.rows("SELECT x FROM t") == [["2"]]


def test_given_an_object_that_stays_when_read_again_then_the_local_copy_serves(lake, clients):
    # Given
    lake.table("t", [("x", "bigint")])
    lake.put("t/a.parquet", [{"x": 1}])
    fetched = []
    events = lake.service._s3.meta.events
    events.register("before-call.s3.GetObject", lambda **_: fetched.append(1), unique_id="fetched")
    # When
    for _ in range(3):
        assert lake.rows("SELECT x FROM t") == [["1"]]
    events.unregister("before-call.s3.GetObject", unique_id="fetched")
    # Then
    assert len(fetched) == 1


class TestGluePartitions:
    @pytest.fixture
    def partitioned(self, lake):
        lake.table("t", [("x", "bigint")], [("year", "int"), ("kind", "string")])
        for year, kind, folder in (
            (2025, "a", "old"),
            (2026, "a", "new/a"),
            (2026, "__HIVE_DEFAULT_PARTITION__", "new/none"),
        ):
            lake.put(f"t/{folder}/f.parquet", [{"x": year}])
            lake.glue.create_partition(
                DatabaseName=lake.database,
                TableName="t",
                PartitionInput={
                    "Values": [str(year), kind],
                    "StorageDescriptor": {"Location": f"s3://{lake.bucket}/t/{folder}"},
                },
            )
        lake.put("t/not-registered/f.parquet", [{"x": 0}])
        return lake

    def test_given_partitions_in_glue_when_read_then_their_locations_and_typed_values_count(self, partitioned):
        assert partitioned.rows("SELECT x, year + 1, kind FROM t ORDER BY year, kind") == [
            ["2025", "2026", "a"],
            ["2026", "2027", "a"],
            ["2026", "2027", None],
        ]

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            ("year = 2025", ["t/old/f.parquet"]),
            ("year > 2025 AND kind = 'a'", ["t/new/a/f.parquet"]),
            ("kind IS NULL", ["t/new/none/f.parquet"]),
            ("year = 2024", []),
        ],
    )
    def test_given_a_condition_on_keys_when_read_then_only_its_partitions_are_opened(
        self, partitioned, where, expected
    ):
        assert partitioned.opened(f"SELECT x FROM t WHERE {where}") == expected


def test_given_pseudo_columns_when_asked_for_then_they_tell_the_file_and_stars_leave_them_out(lake):
    lake.table("t", [("x", "bigint")])
    size = lake.put("t/a.parquet", [{"x": 1}])
    [row] = lake.rows(
        'SELECT *, "$path", "$file_size", "$file_modified_time" > timestamp \'2026-01-01 00:00:00\' FROM t'
    )
    assert row == ["1", f"s3://{lake.bucket}/t/a.parquet", str(size), "true"]
    assert lake.rows("SELECT t.* FROM t WHERE \"$path\" LIKE '%/a.parquet'") == [["1"]]


@pytest.mark.parametrize(
    ("serde", "hive", "reason"),
    [
        ("org.openx.data.jsonserde.JsonSerDe", "bigint", "only Parquet tables are read"),
        ("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "uniontype<int>", "HIVE_INVALID_METADATA"),
    ],
)
def test_given_a_table_that_cannot_be_read_when_queried_then_the_reason_names_it(lake, serde, hive, reason):
    lake.table("t", [("x", hive)], storage={"SerdeInfo": {"SerializationLibrary": serde}})
    failure = lake.failure("SELECT * FROM t")
    assert reason in failure
    assert f"{lake.database}.t" in failure


def test_given_a_bucket_that_is_not_there_when_queried_then_it_is_named(lake):
    lake.table("t", [("x", "bigint")], location="s3://no-such-bucket-anywhere/t/")
    assert "no-such-bucket-anywhere" in lake.failure("SELECT * FROM t")
