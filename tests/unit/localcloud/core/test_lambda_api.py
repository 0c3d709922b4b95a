"""What the local cloud answers of Lambda's API beside Invoke (test_front.py)."""

import base64

import pytest

from pixlake.localcloud.event_source import EventSourceMapping, MappingSettings
from pixlake.localcloud.lambda_api import LambdaApi
from pixlake.localcloud.lambda_runtime import FunctionSettings

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def settings(name, folder):
    return FunctionSettings(
        name, ARN + name, "app.handler", folder, "python3.13", timeout_seconds=7, variables={"PIXLAKE_STREAM": "rows"}
    )


@pytest.fixture
def mapping(front, functions, client, tmp_path):
    """The mapping of one of two functions, its queue's ARN, and a Lambda client."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    service = functions(settings("score", tmp_path), settings("other", tmp_path))
    mapped = MappingSettings("score", arn, batch_size=5, report_batch_item_failures=True)
    mapping = EventSourceMapping(mapped, sqs, service.function("score"), "us-east-1", 1)
    front.serve_lambda(LambdaApi(service, [mapping]))
    front.ready(dict)
    yield mapping
    if mapping.polls:
        mapping.stop(0)


def test_given_a_function_when_its_configuration_is_asked_then_it_is_the_templates(mapping, client):
    found = client("lambda").get_function_configuration(FunctionName=ARN + "score")
    assert (found["FunctionName"], found["Timeout"], found["State"]) == ("score", 7, "Active")
    assert found["Environment"]["Variables"] == {"PIXLAKE_STREAM": "rows"}
    lambda_ = client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_configuration(FunctionName="nobody")


def test_given_an_alias_when_its_configuration_is_asked_then_the_arn_names_it(mapping, client):
    found = client("lambda").get_function_configuration(FunctionName="score", Qualifier="live")
    assert (found["FunctionName"], found["FunctionArn"]) == ("score", ARN + "score:live")


def test_given_a_function_when_its_log_is_asked_for_then_it_is_that_of_the_invocation(
    front, functions, client, tmp_path
):
    (tmp_path / "app.py").write_text("def handler(event, context):\n    print(f'saw {event}')\n    return event\n")
    front.serve_lambda(LambdaApi(functions(settings("score", tmp_path))))
    for event in (b'"first"', b'"second"'):
        answer = client("lambda").invoke(FunctionName=ARN + "score:7", LogType="Tail", Payload=event)
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "saw second" in log
    assert "saw first" not in log
    assert "LogResult" not in client("lambda").invoke(FunctionName="score", Payload=b"{}")


def test_given_a_mapping_of_an_alias_when_listed_then_its_arn_names_the_alias(front, functions, client, tmp_path):
    url = client("sqs").create_queue(QueueName="work")["QueueUrl"]
    service = functions(settings("score", tmp_path))
    mapped = MappingSettings(ARN + "score:live", f"arn:aws:sqs:us-east-1:123456789012:{url.rpartition('/')[2]}")
    mapping = EventSourceMapping(mapped, client("sqs"), service.function("score"), "us-east-1", 1)
    front.serve_lambda(LambdaApi(service, [mapping]))
    (found,) = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert found["FunctionArn"] == ARN + "score:live"


def test_given_a_mapping_when_listed_then_it_is_enabled_while_it_polls(mapping, client):
    lambda_, arn = client("lambda"), mapping.settings.queue_arn

    def listed(**wanted):
        return lambda_.list_event_source_mappings(**wanted)["EventSourceMappings"]

    assert [each["State"] for each in listed()] == ["Disabled"]
    mapping.start()
    (found,) = listed(EventSourceArn=arn, FunctionName="score")
    assert (found["State"], found["FunctionArn"], found["BatchSize"]) == ("Enabled", ARN + "score", 5)
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert listed(EventSourceArn=arn + "-other") == []
    assert listed(FunctionName="other") == []
    mapping.stop(0)
    assert [each["State"] for each in listed()] == ["Disabled"]
