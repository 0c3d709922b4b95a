"""Views stored in Glue."""

import base64
import json

import pytest


@pytest.fixture(scope="module")
def views(shared_lake):
    shared_lake.table("t", [("a", "int"), ("c", "struct<label:string>")])
    shared_lake.put("t/a.parquet", [{"a": 7, "c": {"label": "cat"}}])
    shared_lake.view("halves", "SELECT a / 2 AS half, c FROM t")
    shared_lake.view("quarters", "WITH q AS (SELECT half / 2 AS quarter, c FROM halves) SELECT * FROM q")
    shared_lake.view("of_itself", "SELECT * FROM by_way")
    shared_lake.view("by_way", "SELECT * FROM of_itself")
    shared_lake.view("broken", "SELECT 1 FORM t")
    shared_lake.view("stale", "SELECT gone FROM t")
    return shared_lake


def test_given_views_over_views_when_queried_then_they_are_resolved_with_trinos_meaning(views):
    assert views.rows("SELECT quarter, c.label FROM quarters") == [["1", "cat"]]


def test_given_a_view_when_it_is_joined_and_qualified_then_names_resolve(views):
    sql = f"SELECT halves.half, q.quarter FROM {views.database}.halves JOIN Quarters AS q ON q.c.label = halves.c.label"
    assert views.rows(sql) == [["3", "1"]]


def test_given_a_cte_of_the_query_when_a_view_names_such_a_table_then_the_view_means_the_table(views):
    assert views.rows("WITH t AS (SELECT 100 AS a) SELECT half, t.a FROM halves CROSS JOIN t") == [["3", "100"]]


def test_given_a_view_of_another_database_when_queried_then_its_names_mean_that_database(views, clients):
    other = f"{views.database}_other"
    views.glue.create_database(DatabaseInput={"Name": other})
    execution = views.run(f"SELECT half FROM {views.database}.halves", QueryExecutionContext={"Database": other})
    assert views.page(execution) == [["half"], ["3"]]


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        ("of_itself", "VIEW_IS_RECURSIVE"),
        (
            "broken",
            "INVALID_VIEW: line 1:15: Failed analyzing stored view '{database}.broken': line 1:15: mismatched input",
        ),
        ("stale", "COLUMN_NOT_FOUND: line 1:1: Column 'gone' cannot be resolved"),
    ],
)
def test_given_a_view_that_cannot_be_run_when_queried_then_the_reason_says_so(views, view, reason):
    assert views.failure(f"SELECT * FROM {view}").startswith(reason.replace("{database}", views.database))


def test_given_a_view_whose_text_is_not_athenas_when_queried_then_it_fails(lake):
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={"Name": "v", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT 1", "StorageDescriptor": {}},
    )
    assert lake.failure("SELECT * FROM v").startswith("INVALID_VIEW")


def _stored(lake, name):
    return lake.glue.get_table(DatabaseName=lake.database, Name=name)["Table"]


def _text(table):
    return json.loads(base64.b64decode(table["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")))


def test_given_a_statement_when_it_creates_a_view_then_glue_holds_athenas_form(lake):
    # Given
    lake.table("t", [("a", "int"), ("c", "struct<label:string,end:array<double>>"), ("m", "map<string,string>")])
    # When
    execution = lake.run(
        "/* why */ CREATE VIEW Halves AS\nSELECT a AS Half, c, m, 1.5 AS price, CAST(a AS real) AS r,\n"
        "  current_date AS day, localtimestamp AS at, to_utf8('x') AS raw\nFROM t;"
    )
    # Then
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_VIEW")
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(f"{execution['QueryExecutionId']}.txt")
    assert lake.page(execution) == []
    table = _stored(lake, "halves")
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["Parameters"] == {"comment": "Presto View", "presto_view": "true"}
    assert table["ViewExpandedText"] == "/* Presto View */"
    assert _text(table) == {
        "originalSql": "SELECT a AS Half, c, m, 1.5 AS price, CAST(a AS real) AS r,\n"
        "  current_date AS day, localtimestamp AS at, to_utf8('x') AS raw\nFROM t",
        "catalog": "awsdatacatalog",
        "schema": lake.database,
        "columns": [
            {"name": "half", "type": "integer"},
            {"name": "c", "type": 'row("label" varchar, "end" array(double))'},
            {"name": "m", "type": "map(varchar, varchar)"},
            {"name": "price", "type": "decimal(2,1)"},
            {"name": "r", "type": "real"},
            {"name": "day", "type": "date"},
            {"name": "at", "type": "timestamp(3)"},
            {"name": "raw", "type": "varbinary"},
        ],
    }
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("half", "int"), ("c", "struct<label:string,end:array<double>>"), ("m", "map<string,string>"),
        ("price", "decimal(2,1)"), ("r", "float"), ("day", "date"), ("at", "timestamp"), ("raw", "binary"),
    ]  # fmt: skip
    assert table["StorageDescriptor"]["SerdeInfo"] == {}
    lake.put("t/a.parquet", [{"a": 7}])
    assert lake.rows("SELECT half FROM halves") == [["7"]]


