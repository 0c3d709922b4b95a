"""The life of a query execution, as the API tells it."""

import datetime as dt
import uuid

import pytest
from botocore import session
from botocore.validate import ParamValidator

from pixlake.localcloud.athena import AthenaService
from pixlake.localcloud.protocol import ServiceError

SLOW = (
    "SELECT count(*) FROM UNNEST(sequence(1, 100000000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 1000)) AS b(y) "
    "WHERE x + y = 7"
)


@pytest.fixture(scope="module")
def shapes():
    return session.get_session().get_service_model("athena")


def _timestamps_as_datetimes(value):
    """JSON 1.1 carries epoch seconds; botocore's validator checks what clients get."""
    if isinstance(value, dict):
        return {
            key: dt.datetime.fromtimestamp(item, dt.UTC) if key.endswith("DateTime") else _timestamps_as_datetimes(item)
            for key, item in value.items()
        }
    return [_timestamps_as_datetimes(item) for item in value] if isinstance(value, list) else value


def test_given_a_query_when_it_has_run_then_its_execution_has_the_shape_of_the_api(lake, shapes):
    # When
    execution = lake.run("SELECT 1 AS one")
    # Then
    shape = shapes.operation_model("GetQueryExecution").output_shape
    report = ParamValidator().validate(_timestamps_as_datetimes({"QueryExecution": execution}), shape)
    assert not report.has_errors(), report.generate_report()
    assert execution["StatementType"] == "DML"
    assert execution["SubstatementType"] == "SELECT"
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"] > 1_700_000_000
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{lake.output}{execution['QueryExecutionId']}.csv"
    assert execution["QueryExecutionContext"] == {"Database": lake.database}
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert (
        execution["Statistics"]["TotalExecutionTimeInMillis"] >= execution["Statistics"]["EngineExecutionTimeInMillis"]
    )


def test_given_a_failed_query_when_it_is_asked_for_then_it_carries_athenas_error(lake):
    status = lake.run("SELECT 1 / 0")["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == "DIVISION_BY_ZERO: Division by zero"
    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1001,
        "Retryable": False,
        "ErrorMessage": "DIVISION_BY_ZERO: Division by zero",
    }


def test_given_a_long_query_when_it_is_stopped_then_it_is_cancelled_and_has_no_result(lake):
    # Given
    query = lake.start(SLOW)
    # When
    lake.service.handle("StopQueryExecution", {"QueryExecutionId": query})
    # Then
    execution = lake.wait(query)
    assert execution["Status"]["State"] == "CANCELLED"
    assert "AthenaError" not in execution["Status"]
    with pytest.raises(ServiceError, match=r"Query did not finish successfully\. Final query state: CANCELLED"):
        lake.service.handle("GetQueryResults", {"QueryExecutionId": query})


def test_given_a_running_query_when_results_are_asked_for_then_it_is_not_finished(lake):
    query = lake.start(SLOW)
    try:
        with pytest.raises(ServiceError, match=r"Query has not yet finished\. Current state: (QUEUED|RUNNING)"):
            lake.service.handle("GetQueryResults", {"QueryExecutionId": query})
    finally:
        lake.service.handle("StopQueryExecution", {"QueryExecutionId": query})
    assert lake.wait(query)["Status"]["State"] == "CANCELLED"


def test_given_a_finished_query_when_it_is_stopped_then_nothing_changes(lake):
    query = lake.run("SELECT 1")["QueryExecutionId"]
    assert lake.service.handle("StopQueryExecution", {"QueryExecutionId": query}) == {}
    assert lake.wait(query)["Status"]["State"] == "SUCCEEDED"


def test_given_many_queries_at_once_when_they_run_then_each_has_its_own_answer(lake):
    queries = {lake.start(f"SELECT sum(x) + {n} FROM UNNEST(sequence(1, 1000)) AS t(x)"): n for n in range(12)}
    for query, n in queries.items():
        assert lake.page(lake.wait(query))[1:] == [[str(500500 + n)]]


