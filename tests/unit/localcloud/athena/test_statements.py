"""What Athena refuses before it makes an execution, and what kind of statement a text is."""

import pytest

from pixlake.localcloud.athena.query_text import StatementRejected
from pixlake.localcloud.athena.statements import (
    CreateTableAs,
    CreateView,
    Drop,
    Explain,
    Insert,
    MetadataStatement,
    OtherStatement,
    Query,
    Unload,
    parse_statement,
)
from pixlake.localcloud.protocol import ServiceError

REJECTED = {
    "SELECT 1 FORM t WHERE a = 1": "line 1:15: mismatched input 't'",
    "SELEC 1": "line 1:1: mismatched input 'SELEC'",
    "  \n SELEC 1": "line 2:2: mismatched input 'SELEC'",
    "SELECT FROM t": "line 1:8: mismatched input 'FROM'",
    "SELECT a FROM t WHERE": "line 1:17: mismatched input 'WHERE'",
    "SELECT (1": "line 1:10: mismatched input '<EOF>'",
    "SELECT 'abc FROM t": "line 1:19: mismatched input '<EOF>'",
    "SELECT 1; SELECT 2": "Only one sql statement is allowed. Got: SELECT 1; SELECT 2",
    "SELECT `a` FROM t": "line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers",
    "SELECT end FROM t": "line 1:8: mismatched input 'end'",
    "SELECT 1 AS order": "line 1:13: mismatched input 'order'",
    "SELECT a FROM t LIMIT 3 OFFSET 2": "line 1:25: mismatched input 'OFFSET'. Expecting: <EOF>",
    "SELECT a::int FROM t": "line 1:9: mismatched input '::'",
    "SELECT a FROM t QUALIFY true": "line 1:25: mismatched input 'true'",
    "SELECT a ILIKE 'x' FROM t": "line 1:10: mismatched input 'ILIKE'",
    "SELECT a, FROM t": "line 1:11: mismatched input 'FROM'",
    "SELECT a == 1 FROM t": "line 1:10: mismatched input '=='",
    "SELECT * FROM a SEMI JOIN b ON a.x = b.x": "line 1:17: mismatched input 'SEMI'",
    "CREATE VIEW v SELECT 1": "line 1:15: mismatched input 'SELECT'. Expecting: 'AS'",
    "CREATE VIEW v AS SELECT 1 AS order": "line 1:30: mismatched input 'order'",
    "CREATE VIEW v AS": "line 1:17: mismatched input '<EOF>'. Expecting: <query>",
    "CREATE VIEW a.b.c.d AS SELECT 1": "line 1:21: mismatched input 'AS'",
    "CREATE TABLE t WITH (format) AS SELECT 1": "line 1:28: mismatched input ')'. Expecting: '='",
    "CREATE TABLE t WITH (a = b) AS SELECT 1": "line 1:26: mismatched input 'b'. Expecting: <string>",
    "CREATE TABLE t\nAS SELEC 1": "line 2:4: mismatched input 'SELEC'. Expecting: <query>",
    "UNLOAD (SELECT 1": "line 1:17: mismatched input '<EOF>'. Expecting: ')'",
    "UNLOAD (SELECT 1) TO 's3://a/b/'": "line 1:33: mismatched input '<EOF>'. Expecting: 'WITH'",
    "INSERT t SELECT 1": "line 1:8: mismatched input 't'. Expecting: 'INTO'",
    "DROP TABLE t u": "line 1:14: mismatched input 'u'. Expecting: <EOF>",
    "-- nothing": "line 1:1: mismatched input '<EOF>'",
}


@pytest.mark.parametrize("sql", REJECTED)
def test_given_a_text_that_is_no_statement_when_parsed_then_the_place_and_the_word_are_told(sql):
    with pytest.raises(StatementRejected) as caught:
        parse_statement(sql)
    assert str(caught.value).startswith(REJECTED[sql])


def test_given_a_syntax_error_when_a_query_is_started_then_athena_answers_at_once(lake):
    with pytest.raises(ServiceError) as caught:
        lake.start("SELECT 1 FORM t WHERE a = 1")
    assert caught.value.code == "InvalidRequestException"
    assert caught.value.message.startswith("line 1:15: mismatched input 't'")


@pytest.mark.parametrize(
    ("sql", "kind", "statement_type", "substatement_type"),
    [
        ("SELECT 1", Query, "DML", "SELECT"),
        ("(SELECT 1)", Query, "DML", "SELECT"),
        ("/* a */ WITH q AS (SELECT 1) SELECT * FROM q", Query, "DML", "SELECT"),
        ("VALUES 1", Query, "DML", "SELECT"),
        ("show tables", MetadataStatement, "UTILITY", "SHOW_TABLES"),
        ("DESCRIBE t", MetadataStatement, "UTILITY", "DESCRIBE_TABLE"),
        ("INSERT INTO t SELECT 1", Insert, "DML", "INSERT"),
        ("insert into t (a, b) values (1, 2)", Insert, "DML", "INSERT"),
        ("CREATE VIEW v AS SELECT 1", CreateView, "DDL", "CREATE_VIEW"),
        ("-- a\nCREATE OR REPLACE VIEW d.v AS (SELECT 1);", CreateView, "DDL", "CREATE_VIEW"),
        ("DROP VIEW IF EXISTS `d`.`v`", Drop, "DDL", "DROP_VIEW"),
        ("DROP TABLE t", Drop, "DDL", "DROP_TABLE"),
        ("CREATE TABLE t WITH (format = 'PARQUET') AS SELECT 1", CreateTableAs, "DDL", "CREATE_TABLE_AS_SELECT"),
        ("CREATE TABLE awsdatacatalog.d.t AS SELECT 1 WITH NO DATA", CreateTableAs, "DDL", "CREATE_TABLE_AS_SELECT"),
        ("UNLOAD (SELECT ')') TO 's3://a/b/' WITH (format = 'PARQUET')", Unload, "DML", "UNLOAD"),
        ("EXPLAIN SELECT 1", Explain, "UTILITY", "EXPLAIN"),
        ("MSCK REPAIR TABLE t", OtherStatement, "DDL", "MSCK"),
        ('SELECT "end", "a b" FROM t', Query, "DML", "SELECT"),
        ("SELECT (SELECT x FROM t LIMIT 1) FROM t OFFSET 1 LIMIT 3", Query, "DML", "SELECT"),
    ],
)
def test_given_a_statement_when_parsed_then_its_kind_is_known(sql, kind, statement_type, substatement_type):
    statement = parse_statement(sql)
    assert isinstance(statement, kind)
    assert (statement.statement_type, statement.substatement_type) == (statement_type, substatement_type)
