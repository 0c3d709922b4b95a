"""Where Trino's SQL and DuckDB's differ: what Athena answers is what the local Athena answers."""

import datetime as dt

import pyarrow as pa
import pytest


@pytest.fixture(scope="module")
def sql(shared_lake):
    """A table `t` of one row with a column of each kind, and `n` of numbers with a NULL."""
    shared_lake.table(
        "t",
        [
            ("a", "int"), ("b", "bigint"), ("d", "double"), ("s", "string"), ("ts", "timestamp"), ("day", "date"),
            ("arr", "array<int>"), ("m", "map<string,int>"), ("price", "decimal(10,2)"),
            ("category", "struct<label:string,top:array<struct<label:string,score:double>>>"), ("js", "string"),
        ],
    )  # fmt: skip
    top = pa.list_(pa.struct([("label", pa.string()), ("score", pa.float64())]))
    schema = pa.schema(
        [
            ("a", pa.int32()), ("b", pa.int64()), ("d", pa.float64()), ("s", pa.string()), ("ts", pa.timestamp("us")),
            ("day", pa.date32()), ("arr", pa.list_(pa.int32())), ("m", pa.map_(pa.string(), pa.int32())),
            ("price", pa.decimal128(10, 2)), ("category", pa.struct([("label", pa.string()), ("top", top)])),
            ("js", pa.string()),
        ]
    )  # fmt: skip
    row = {
        "a": 7, "b": 2, "d": 0.5, "s": "x-y", "ts": dt.datetime(2026, 1, 1, 10, 11, 12, 123000),
        "day": dt.date(2026, 1, 31), "arr": [3, 1, 2], "m": [("k", 1)], "price": None,
        "category": {"label": "cat", "top": [{"label": "cat", "score": 0.75}, {"label": "dog", "score": 0.25}]},
        "js": '{"name": "ada", "tags": ["x"], "deep": {"n": 1}}',
    }  # fmt: skip
    shared_lake.put("t/a.parquet", pa.Table.from_pylist([row], schema=schema))
    shared_lake.table("n", [("x", "int"), ("k", "string")])
    numbers = [{"x": 1, "k": "a"}, {"x": None, "k": "a"}, {"x": 3, "k": "b"}, {"x": 2, "k": "b"}]
    shared_lake.put(
        "n/a.parquet", pa.Table.from_pylist(numbers, schema=pa.schema([("x", pa.int32()), ("k", pa.string())]))
    )
    return shared_lake