def test_given_a_running_query_when_the_service_closes_then_it_is_cancelled_and_the_copies_go(lake, moto_endpoint):
    # Given
    service = AthenaService(moto_endpoint)
    lake.service = service
    query = lake.start(SLOW)
    # When
    service.close()
    # Then
    assert lake.wait(query)["Status"]["State"] == "CANCELLED"
    assert not service._directory.exists()


def test_given_the_same_token_when_a_query_is_started_twice_then_it_runs_once(lake):
    token = uuid.uuid4().hex
    assert lake.start("SELECT 1", ClientRequestToken=token) == lake.start("SELECT 1", ClientRequestToken=token)
    with pytest.raises(ServiceError, match="Idempotent parameters do not match"):
        lake.start("SELECT 2", ClientRequestToken=token)


def test_given_an_unknown_id_when_asked_for_then_it_was_not_found(lake):
    with pytest.raises(ServiceError) as caught:
        lake.service.handle("GetQueryExecution", {"QueryExecutionId": "nope"})
    assert (caught.value.code, caught.value.message) == ("InvalidRequestException", "QueryExecution nope was not found")


def test_given_some_ids_when_asked_for_together_then_the_unknown_are_told_apart(lake):
    query = lake.run("SELECT 1")["QueryExecutionId"]
    answer = lake.service.handle("BatchGetQueryExecution", {"QueryExecutionIds": [query, "nope"]})
    assert [execution["QueryExecutionId"] for execution in answer["QueryExecutions"]] == [query]
    assert answer["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "nope"


def test_given_several_queries_when_listed_then_the_newest_comes_first_and_pages_follow(lake):
    group = f"group-{uuid.uuid4().hex[:8]}"
    lake.moto_athena.create_work_group(Name=group, Configuration={"EnforceWorkGroupConfiguration": False})
    queries = [lake.run(f"SELECT {n}", WorkGroup=group)["QueryExecutionId"] for n in range(3)]
    first = lake.service.handle("ListQueryExecutions", {"WorkGroup": group, "MaxResults": 2})
    second = lake.service.handle(
        "ListQueryExecutions", {"WorkGroup": group, "MaxResults": 2, "NextToken": first["NextToken"]}
    )
    assert first["QueryExecutionIds"] + second["QueryExecutionIds"] == queries[::-1]
    assert "NextToken" not in second


@pytest.mark.parametrize(("field", "value"), [("NextToken", "x"), ("MaxResults", 51)])
def test_given_a_page_that_cannot_be_when_listed_then_it_is_refused(lake, field, value):
    with pytest.raises(ServiceError, match=field) as caught:
        lake.service.handle("ListQueryExecutions", {field: value})
    assert caught.value.code == "InvalidRequestException"


def test_given_a_query_when_its_runtime_statistics_are_asked_for_then_times_and_rows_are_told(lake):
    query = lake.run("VALUES 1, 2, 3")["QueryExecutionId"]
    answer = lake.service.handle("GetQueryRuntimeStatistics", {"QueryExecutionId": query})["QueryRuntimeStatistics"]
    assert answer["Rows"]["OutputRows"] == 3
    assert answer["Timeline"]["TotalExecutionTimeInMillis"] >= 0


class TestOutputLocation:
    def test_given_none_anywhere_when_a_query_is_started_then_athenas_words_say_so(self, lake):
        with pytest.raises(ServiceError) as caught:
            lake.service.handle("StartQueryExecution", {"QueryString": "SELECT 1"})
        assert caught.value.code == "InvalidRequestException"
        assert caught.value.message == (
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )

    def test_given_a_bucket_that_is_not_there_when_a_query_is_started_then_it_is_refused(self, lake):
        with pytest.raises(ServiceError, match="Unable to verify/create output bucket no-such-bucket"):
            lake.start("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/x/"})

    @pytest.mark.parametrize("enforced", [True, False])
    def test_given_a_work_group_when_it_enforces_then_its_location_wins(self, lake, enforced):
        # Given
        group = f"group-{uuid.uuid4().hex[:8]}"
        lake.moto_athena.create_work_group(
            Name=group,
            Configuration={
                "EnforceWorkGroupConfiguration": enforced,
                "ResultConfiguration": {"OutputLocation": f"s3://{lake.results}/of-the-group"},
            },
        )
        # When
        execution = lake.run("SELECT 1", WorkGroup=group)
        # Then
        expected = f"s3://{lake.results}/of-the-group/" if enforced else lake.output
        assert execution["ResultConfiguration"]["OutputLocation"] == f"{expected}{execution['QueryExecutionId']}.csv"

    def test_given_a_work_group_that_is_not_there_when_a_query_is_started_then_it_is_refused(self, lake):
        with pytest.raises(ServiceError) as caught:
            lake.start("SELECT 1", WorkGroup="no-such-group")
        assert caught.value.code == "InvalidRequestException"
        assert "no-such-group" in caught.value.message