def test_given_a_view_when_it_is_replaced_or_dropped_then_the_catalogue_follows(lake):
    assert lake.run("CREATE OR REPLACE VIEW v AS SELECT 1 AS x")["Status"]["State"] == "SUCCEEDED"
    assert lake.failure("CREATE VIEW v AS SELECT 2 AS x").startswith("TABLE_ALREADY_EXISTS: line 1:1: View already")
    assert lake.rows("SELECT x FROM v") == [["1"]]
    lake.run("CREATE OR REPLACE VIEW v AS VALUES 3, 4")
    lake.run("CREATE OR REPLACE VIEW v AS SELECT n FROM (VALUES 3, 4) AS q(n)")
    assert lake.rows("SELECT n FROM v ORDER BY n") == [["3"], ["4"]]
    assert lake.run("DROP VIEW v")["SubstatementType"] == "DROP_VIEW"
    assert lake.failure("SELECT * FROM v").startswith("TABLE_NOT_FOUND")
    assert lake.failure("DROP VIEW v").startswith("TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.")
    assert lake.run("DROP VIEW IF EXISTS v")["Status"]["State"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "CREATE VIEW v AS SELECT count(*) FROM t",
            "MISSING_COLUMN_NAME: line 1:18: Column name not specified at position 1",
        ),
        (
            "CREATE VIEW v AS SELECT a, a FROM t",
            "DUPLICATE_COLUMN_NAME: line 1:18: Column name 'a' specified more than",
        ),
        ("CREATE VIEW v AS SELECT NULL AS a", "COLUMN_TYPE_UNKNOWN: line 1:18: Column type is unknown at position 1"),
        ("CREATE VIEW v AS SELECT now() AS a", "NOT_SUPPORTED: Unsupported Hive type: timestamp with time zone"),
        ("CREATE VIEW v AS SELECT ROW(1) AS a", "NOT_SUPPORTED: Anonymous row type is not supported in Hive"),
        ("CREATE VIEW v AS SELECT nope FROM t", "COLUMN_NOT_FOUND: line 1:25: Column 'nope'"),
        ("CREATE VIEW v AS SELECT a FROM t WHERE a = ?", "Incorrect number of parameters: expected 1 but found 0"),
        ("CREATE OR REPLACE VIEW t AS SELECT 1 AS a", "TABLE_ALREADY_EXISTS: line 1:1: Table already exists"),
        ("CREATE VIEW nope.v AS SELECT 1 AS a", "SCHEMA_NOT_FOUND: line 1:13: Schema 'nope' does not exist"),
        ("DROP VIEW t", "GENERIC_USER_ERROR: line 1:1: View 'awsdatacatalog."),
        ("DROP TABLE halves", "FAILED: SemanticException Cannot drop a view with DROP TABLE"),
        ("DROP TABLE nope", "FAILED: SemanticException [Error 10001]: Table not found"),
    ],
)
def test_given_what_cannot_be_defined_when_run_then_it_fails_and_nothing_changes(views, sql, reason):
    before = views.rows("SHOW TABLES")
    assert views.failure(sql).startswith(reason)
    assert views.rows("SHOW TABLES") == before
