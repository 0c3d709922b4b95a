"""What clients read: the CSV object, its metadata, and GetQueryResults."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixlake.localcloud.athena.kept_results import KeptResults
from pixlake.localcloud.athena.rendering import java_double, java_float
from pixlake.localcloud.athena.results import Result, put, text_result
from pixlake.localcloud.protocol import ServiceError


def _object(lake, execution, suffix=""):
    location = execution["ResultConfiguration"]["OutputLocation"] + suffix
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _columns(lake, execution):
    answer = lake.service.handle("GetQueryResults", {"QueryExecutionId": execution["QueryExecutionId"]})
    return answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]


@pytest.fixture(scope="module")
def typed(shared_lake):
    """One row of every type, one of NULLs."""
    columns = [
        ("flag", "boolean"), ("tiny", "tinyint"), ("small", "smallint"), ("number", "int"), ("large", "bigint"),
        ("single", "float"), ("twice", "double"), ("text", "string"), ("short", "varchar(10)"), ("at", "timestamp"),
        ("day", "date"), ("bytes", "binary"), ("list", "array<int>"), ("pairs", "map<string,double>"),
        ("row", "struct<label:string,score:double,at:timestamp>"), ("price", "decimal(10,2)"),
    ]  # fmt: skip
    schema = pa.schema(
        [
            ("flag", pa.bool_()), ("tiny", pa.int8()), ("small", pa.int16()), ("number", pa.int32()),
            ("large", pa.int64()), ("single", pa.float32()), ("twice", pa.float64()), ("text", pa.string()),
            ("short", pa.string()), ("at", pa.timestamp("us")), ("day", pa.date32()), ("bytes", pa.binary()),
            ("list", pa.list_(pa.int32())), ("pairs", pa.map_(pa.string(), pa.float64())),
            ("row", pa.struct([("label", pa.string()), ("score", pa.float64()), ("at", pa.timestamp("us"))])),
            ("price", pa.decimal128(10, 2)),
        ]
    )  # fmt: skip
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678900)
    row = {
        "flag": True, "tiny": 1, "small": 2, "number": 3, "large": 4, "single": 0.1, "twice": 1e-5,
        "text": 'say "hi",\nyou', "short": "s", "at": moment, "day": moment.date(), "bytes": b"\x01\xff",
        "list": [1, None], "pairs": [("k", 0.5)], "row": {"label": "cat", "score": 0.5, "at": moment},
    }  # fmt: skip
    shared_lake.table("typed", columns)
    nulls = dict.fromkeys(row)
    shared_lake.put("typed/a.parquet", pa.Table.from_pylist([row | {"price": Decimal("3.50")}, nulls], schema=schema))
    return shared_lake


def test_given_every_type_when_written_to_csv_then_it_is_as_athena_writes_it(typed):
    execution = typed.run("SELECT * FROM typed")
    header, first, second = _object(typed, execution).decode().replace("\nyou", "|you").splitlines()
    assert header == (
        '"flag","tiny","small","number","large","single","twice","text","short","at","day","bytes","list","pairs",'
        '"row","price"'
    )
    assert first == (
        '"true","1","2","3","4","0.1","1.0E-5","say ""hi"",|you","s","2026-01-02 03:04:05.679","2026-01-02","01 ff",'
        '"[1, null]","{k=0.5}","{label=cat, score=0.5, at=2026-01-02 03:04:05.679}","3.50"'
    )
    assert second == "," * 15


def test_given_every_type_when_asked_for_then_column_infos_are_athenas(typed):
    infos = _columns(typed, typed.run("SELECT * FROM typed"))
    assert [(i["Name"], i["Type"], i["Precision"], i["Scale"]) for i in infos] == [
        ("flag", "boolean", 0, 0),
        ("tiny", "tinyint", 3, 0),
        ("small", "smallint", 5, 0),
        ("number", "integer", 10, 0),
        ("large", "bigint", 19, 0),
        ("single", "float", 17, 0),
        ("twice", "double", 17, 0),
        ("text", "varchar", 2147483647, 0),
        ("short", "varchar", 2147483647, 0),
        ("at", "timestamp", 3, 0),
        ("day", "date", 0, 0),
        ("bytes", "varbinary", 1073741824, 0),
        ("list", "array", 0, 0),
        ("pairs", "map", 0, 0),
        ("row", "row", 0, 0),
        ("price", "decimal", 10, 2),
    ]
    assert {i["Nullable"] for i in infos} == {"UNKNOWN"}
    assert {i["CatalogName"] for i in infos} == {"hive"}
    assert [i["Name"] for i in infos if i["CaseSensitive"]] == ["text", "short"]


def test_given_null_and_the_empty_string_when_asked_for_then_they_differ(typed):
    execution = typed.run("SELECT CAST(NULL AS varchar) AS a, '' AS b")
    answer = typed.service.handle("GetQueryResults", {"QueryExecutionId": execution["QueryExecutionId"]})
    assert answer["ResultSet"]["Rows"][1]["Data"] == [{}, {"VarCharValue": ""}]
    assert _object(typed, execution) == b'"a","b"\n,""\n'


def test_given_a_query_when_its_metadata_is_read_then_it_holds_the_columns(typed):
    """By field numbers that the open-source JDBC driver reads: 4 is a column; 4 its name, 6 type, 7 precision."""
    execution = typed.run("SELECT 'x' AS label, 1.25 AS score")
    columns = [_fields(value) for number, value in _protobuf(_object(typed, execution, ".metadata")) if number == 4]
    assert [(c[1], c[4], c[5], c[6], c[7], c[8], c[10]) for c in columns] == [
        (b"hive", b"label", b"label", b"varchar", 2147483647, 0, 1),
        (b"hive", b"score", b"score", b"decimal", 3, 2, 0),
    ]


def _fields(message):
    return dict(_protobuf(message))


def _protobuf(data):
    position, fields = 0, []

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            fields.append((tag >> 3, data[position : position + value]))
            position += value
        else:
            fields.append((tag >> 3, value))
    return fields


@pytest.fixture(scope="module")
def execution(shared_lake):
    return shared_lake.run("SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n")


class TestPages:
    def test_given_many_rows_when_paged_then_the_header_counts_and_nothing_is_lost(self, shared_lake, execution):
        values, token, sizes = [], None, []
        while True:
            payload = {"QueryExecutionId": execution["QueryExecutionId"], **({"NextToken": token} if token else {})}
            answer = shared_lake.service.handle("GetQueryResults", payload)
            rows = answer["ResultSet"]["Rows"]
            sizes.append(len(rows))
            values += [row["Data"][0]["VarCharValue"] for row in rows]
            token = answer.get("NextToken")
            if token is None:
                break
        assert sizes == [1000, 1000, 501]
        assert values == ["n", *(str(n) for n in range(1, 2501))]

    def test_given_a_page_of_one_when_asked_for_then_it_is_the_header(self, shared_lake, execution):
        assert shared_lake.page(execution, MaxResults=1) == [["n"]]

    @pytest.mark.parametrize("size", [0, 1001])
    def test_given_a_size_out_of_range_when_asked_for_then_it_is_refused(self, shared_lake, execution, size):
        with pytest.raises(ServiceError, match="1000"):
            shared_lake.page(execution, MaxResults=size)

    def test_given_a_token_of_somebody_elses_when_asked_for_then_it_is_refused(self, shared_lake, execution):
        with pytest.raises(ServiceError, match="NextToken"):
            shared_lake.page(execution, NextToken="x")


class TestKeptResults:
    """Rows beyond the bound are read back from the output location."""

    @pytest.fixture
    def kept(self, lake):
        kept = KeptResults(lake.s3, most_values=4)
        for name in ("a", "b"):
            result = Result([], [["1", None], ['x,"y"\nz', ""]])
            put(lake.s3, f"{lake.output}{name}.csv", result, "id", {})
            kept.keep(f"{lake.output}{name}.csv", result.taken_rows())
        return kept

    def test_given_more_than_the_bound_when_kept_then_the_oldest_is_read_back_the_same(self, lake, kept):
        assert list(kept._kept) == [f"{lake.output}b.csv"]
        result = Result([], [["", ""]] * 2)
        assert kept.rows(f"{lake.output}a.csv", result) == [["1", None], ['x,"y"\nz', ""]]
        assert list(kept._kept) == [f"{lake.output}a.csv"]

    def test_given_a_deleted_result_when_read_back_then_it_cannot_be_found(self, lake, kept):
        lake.s3.delete_object(Bucket=lake.results, Key="queries/a.csv")
        with pytest.raises(ServiceError, match="Could not find results"):
            kept.rows(f"{lake.output}a.csv", Result([], [["", ""]] * 2))

    def test_given_text_when_read_back_then_lines_are_whole(self, lake):
        result = text_result(["a"], ["x\ty", "", "z"])
        put(lake.s3, f"{lake.output}t.txt", result, "id", {})
        kept = KeptResults(lake.s3)
        assert kept.rows(f"{lake.output}t.txt", result) == [["x\ty"], [""], ["z"]]

    def test_given_a_finished_query_when_its_rows_are_elsewhere_then_pages_are_the_same(self, lake):
        execution = lake.run("SELECT n, CAST(NULL AS varchar) AS nothing FROM UNNEST(sequence(1, 3)) AS t(n)")
        before = lake.page(execution)
        lake.service._kept._kept.clear()
        assert lake.page(execution) == before
        assert lake.page(execution, NextToken="2", MaxResults=1) == before[2:3]
        assert lake.service._executions.get(execution["QueryExecutionId"]).result.rows == []


def test_given_no_rows_when_asked_for_then_the_header_is_there(lake):
    execution = lake.run("SELECT 1 AS a WHERE false")
    assert lake.page(execution) == [["a"]]
    assert _object(lake, execution) == b'"a"\n'


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT 1, 2 AS b, 1 + 1", ["_col0", "b", "_col2"]),
        ("SELECT count(*), count(*) AS n, max(x) FROM (VALUES 1) AS t(x)", ["_col0", "n", "_col2"]),
        ("SELECT t.*, 1 FROM (SELECT 1 AS x, 2 AS y) t", ["x", "y", "_col2"]),
        (
            "SELECT s.a, l[1].a FROM (SELECT CAST(ROW(1) AS ROW(a integer)) AS s, "
            "ARRAY[CAST(ROW(1) AS ROW(a integer))] AS l)",
            ["a", "_col1"],
        ),
        ("SELECT *, count(*) OVER () FROM (SELECT 1 AS x, 2 AS y)", ["x", "y", "_col2"]),
        ("SELECT Total FROM (SELECT 1 AS total)", ["Total"]),
        ('SELECT t.X AS "As Written" FROM (SELECT 1 AS x) t', ["As Written"]),
        ("SELECT r.a FROM (SELECT CAST(ROW(1) AS ROW(a int)) AS r)", ["a"]),
        ("SELECT a.x, b.x FROM (SELECT 1 AS x) a CROSS JOIN (SELECT 2 AS x) b", ["x", "x"]),
        ("VALUES (1, 'a')", ["_col0", "_col1"]),
        ("SELECT 1 UNION ALL SELECT 2", ["_col0"]),
        ("WITH q AS (SELECT 1 AS n) SELECT n, n + 1 FROM q", ["n", "_col1"]),
        ("SELECT 1 AS a, q.* FROM (SELECT count(*), 2 AS b, 1 + 1) AS q", ["a", "_col1", "b", "_col3"]),
        ("WITH q AS (SELECT count(*)) SELECT * FROM q", ["_col0"]),
        ("(SELECT count(*))", ["_col0"]),
        ("SELECT * FROM (VALUES (1, 2))", ["_col0", "_col1"]),
        ("SELECT 0 AS z, t.* FROM (VALUES 1, 2) AS t", ["z", "_col1"]),
        ("SELECT count(*) FROM (VALUES 1) AS t(x) UNION ALL SELECT count(*) FROM (VALUES 1) AS t(x)", ["_col0"]),
        ("SELECT max(x) FROM (VALUES 1) AS t(x) ORDER BY 1", ["_col0"]),
        ("SELECT * FROM UNNEST(ARRAY[1])", ["_col0"]),
    ],
)
def test_given_a_query_when_it_has_run_then_columns_are_named_as_trino_names_them(shared_lake, sql, names):
    assert shared_lake.page(shared_lake.run(sql))[0] == names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"), (1.0, "1.0"), (0.0, "0.0"), (-0.0, "-0.0"), (1e-5, "1.0E-5"), (1.5e-7, "1.5E-7"),
        (0.001, "0.001"), (0.00099, "9.9E-4"), (9999999.0, "9999999.0"), (1e7, "1.0E7"),
        (1.2345678901e10, "1.2345678901E10"),
        (123456.789, "123456.789"), (-2.5e300, "-2.5E300"), (100.0, "100.0"), (1234567.5, "1234567.5"),
        (float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"),
    ],
)  # fmt: skip
def test_given_a_double_when_written_then_it_is_as_java_writes_it(value, text):
    assert java_double(value) == text


@given(st.floats(allow_nan=False))
def test_given_any_double_when_written_then_it_reads_back_the_same(value):
    assert float(java_double(value).replace("Infinity", "inf")) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_given_any_real_when_written_then_it_reads_back_the_same_at_32_bits(value):
    assert np.float32(java_float(value)) == np.float32(value)