def test_given_a_scan_limit_when_a_query_would_exceed_it_then_it_is_cancelled_before_reading(lake):
    # Given
    group = f"group-{uuid.uuid4().hex[:8]}"
    lake.moto_athena.create_work_group(
        Name=group, Configuration={"EnforceWorkGroupConfiguration": False, "BytesScannedCutoffPerQuery": 10_000_000}
    )
    lake.table("big", [("x", "string")])
    lake.s3.put_object(Bucket=lake.bucket, Key="big/a.parquet", Body=b"x" * 10_000_001)
    # When
    execution = lake.run("SELECT * FROM big", WorkGroup=group)
    # Then
    assert execution["Status"]["State"] == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in execution["Status"]["StateChangeReason"]
    assert execution["Statistics"]["DataScannedInBytes"] == 0


def test_given_a_scan_when_it_has_run_then_the_bytes_of_the_opened_files_are_counted(lake):
    lake.table("t", [("x", "bigint")], [("dt", "string")])
    sizes = [lake.put(f"t/dt={day}/a.parquet", [{"x": 1}]) for day in (1, 2)]
    for day in (1, 2):
        lake.glue.create_partition(
            DatabaseName=lake.database,
            TableName="t",
            PartitionInput={"Values": [str(day)], "StorageDescriptor": {"Location": f"s3://{lake.bucket}/t/dt={day}/"}},
        )
    assert lake.run("SELECT * FROM t")["Statistics"]["DataScannedInBytes"] == sum(sizes)
    assert lake.run("SELECT * FROM t WHERE dt = '1'")["Statistics"]["DataScannedInBytes"] == sizes[0]


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("EngineConfiguration", {"MaxConcurrentDpus": 2}, "EngineConfiguration"),
        ("QueryExecutionContext", {"Catalog": "other"}, "Catalog other"),
        ("QueryString", "", "queryString"),
        ("QueryString", "SELECT 1" + " " * 262_144, "queryString"),
    ],
)
def test_given_what_is_not_supported_when_a_query_is_started_then_it_is_refused_by_name(lake, field, value, name):
    with pytest.raises(ServiceError, match=name):
        lake.service.handle(
            "StartQueryExecution",
            {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": lake.output}, field: value},
        )


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("CREATE EXTERNAL TABLE a (x int) LOCATION 's3://a/b/'", "CREATE TABLE"),
        ("CREATE TABLE IF NOT EXISTS a AS SELECT 1", "CREATE TABLE"),
        ("CREATE DATABASE d", "CREATE DATABASE"),
        ("MSCK REPAIR TABLE t", "MSCK REPAIR TABLE"),
        ("ALTER TABLE t ADD PARTITION (dt = 'x')", "ALTER TABLE"),
        ("DROP DATABASE d", "DROP DATABASE"),
        ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN ANALYZE"),
        ("EXPLAIN (FORMAT JSON) SELECT 1", "EXPLAIN with options"),
        ("MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE", "MERGE INTO"),
        ("DELETE FROM t", "DELETE FROM"),
        ("PREPARE p FROM SELECT 1", "PREPARE"),
        ("EXECUTE p USING 1", "EXECUTE"),
    ],
)
def test_given_a_statement_of_a_later_release_when_run_then_it_fails_and_names_it(lake, sql, name):
    assert lake.failure(sql) == f"NOT_SUPPORTED: {name} is not supported by the local Athena"
