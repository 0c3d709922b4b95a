"""Expressions that analysts write, of which the views and queries use only some: both engines give the same values."""

from pathlib import Path

import pytest

from tests.trino.comparison import disagreements
from tools.trino.errors import QueryFailed

pytestmark = pytest.mark.trino
LISTS = Path(__file__).parent / "expressions"
MANY = 60  # expressions in one statement; a difference is named by the expression's text

FEW = """
    (VALUES ('a', 1e0, 1, DECIMAL '1.10', NULL), ('b', 2.5e0, 2, DECIMAL '2.20', 5),
            ('a', 4e0, 7, DECIMAL '0.05', NULL), ('c', 8e0, 4, DECIMAL '1.00', 6)) AS few (g, x, i, d, n)
"""

SCALARS = {
    "numbers": r"""
        round(2.5e0)
        round(-2.5e0)
        round(2.345e0, 2)
        5 / 2
        -5 / 2
        -5 % 3
        5 / 2e0
        1e0 / 0e0
        CAST(1 AS double) / 3
        CAST(2.5e0 AS bigint)
        CAST(-2.5e0 AS integer)
        CAST('1.5' AS double)
        CAST(1e7 AS varchar)
        TRY(1 / 0)
        TRY_CAST('x' AS bigint)
        floor(-1.5e0)
        ceil(1.2e0)
        truncate(-1.7e0)
        abs(-3)
        power(2, 10)
        ln(10e0)
        log(2, 8)
        mod(-7, 3)
        is_nan(nan())
        1.5 * 2
        1.10 + 2
        bitwise_and(12, 10)
        bitwise_xor(-1, 10)
        bit_count(-1, 64)
        BIGINT '9223372036854775807'
    """,
    "conditions": r"""
        coalesce(NULL, 1)
        nullif(1, 1)
        if(1 > 2, 'a')
        greatest(1, 2, NULL)
        least('b', 'a')
        'abc' LIKE 'a\_%' ESCAPE '\'
        'Abc' = 'abc'
        NULL IS DISTINCT FROM 1
        1 IN (2, NULL)
    """,
    "text": r"""
        substr('käfer', 2, 3)
        substr('abc', -2)
        split_part('a/b/c', '/', 2)
        split_part('a/b/c', '/', 9)
        split('a,b,,c', ',')
        strpos('abc', 'z')
        lpad('7', 3, '0')
        rpad('abc', 2, '0')
        upper('käfer')
        length('käfer')
        reverse('abc')
        regexp_extract('photos/2026/a.jpg', '(\d+)/([a-z])', 2)
        regexp_extract('abc', 'z')
        regexp_replace('a1b2', '\d', '#')
        regexp_like('abc', 'b')
        regexp_extract_all('a1b22', '\d+')
        concat('a', 'b', 'c')
        trim('  a ')
        translate('abc', 'ab', 'xy')
        starts_with('abc', 'ab')
        levenshtein_distance('abc', 'abd')
        format('%s has %d', 'a', 3)
        to_hex(sha256(to_utf8('a')))
        json_extract_scalar('{"a": {"b": 1}}', '$.a.b')
        CAST(TIMESTAMP '2026-03-01 10:00:00.123' AS varchar)
    """,
    "arrays and maps": r"""
        array_join(ARRAY['a', NULL, 'b'], '-')
        array_join(ARRAY['a', NULL, 'b'], '-', '?')
        slice(ARRAY[1, 2, 3, 4], 2, 2)
        slice(ARRAY[1, 2, 3, 4], -2, 2)
        element_at(ARRAY[1, 2], 5)
        element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')
        array_sort(ARRAY[3, NULL, 1])
        array_distinct(ARRAY[1, 1, NULL, NULL])
        array_position(ARRAY['a', 'b'], 'z')
        array_intersect(ARRAY[1, 2, 3], ARRAY[2, 4])
        flatten(ARRAY[ARRAY[1], ARRAY[2, 3]])
        sequence(1, 5, 2)
        sequence(DATE '2026-02-27', DATE '2026-03-02', INTERVAL '1' DAY)
        filter(ARRAY[1, 2, 3], x -> x > 1)
        transform(ARRAY[1, 2, 3], x -> x * 2)
        any_match(ARRAY[1, 2], x -> x > 1)
        reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s)
        zip(ARRAY[1, 2], ARRAY['a', 'b'])
        map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]))
        map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]))
        map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)
        ROW(1, 'a')
        CAST(ROW(1, 0.5e0) AS row(x integer, y double))
    """,
    "times": r"""
        date_trunc('week', DATE '2026-03-12')
        date_trunc('month', TIMESTAMP '2026-03-12 10:11:12.345')
        date_trunc('second', TIMESTAMP '2026-03-12 10:11:12.999')
        date_add('day', -1, DATE '2026-03-01')
        date_add('month', 1, DATE '2026-01-31')
        date_diff('day', TIMESTAMP '2026-03-01 23:00:00', TIMESTAMP '2026-03-02 01:00:00')
        date_diff('hour', TIMESTAMP '2026-03-01 23:59:00', TIMESTAMP '2026-03-02 00:01:00')
        date_diff('month', DATE '2026-01-31', DATE '2026-02-28')
        date_diff('second', TIMESTAMP '2026-03-01 00:00:00.900', TIMESTAMP '2026-03-01 00:00:01.100')
        day_of_week(DATE '2026-03-01')
        week(DATE '2026-01-01')
        year_of_week(DATE '2027-01-01')
        hour(TIMESTAMP '2026-03-01 10:00:00')
        millisecond(TIMESTAMP '2026-03-01 10:00:00.123')
        date_format(TIMESTAMP '2026-03-01 15:04:05.678', '%Y-%m-%d %H:%i:%s.%f')
        date_format(TIMESTAMP '2026-03-01 15:04:05.678', '%W %M %e %y %h:%i %p %j')
        format_datetime(TIMESTAMP '2026-03-01 15:04:05', 'yyyy-MM-dd HH')
        date_parse('2026-03-01 05', '%Y-%m-%d %H')
        from_iso8601_timestamp('2026-03-01T10:00:00Z')
        from_unixtime(1772359200)
        to_unixtime(TIMESTAMP '2026-03-01 10:00:00.5')
        last_day_of_month(DATE '2026-02-01')
        DATE '2026-03-01' + INTERVAL '1' MONTH
        DATE '2026-03-01' - INTERVAL '1' DAY
    """,
}