# Expressions over `t`, and the text that Athena gives for them.
EXPRESSIONS = {
    "integer division truncates": ("a / b", "3"),
    "integer division truncates towards zero": ("-a / b", "-3"),
    "a literal's too": ("7 / 2", "3"),
    "a double divides as a double": ("a / 2e0", "3.5"),
    "a decimal quotient has the larger scale": ("100.0 * b / 3", "66.7"),
    "decimal by integer": ("10.00 / 3", "3.33"),
    "double by zero is infinite": ("1e0 / 0", "Infinity"),
    "mod of a negative": ("mod(-7, 3)", "-1"),
    "cast of a double to an integer rounds half up": ("CAST(2.5e0 AS bigint)", "3"),
    "cast of a negative double": ("CAST(-2.5e0 AS bigint)", "-3"),
    "cast of a double to text": ("CAST(1e7 AS varchar)", "1.0E7"),
    "cast of a small double to text": ("CAST(d / 100000 AS varchar)", "5.0E-6"),
    "cast of a timestamp to text": ("CAST(ts AS varchar)", "2026-01-01 10:11:12.123"),
    "cast to varchar(n) cuts": ("CAST(s AS varchar(2))", "x-"),
    "cast of a date to text": ("CAST(day AS varchar)", "2026-01-31"),
    "cast of a row names its fields": ("CAST(ROW(1, 'a') AS ROW(x bigint, y varchar))", "{x=1, y=a}"),
    "a field of a cast row": ("CAST(ROW(1, 'a') AS ROW(x bigint, y varchar)).y", "a"),
    "an anonymous row": ("ROW(1, 'a')", "{field0=1, field1=a}"),
    "try_cast": ("TRY_CAST('x' AS bigint)", None),
    "try of an error": ("TRY(1 / (a - 7))", None),
    "try of no error": ("TRY(a / 7)", "1"),
    "try of a subscript": ("TRY(arr[9])", None),
    "IF without else": ("IF(a > 100, 'x')", None),
    "concatenation with NULL": ("s || CAST(NULL AS varchar)", None),
    "concat with NULL": ("concat('a', CAST(NULL AS varchar))", None),
    "text compares by code point": ("'a' < 'B'", "false"),
    "names ignore case": ("CATEGORY.Label || S", "catx-y"),
    "subscripts begin at one": ("arr[1]", "3"),
    "a map's subscript": ("m['k']", "1"),
    "element_at beyond the end": ("element_at(arr, 9)", None),
    "element_at from the end": ("element_at(arr, -1)", "2"),
    "element_at of a missing key": ("element_at(m, 'z')", None),
    "cardinality of an array": ("cardinality(arr)", "3"),
    "cardinality of a map": ("cardinality(m)", "1"),
    "contains": ("contains(arr, 3)", "true"),
    "array_position of nothing": ("array_position(arr, 9)", "0"),
    "array_distinct keeps the order": ("array_distinct(ARRAY[2, 1, 2, NULL, NULL])", "[2, 1, null]"),
    "array_sort puts NULL last": ("array_sort(ARRAY[2, NULL, 1])", "[1, 2, null]"),
    "array_join": ("array_join(arr, '-')", "3-1-2"),
    "slice by length": ("slice(arr, 2, 2)", "[1, 2]"),
    "slice from the end": ("slice(arr, -2, 1)", "[1]"),
    "flatten": ("flatten(ARRAY[ARRAY[1], ARRAY[2]])", "[1, 2]"),
    "sequence": ("sequence(1, 3)", "[1, 2, 3]"),
    "sequence of dates": ("sequence(date '2026-01-30', date '2026-02-01')", "[2026-01-30, 2026-01-31, 2026-02-01]"),
    "reverse of an array": ("reverse(arr)", "[2, 1, 3]"),
    "zip": ("zip(ARRAY[1], ARRAY['a'])", "[{field0=1, field1=a}]"),
    "transform": ("transform(arr, x -> x / 2)", "[1, 0, 1]"),
    "filter": ("filter(arr, x -> x > 1)", "[3, 2]"),
    "reduce with an output function": ("reduce(arr, 0, (s, x) -> s + x, s -> s * 10)", "60"),
    "reduce of another type": ("reduce(ARRAY['a', 'bb'], 0, (s, x) -> s + length(x), s -> s)", "3"),
    "any_match": ("any_match(arr, x -> x > 2)", "true"),
    "any_match of nothing": ("any_match(filter(arr, x -> x > 9), x -> true)", "false"),
    "any_match that cannot tell": ("any_match(ARRAY[NULL, 1], x -> x > 2)", None),
    "all_match": ("all_match(category.top, e -> e.score > 0.5)", "false"),
    "none_match": ("none_match(arr, x -> x > 9)", "true"),
    "a lambda that looks outside": ("transform(arr, x -> x + a)", "[10, 8, 9]"),
    "nested lambdas": ("transform(category.top, e -> transform(arr, x -> x * e.score))[2]", "[0.75, 0.25, 0.5]"),
    "zip_with": ("zip_with(arr, arr, (x, y) -> x * y)", "[9, 1, 4]"),
    "map_filter": ("map_filter(m, (k, v) -> v > 5)", "{}"),
    "transform_values": ("transform_values(m, (k, v) -> v + 1)", "{k=2}"),
    "transform_keys": ("transform_keys(m, (k, v) -> upper(k))", "{K=1}"),
    "map of arrays": ("map(ARRAY['x'], ARRAY[1])", "{x=1}"),
    "map_keys": ("map_keys(m)", "[k]"),
    "date_format": ("date_format(ts, '%Y/%m/%d %H:%i:%s')", "2026/01/01 10:11:12"),
    "date_format of words": ("date_format(ts, '%W %M %e')", "Thursday January 1"),
    "date_parse": ("date_parse('2026-01-02 03', '%Y-%m-%d %H')", "2026-01-02 03:00:00.000"),
    "format_datetime": ("format_datetime(ts, 'yyyy-MM-dd''T''HH:mm')", "2026-01-01T10:11"),
    "from_iso8601_timestamp": ("from_iso8601_timestamp('2026-01-01T00:00:00Z')", "2026-01-01 00:00:00.000 UTC"),
    "from_iso8601_date": ("from_iso8601_date('2026-01-01')", "2026-01-01"),
    "to_iso8601": ("to_iso8601(ts)", "2026-01-01T10:11:12.123"),
    "from_unixtime": ("from_unixtime(0)", "1970-01-01 00:00:00.000 UTC"),
    "to_unixtime": ("to_unixtime(timestamp '2026-01-01 00:00:00')", "1.7672256E9"),
    "a timestamp at a time zone is UTC": ("date_format(ts AT TIME ZONE 'Europe/Zurich', '%H')", "11"),
    "at_timezone": ("hour(at_timezone(from_iso8601_timestamp('2026-07-01T00:00:00Z'), 'Europe/Zurich'))", "2"),
    "with_timezone": (
        "with_timezone(timestamp '2026-01-01 01:00:00', 'Europe/Zurich') AT TIME ZONE 'UTC'",
        "2026-01-01 00:00:00.000 UTC",
    ),
    "date_trunc of a date is a date": ("date_trunc('month', day)", "2026-01-01"),
    "date_trunc of a timestamp": ("date_trunc('hour', ts)", "2026-01-01 10:00:00.000"),
    "weeks begin on Monday": ("date_trunc('week', date '2026-01-04')", "2025-12-29"),
    "date_add to a date is a date": ("date_add('day', 1, day)", "2026-02-01"),
    "date_add of months": ("date_add('month', 1, day)", "2026-02-28"),
    "date and interval": ("day + interval '1' day", "2026-02-01"),
    "a day before as text": ("CAST(date '2026-01-01' - interval '1' day AS varchar)", "2025-12-31"),
    "date_diff counts whole days": (
        "date_diff('day', timestamp '2026-01-01 23:00:00', timestamp '2026-01-02 01:00:00')",
        "0",
    ),
    "date_diff of months": ("date_diff('month', date '2026-01-15', date '2026-02-14')", "0"),
    "timestamp literals": ("timestamp '2026-01-01 00:00:00.5'", "2026-01-01 00:00:00.500"),
    "day_of_week": ("day_of_week(date '2026-01-04')", "7"),
    "week": ("week(date '2026-01-01')", "1"),
    "json_extract_scalar": ("json_extract_scalar(js, '$.name')", "ada"),
    "json_extract_scalar of an object": ("json_extract_scalar(js, '$.deep')", None),
    "json_extract": ("json_extract(js, '$.tags')", '["x"]'),
    "json_parse": ("json_format(json_parse('{\"a\": 1}'))", '{"a":1}'),
    "regexp_like finds": ("regexp_like(s, 'y$')", "true"),
    "regexp_extract of a group": ("regexp_extract(s, '(x)-(y)', 2)", "y"),
    "regexp_extract of nothing": ("regexp_extract(s, 'z')", None),
    "regexp_replace with a group": ("regexp_replace(s, '(x)', '<$1>')", "<x>-y"),
    "regexp_replace by nothing": ("regexp_replace(s, '-')", "xy"),
    "split_part": ("split_part(s, '-', 2)", "y"),
    "split_part beyond the end": ("split_part(s, '-', 3)", None),
    "split": ("split(s, '-')", "[x, y]"),
    "bitwise_xor and bit_count": ("bit_count(bitwise_xor(a, b), 64)", "2"),
    "bit_count of a negative": ("bit_count(-1, 64)", "64"),
    "bitwise_and": ("bitwise_and(6, 3)", "2"),
    "length": ("length(s)", "3"),
    "strpos": ("strpos(s, 'y')", "3"),
    "hashes": ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"),
    "typeof": ("typeof(category)", "row(label varchar, top array(row(label varchar, score double)))"),
    "nan": ("nan()", "NaN"),
    "e": ("round(e(), 3)", "2.718"),
    "format": ("format('%s|%03d', s, 7)", "x-y|007"),
    "greatest with NULL": ("greatest(1, NULL)", None),
    "round half up": ("round(2.5e0)", "3.0"),
    "is distinct from": ("NULL IS DISTINCT FROM 1", "true"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_given_an_expression_when_evaluated_then_it_is_trinos_value(sql, case):
    expression, expected = EXPRESSIONS[case]
    assert sql.rows(f"SELECT {expression} FROM t") == [[expected]]


# Whole queries, and their rows.
QUERIES = {
    "NULLs last, ascending": ("SELECT x FROM n ORDER BY x", [["1"], ["2"], ["3"], [None]]),
    "NULLs last, descending": ("SELECT x FROM n ORDER BY x DESC", [["3"], ["2"], ["1"], [None]]),
    "NULLs first if told": ("SELECT x FROM n ORDER BY x NULLS FIRST LIMIT 1", [[None]]),
    "OFFSET before LIMIT": ("SELECT x FROM n ORDER BY x OFFSET 1 LIMIT 1", [["2"]]),
    "LIMIT ALL": ("SELECT x FROM n ORDER BY x LIMIT ALL", [["1"], ["2"], ["3"], [None]]),
    "FETCH FIRST": ("SELECT x FROM n ORDER BY x FETCH FIRST 1 ROW ONLY", [["1"]]),
    "max_by, min_by": ("SELECT max_by(k, x), min_by(k, x), max_by(x, x, 2) FROM n", [["b", "a", "[3, 2]"]]),
    "count_if and sum are bigints": ("SELECT count_if(x > 1), sum(x), sum(x) / 4 FROM n", [["2", "6", "1"]]),
    "count_if of NULLs and of nothing is 0": (
        "SELECT count_if(x > NULL), count_if(x > 1) FILTER (WHERE false), count_if(x > 1) OVER (ORDER BY x) FROM n"
        " GROUP BY x ORDER BY x LIMIT 1",
        [["0", "0", "0"]],
    ),
    "a share": ("SELECT CAST(count_if(x > 1) AS double) / count(*) FROM n", [["0.5"]]),
    "a decimal percentage": ("SELECT 100.0 * count_if(x > 1) / 3 FROM n", [["66.7"]]),
    "histogram": ("SELECT histogram(k) FROM n", [["{a=2, b=2}"]]),
    "map_agg": ("SELECT map_agg(k, n) FROM (SELECT k, count(*) AS n FROM n WHERE k = 'a' GROUP BY k)", [["{a=2}"]]),
    "array_agg keeps NULL": ("SELECT array_agg(x ORDER BY x DESC) FROM n", [["[3, 2, 1, null]"]]),
    "approx_percentile": ("SELECT approx_percentile(x, 0.5) FROM n", [["2"]]),
    "approx_percentile of several": ("SELECT approx_percentile(x, ARRAY[0.0, 1.0]) FROM n", [["[1, 3]"]]),
    "approx_distinct": ("SELECT approx_distinct(k) FROM n", [["2"]]),
    "avg of integers is a double": ("SELECT avg(x) FROM n", [["2.0"]]),
    "listagg": ("SELECT listagg(k, ',') WITHIN GROUP (ORDER BY k) FROM n", [["a,a,b,b"]]),
    "FILTER": ("SELECT count(*) FILTER (WHERE x > 1), sum(x) FILTER (WHERE x > 1) FROM n", [["2", "5"]]),
    "every": ("SELECT every(x > 0), bool_or(x > 2) FROM n", [["true", "true"]]),
    "GROUP BY ordinal": ("SELECT k, count(*) FROM n GROUP BY 1 ORDER BY 1", [["a", "2"], ["b", "2"]]),
    "ROLLUP": (
        "SELECT k, count(*), grouping(k) FROM n GROUP BY ROLLUP (k) ORDER BY k",
        [["a", "2", "0"], ["b", "2", "0"], [None, "4", "1"]],
    ),
    "GROUPING SETS": (
        "SELECT k, sum(x) FROM n GROUP BY GROUPING SETS ((k), ()) ORDER BY k",
        [["a", "1"], ["b", "5"], [None, "6"]],
    ),
    "windows": (
        "SELECT x, row_number() OVER (ORDER BY x), sum(x) OVER (PARTITION BY k ORDER BY x), lag(x) OVER (ORDER BY x) "
        "FROM n ORDER BY x",
        [["1", "1", "1", None], ["2", "2", "2", "1"], ["3", "3", "5", "2"], [None, "4", "1", "3"]],
    ),
    "UNNEST of an array": ("SELECT x FROM t CROSS JOIN UNNEST(arr) AS u(x) ORDER BY x", [["1"], ["2"], ["3"]]),
    "UNNEST WITH ORDINALITY": (
        "SELECT x, i FROM t CROSS JOIN UNNEST(arr) WITH ORDINALITY AS u(x, i) ORDER BY i",
        [["3", "1"], ["1", "2"], ["2", "3"]],
    ),
    "UNNEST of rows spreads the fields": (
        "SELECT label, score FROM t CROSS JOIN UNNEST(category.top) AS u(label, score) ORDER BY score",
        [["dog", "0.25"], ["cat", "0.75"]],
    ),
    "UNNEST of rows WITH ORDINALITY": (
        "SELECT u.l, u.i FROM t, UNNEST(category.top) WITH ORDINALITY AS u(l, p, i) WHERE p < 0.5",
        [["dog", "2"]],
    ),
    "UNNEST of a map": ("SELECT k, v FROM t CROSS JOIN UNNEST(m) AS u(k, v)", [["k", "1"]]),
    "UNNEST of two arrays": (
        "SELECT x, y FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS u(x, y) ORDER BY x",
        [["1", "a"], ["2", None]],
    ),
    "LEFT JOIN UNNEST keeps the row": (
        "SELECT a, x FROM t LEFT JOIN UNNEST(filter(arr, e -> e > 5)) AS u(x) ON TRUE",
        [["7", None]],
    ),
    "CROSS JOIN UNNEST of nothing": ("SELECT a FROM t CROSS JOIN UNNEST(filter(arr, e -> e > 5)) AS u(x)", []),
    "UNNEST of dates": (
        "SELECT d FROM UNNEST(sequence(date '2026-01-31', date '2026-02-01', interval '1' day)) AS u(d) ORDER BY d",
        [["2026-01-31"], ["2026-02-01"]],
    ),
    "LATERAL": ("SELECT q.y FROM t CROSS JOIN LATERAL (SELECT t.a / 2 AS y) AS q", [["3"]]),
    "a correlated subquery": ("SELECT (SELECT max(n.x / 2) FROM n WHERE n.x < t.a) FROM t", [["1"]]),
    "EXISTS": ("SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM n WHERE n.x / 3 = t.a / 7)", [["1"]]),
    "CTEs see those before": (
        "WITH q AS (SELECT x / 2 AS h FROM n), r AS (SELECT h / 1 AS g FROM q) SELECT sum(g) FROM r",
        [["2"]],
    ),
    "a CTE hides a table": ("WITH n AS (SELECT 5 AS x) SELECT x FROM n", [["5"]]),
    "VALUES as a table": ("SELECT sum(v) FROM (VALUES 1, 2) AS q(v)", [["3"]]),
    "UNION, INTERSECT, EXCEPT": (
        "SELECT x FROM n WHERE x < 3 INTERSECT SELECT x FROM n WHERE x > 1 UNION ALL SELECT 9 ORDER BY 1",
        [["2"], ["9"]],
    ),
    "table by its database": ("SELECT count(*) FROM awsdatacatalog.{database}.n", [["4"]]),
    "column by its table's database": ("SELECT {database}.n.x FROM {database}.n WHERE {database}.n.x = 3", [["3"]]),
    "TABLE": ("TABLE n ORDER BY x LIMIT 1", [["1", "a"]]),
    "TABLESAMPLE": ("SELECT count(*) FROM n TABLESAMPLE BERNOULLI (100)", [["4"]]),
    "a trailing semicolon and comments": ("-- all of them\nSELECT count(*) /* rows */ FROM n;", [["4"]]),
    "current_date is near": ("SELECT date_diff('day', date '2020-01-01', current_date) > 0", [["true"]]),
    "current_timestamp is zoned": ("SELECT typeof(current_timestamp)", [["timestamp(3) with time zone"]]),
}


@pytest.mark.parametrize("case", QUERIES)
def test_given_a_query_when_run_then_it_gives_trinos_rows(sql, case):
    query, expected = QUERIES[case]
    assert sql.rows(query.replace("{database}", sql.database)) == expected


# Queries that fail on Athena, and why. DuckDB alone would answer most of them.
FAILURES = {
    "integer division by zero": ("SELECT a / (a - 7) FROM t", "DIVISION_BY_ZERO: Division by zero"),
    "decimal division by zero": ("SELECT 1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
    "a subscript beyond the end": (
        "SELECT arr[9] FROM t",
        "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 9 > 3",
    ),
    "a subscript of zero": ("SELECT arr[0] FROM t", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
    "a map without the key": ("SELECT m['z'] FROM t", "INVALID_FUNCTION_ARGUMENT: Key not present in map: z"),
    "a timestamp against text": (
        "SELECT 1 FROM t WHERE ts > '2026-01-01'",
        "TYPE_MISMATCH: line 1:23: Cannot apply operator: timestamp(3) > varchar",
    ),
    "text against a number": (
        "SELECT 1 FROM t WHERE s = 1",
        "TYPE_MISMATCH: line 1:23: Cannot apply operator: varchar = integer",
    ),
    "a date between texts": (
        "SELECT 1 FROM t WHERE day BETWEEN '2026-01-01' AND '2026-01-02'",
        "TYPE_MISMATCH: line 1:23: Cannot check if date is BETWEEN varchar and varchar",
    ),
    "a number in texts": (
        "SELECT 1 FROM t WHERE a IN ('1')",
        "TYPE_MISMATCH: line 1:23: IN value and list items must be the same type: integer, varchar",
    ),
    "a union of text and a date": (
        "SELECT s FROM t UNION SELECT day FROM t",
        "TYPE_MISMATCH: line 1:8: column 1 in UNION query has incompatible types: varchar, date",
    ),
    "a number as a condition": (
        "SELECT 1 FROM t WHERE a",
        "TYPE_MISMATCH: line 1:23: WHERE clause must evaluate to a boolean: actual type integer",
    ),
    "a map opened with a dot": ("SELECT m.k FROM t", "TYPE_MISMATCH: line 1:8: Expression m is not of type ROW"),
    "a side's column after USING": (
        "SELECT l.x FROM n AS l JOIN n AS r USING (x)",
        "COLUMN_NOT_FOUND: line 1:8: Column 'l.x' cannot be resolved or requester is not authorized to access "
        "requested resources",
    ),
    "text and a number": ("SELECT s + 1 FROM t", "TYPE_MISMATCH: line 1:8: Cannot apply operator: varchar + integer"),
    "concatenation with a number": (
        "SELECT s || a FROM t",
        "TYPE_MISMATCH: line 1:8: Unexpected parameters (varchar, integer) for function concat",
    ),
    "an unknown column": (
        "SELECT nope FROM t",
        "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access "
        "requested resources",
    ),
    "an unknown field": (
        "SELECT a,\n  category.nope FROM t",
        "COLUMN_NOT_FOUND: line 2:12: Column 'nope' cannot be resolved or requester is not authorized to access "
        "requested resources",
    ),
    "an alias in WHERE": (
        "SELECT a AS y FROM t WHERE y > 1",
        "COLUMN_NOT_FOUND: line 1:28: Column 'y' cannot be resolved or requester is not authorized to access "
        "requested resources",
    ),
    "an alias in GROUP BY": (
        "SELECT s AS y, count(*) FROM t GROUP BY y",
        "COLUMN_NOT_FOUND: line 1:41: Column 'y' cannot be resolved or requester is not authorized to access "
        "requested resources",
    ),
    "an unknown table": (
        "SELECT 1 FROM nope",
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{database}.nope' does not exist",
    ),
    "an unknown database": ("SELECT 1 FROM nope.t", "SCHEMA_NOT_FOUND: line 1:20: Schema 'nope' does not exist"),
    "an ambiguous column": ("SELECT a FROM t CROSS JOIN t u", "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous"),
    "a column that is not grouped": (
        "SELECT k, x, count(*) FROM n GROUP BY k",
        "EXPRESSION_NOT_AGGREGATE: line 1:11: 'x' must be an aggregate expression or appear in GROUP BY clause",
    ),
    "a function of DuckDB's": (
        "SELECT strftime(ts, '%Y') FROM t",
        "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not registered",
    ),
    "a function of nobody's": ("SELECT\n nope(1)", "FUNCTION_NOT_FOUND: line 2:2: Function 'nope' not registered"),
    "a function of Trino's that is not done": (
        "SELECT numeric_histogram(3, d) FROM t",
        "NOT_SUPPORTED: line 1:8: function numeric_histogram() is not supported by the local Athena",
    ),
    "a weighted percentile": (
        "SELECT approx_percentile(a, b, 0.5) FROM t",
        "NOT_SUPPORTED: approx_percentile with a weight or an accuracy is not supported by the local Athena",
    ),
    "a comparator": (
        "SELECT array_sort(arr, (x, y) -> 1) FROM t",
        "NOT_SUPPORTED: array_sort() with a comparison function is not supported by the local Athena",
    ),
    "a scalar subquery of several rows": (
        "SELECT (SELECT x FROM n)",
        "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
    ),
    "another catalogue": (
        "SELECT 1 FROM other.db.t",
        "NOT_SUPPORTED: line 1:24: catalog 'other' (only AwsDataCatalog) is not supported by the local Athena",
    ),
    "information_schema": (
        "SELECT * FROM information_schema.tables",
        "NOT_SUPPORTED: line 1:34: information_schema is not supported by the local Athena",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_given_what_athena_refuses_when_run_then_it_fails_with_athenas_reason(sql, case):
    query, reason = FAILURES[case]
    assert sql.failure(query) == reason.replace("{database}", sql.database)


@pytest.mark.parametrize(
    "query", ["SELECT CAST('x' AS bigint)", "SELECT CAST(300 AS tinyint)", "SELECT date '2026-02-30'"]
)
def test_given_a_value_that_cannot_be_cast_when_run_then_it_is_a_data_error(sql, query):
    status = sql.run(query)["Status"]
    assert status["StateChangeReason"].startswith("INVALID_CAST_ARGUMENT: ")
    assert status["AthenaError"]["ErrorType"] == 1001


def test_given_a_query_when_it_reaches_for_this_machine_then_it_cannot(sql):
    assert sql.failure('SELECT * FROM "/etc/passwd"').startswith("TABLE_NOT_FOUND")
    assert sql.failure("SELECT * FROM read_csv('/etc/passwd')").startswith(("FUNCTION_NOT_FOUND", "NOT_SUPPORTED"))
