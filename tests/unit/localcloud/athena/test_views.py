"""Views stored in Glue."""

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
