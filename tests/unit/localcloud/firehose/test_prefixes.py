"""Custom prefixes, by the rules of the developer guide."""

import re
from datetime import UTC, datetime

import pytest

from pixlake.localcloud.firehose.date_patterns import format_date
from pixlake.localcloud.firehose.prefixes import Prefix, PrefixError, data_prefix, error_prefix

MOMENT = datetime(2026, 3, 5, 7, 8, 9, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "formatted"),
    [
        ("yyyy/MM/dd/HH/", "2026/03/05/07/"),
        ("yy-M-d H:m:s", "26-3-5 7:8:9"),
        ("uuuu-MM-dd'T'HH:mm:ss.SSS", "2026-03-05T07:08:09.123"),
        ("'it''s' ''DDD", "it's '064"),
        ("EEE EEEE MMM MMMM hh a", "Thu Thursday Mar March 07 AM"),
        ("yyyy'-'MM'-'dd", "2026-03-05"),
    ],
)
def test_given_a_java_pattern_when_formatted_then_it_reads_as_java_has_it(pattern, formatted):
    assert format_date(pattern, MOMENT) == formatted


def test_given_all_namespaces_when_evaluated_then_each_has_its_value():
    prefix = Prefix.parse(
        "a/!{timestamp:yyyy}/!{firehose:random-string}/dt=!{partitionKeyFromQuery:dt}/!{timestamp:MM}"
    )
    assert re.fullmatch(r"a/2026/[0-9a-f]{11}/dt=x/03", prefix.evaluate(MOMENT, {"dt": "x"}))
    assert prefix.evaluate(MOMENT, {"dt": "x"}) != prefix.evaluate(MOMENT, {"dt": "x"})


@pytest.mark.parametrize(
    ("text", "partitioned", "evaluated"),
    [
        ("", False, "2026/03/05/07/"),
        ("raw/", False, "raw/2026/03/05/07/"),
        ("!{firehose:random-string}/", False, r".{11}/2026/03/05/07/"),
        ("raw/!{timestamp:yyyy}/", False, "raw/2026/"),
        ("raw/dt=!{partitionKeyFromQuery:dt}/", True, "raw/dt=x/"),
    ],
)
def test_given_a_prefix_when_it_names_no_time_then_the_time_is_appended_but_for_partitions(
    text, partitioned, evaluated
):
    prefix = data_prefix(text, dynamic_partitioning=partitioned)
    assert re.fullmatch(evaluated, prefix.evaluate(MOMENT, {"dt": "x"}))


@pytest.mark.parametrize(
    ("text", "data_text", "evaluated"),
    [
        ("", "", "oops/2026/03/05/07/"),
        ("", "raw/", "raw/oops/2026/03/05/07/"),
        ("errors-", "raw/", "errors-oops/2026/03/05/07/"),
        ("errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/", "raw/", "errors/oops/dt=2026-03-05/"),
    ],
)
def test_given_an_error_prefix_when_evaluated_then_it_names_the_type(text, data_text, evaluated):
    assert error_prefix(text, data_text).evaluate(MOMENT, {}, "oops") == evaluated


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: data_prefix("a/!{firehose:error-output-type}/", dynamic_partitioning=False), "error-output-type"),
        (lambda: data_prefix("a/!{partitionKeyFromQuery:x}/", dynamic_partitioning=False), "Dynamic Partitioning"),
        (lambda: data_prefix("a/!{timestamp:yyyy}/", dynamic_partitioning=True), "partitionKeyFromQuery"),
        (lambda: data_prefix("a/!{partitionKeyFromLambda:x}/", dynamic_partitioning=True), "partitionKeyFromLambda"),
        (lambda: data_prefix("a/!{firehose:stream}/", dynamic_partitioning=False), "stream"),
        (lambda: data_prefix("a/!{timestamp:yyyy-ww}/", dynamic_partitioning=False), "'w'"),
        (lambda: data_prefix("a/!{timestamp:'yyyy}/", dynamic_partitioning=False), "quote"),
        (lambda: data_prefix("a/!{nonsense/", dynamic_partitioning=False), "!{"),
        (lambda: error_prefix("", "a/!{timestamp:yyyy}/"), "cannot be null or empty"),
        (lambda: error_prefix("e/!{timestamp:yyyy}/", "a/"), "at least one instance"),
        (lambda: error_prefix("e/!{partitionKeyFromQuery:x}/", "a/"), "partitionKeyFromQuery"),
    ],
)
def test_given_a_prefix_that_firehose_refuses_when_read_then_the_error_names_the_rule(make, complaint):
    with pytest.raises(PrefixError, match=re.escape(complaint)):
        make()