AGGREGATES = {
    "agreed": """
        count_if(x > 100)
        count(DISTINCT g)
        avg(x)
        avg(i)
        sum(i)
        sum(x)
        stddev(x)
        stddev_pop(x)
        variance(x)
        corr(x, i)
        min_by(g, x)
        max_by(g, x)
        max(x, 2)
        max_by(g, x, 2)
        bool_or(x > 100)
        approx_distinct(g)
        array_agg(g ORDER BY x)
        array_agg(x ORDER BY x DESC)
        array_sort(array_agg(DISTINCT g))
        histogram(g)
        listagg(g, ',') WITHIN GROUP (ORDER BY x)
        count(n)
        sum(n)
        kurtosis(x)
        sum(x) FILTER (WHERE g = 'a')
        count(*) FILTER (WHERE false)
        sum(x) FILTER (WHERE false)
        count_if(n > 100)
        count_if(NULL)
    """,
}


def _select(expressions: str) -> str:
    """One statement for all, each named by its own text so that a difference names it."""
    texts = [line.strip() for line in expressions.splitlines() if line.strip()]
    quoted = (text.replace('"', '""') for text in texts)
    columns = ",\n".join(f'{text} AS "{name}"' for text, name in zip(texts, quoted, strict=True))
    return f"SELECT {columns}"


def _lines(name: str) -> list[str]:
    return (LISTS / f"{name}.sql").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("expressions", SCALARS.values(), ids=SCALARS)
def test_given_an_expression_when_both_evaluate_it_then_the_values_are_equal(expressions, traps, trino, local):
    sql = _select(expressions)

    assert disagreements(local.run(traps, sql), trino.run(traps, sql), ordered=True) == []


@pytest.mark.parametrize("name", ["arrays_and_maps", "times", "text_numbers_json", "edges"])
def test_given_a_list_of_expressions_when_both_evaluate_them_then_the_values_are_equal(name, traps, trino, local):
    lines = _lines(name)
    differing = []
    for at in range(0, len(lines), MANY):
        sql = _select("\n".join(lines[at : at + MANY]))
        differing += disagreements(local.run(traps, sql), trino.run(traps, sql), ordered=True)

    assert differing == []


@pytest.mark.parametrize("expressions", [*AGGREGATES.values(), "\n".join(_lines("aggregates_over_few"))])
def test_given_a_few_rows_when_both_aggregate_them_then_the_values_are_equal(expressions, traps, trino, local):
    sql = f"{_select(expressions)} FROM {FEW}"

    assert disagreements(local.run(traps, sql), trino.run(traps, sql), ordered=True) == []


@pytest.mark.parametrize("sql", _lines("statements"))
def test_given_a_statement_when_both_run_it_then_the_rows_are_equal(sql, traps, trino, local):
    ordered = "ORDER BY" in sql

    assert disagreements(local.run(traps, sql), trino.run(traps, sql), ordered) == []


@pytest.mark.parametrize("sql", _lines("failing_on_both"))
def test_given_what_trino_fails_at_when_asked_locally_then_it_fails_too(sql, traps, trino, local):
    statement = sql if sql.startswith(("SELECT", "TABLE", "VALUES", "WITH")) else f"SELECT {sql} AS x"
    with pytest.raises(QueryFailed):
        trino.run(traps, statement)

    with pytest.raises(Exception, match=r"\w"):
        local.run(traps, statement)
