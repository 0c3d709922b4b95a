"""PyAthena, unchanged: cursors, pandas, Arrow and SQLAlchemy. Runs where PyAthena is installed."""

import datetime as dt
from decimal import Decimal
from functools import partial

import pyarrow as pa
import pytest

pyathena = pytest.importorskip("pyathena")


@pytest.fixture
def connect(client_lake, monkeypatch):
    # What `pixlake env` says: PyAthena's pandas and Arrow cursors make S3 clients of their own.
    monkeypatch.setenv("AWS_ENDPOINT_URL", client_lake.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client_lake.table(
        "t",
        [("id", "bigint"), ("s", "string"), ("price", "decimal(10,2)"), ("day", "date"), ("c", "struct<label:string>")],
        [("dt", "string")],
    )
    schema = pa.schema(
        [
            ("id", pa.int64()), ("s", pa.string()), ("price", pa.decimal128(10, 2)), ("day", pa.date32()),
            ("c", pa.struct([("label", pa.string())])),
        ]
    )  # fmt: skip
    rows = [
        {"id": 1, "s": "it's", "price": Decimal("3.50"), "day": dt.date(2026, 1, 2), "c": {"label": "cat"}},
        {"id": 2, "s": None, "price": None, "day": None, "c": None},
    ]
    client_lake.put("t/x/a.parquet", rows, schema)
    client_lake.glue.create_partition(
        DatabaseName=client_lake.database,
        TableName="t",
        PartitionInput={"Values": ["x"], "StorageDescriptor": {"Location": f"s3://{client_lake.bucket}/t/x/"}},
    )
    made = []

    def connect(**more):
        connection = pyathena.connect(
            s3_staging_dir=client_lake.output,
            schema_name=client_lake.database,
            endpoint_url=client_lake.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            poll_interval=0.05,
            **more,
        )
        made.append(connection)
        return connection

    yield connect
    for connection in made:
        connection.close()


def test_given_a_cursor_when_it_reads_then_values_have_their_types(connect):
    cursor = connect().cursor()
    cursor.execute("SELECT id, s, price, day, dt, count(*) OVER () FROM t WHERE dt = %(dt)s ORDER BY id", {"dt": "x"})
    assert [column[:2] for column in cursor.description] == [
        ("id", "bigint"), ("s", "varchar"), ("price", "decimal"), ("day", "date"), ("dt", "varchar"),
        ("_col5", "bigint"),
    ]  # fmt: skip
    assert cursor.fetchall() == [
        (1, "it's", Decimal("3.50"), dt.date(2026, 1, 2), "x", 2),
        (2, None, None, None, "x", 2),
    ]
    assert cursor.execute("SELECT s FROM t WHERE id = ?", ["1"], paramstyle="qmark").fetchone() == ("it's",)
    assert cursor.data_scanned_in_bytes > 0


def test_given_a_cursor_when_it_defines_and_writes_then_it_reads_that_back(connect):
    cursor = connect().cursor()
    cursor.execute("CREATE OR REPLACE VIEW v AS SELECT id, s FROM t")
    assert cursor.fetchall() == []
    cursor.execute("CREATE TABLE copied WITH (format = 'PARQUET') AS SELECT id, s FROM v")
    cursor.execute("INSERT INTO copied VALUES (3, 'z')")
    assert cursor.rowcount == 1
    assert cursor.execute("SELECT id FROM copied ORDER BY id").fetchall() == [(1,), (2,), (3,)]
    assert cursor.execute("SHOW TABLES").fetchall() == [("copied",), ("t",), ("v",)]
    cursor.execute("DROP TABLE copied")
    with pytest.raises(pyathena.error.OperationalError, match="TABLE_NOT_FOUND"):
        cursor.execute("SELECT * FROM copied")


@pytest.mark.parametrize("unload", [False, True])
def test_given_arrow_when_it_reads_then_the_table_is_whole(connect, client_lake, monkeypatch, unload):
    from pyarrow import fs
    from pyathena.arrow.cursor import ArrowCursor

    # PyAthena cannot tell Arrow's own S3 client of another endpoint, and Arrow does not read AWS_ENDPOINT_URL.
    at_endpoint = partial(fs.S3FileSystem, endpoint_override=client_lake.endpoint)
    monkeypatch.setattr(fs, "S3FileSystem", at_endpoint)
    cursor = connect(cursor_class=ArrowCursor, cursor_kwargs={"unload": unload}).cursor()
    table = cursor.execute("SELECT id, s, day FROM t ORDER BY id").as_arrow()
    assert table.to_pydict() | {"day": None} == {"id": [1, 2], "s": ["it's", None if unload else ""], "day": None}


@pytest.mark.parametrize("unload", [False, True])
def test_given_pandas_when_it_reads_then_the_frame_is_whole(connect, unload):
    from pyathena.pandas.cursor import PandasCursor

    options = {"unload": unload, **({"engine": "pyarrow"} if unload else {})}
    cursor = connect(cursor_class=PandasCursor, cursor_kwargs=options).cursor()
    frame = cursor.execute("SELECT id, s FROM t ORDER BY id").as_pandas()
    assert frame["id"].tolist() == [1, 2]
    assert frame["s"].tolist()[0] == "it's"


def test_given_sqlalchemy_when_it_inspects_and_reads_then_tables_and_views_are_known(connect, client_lake):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    connect().cursor().execute("CREATE VIEW v AS SELECT id FROM t")
    url = sqlalchemy.URL.create(
        "awsathena+rest",
        username="test",
        password="test",
        host="athena.us-east-1.amazonaws.com",
        port=443,
        database=client_lake.database,
        query={"s3_staging_dir": client_lake.output},
    )
    engine = sqlalchemy.create_engine(url, connect_args={"endpoint_url": client_lake.endpoint, "poll_interval": 0.05})
    try:
        inspector = sqlalchemy.inspect(engine)
        assert inspector.get_table_names() == ["t"]
        assert inspector.get_view_names() == ["v"]
        assert client_lake.database in inspector.get_schema_names()
        assert inspector.has_table("t")
        assert not inspector.has_table("nope")
        assert [column["name"] for column in inspector.get_columns("t")] == ["id", "s", "price", "day", "c", "dt"]
        table = sqlalchemy.Table("t", sqlalchemy.MetaData(), autoload_with=engine)
        with engine.connect() as connection:
            rows = connection.execute(sqlalchemy.select(table.c.id).where(table.c.s == "it's")).fetchall()
            assert [tuple(row) for row in rows] == [(1,)]
    finally:
        engine.dispose()
