import json
import socket
import threading
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from pixlake.localcloud.errors import PortTakenError
from pixlake.localcloud.front import Front
from pixlake.localcloud.lambda_api import LambdaApi
from pixlake.localcloud.lambda_runtime import FunctionSettings
from pixlake.localcloud.protocol import ServiceError


class RecordingFirehose:
    """Answers two actions and remembers what it was asked; `fail` is raised instead."""

    signing_name = "firehose"
    actions = frozenset({"ListDeliveryStreams", "PutRecord"})

    def __init__(self):
        self.asked = []
        self.fail = None

    def handle(self, action, payload):
        self.asked.append((action, payload))
        if self.fail:
            raise self.fail
        return {"DeliveryStreamNames": ["ours"], "HasMoreDeliveryStreams": False}


@pytest.fixture
def service(front):
    service = RecordingFirehose()
    front.add(service)
    return service


def get(front, path):
    try:
        with urllib.request.urlopen(front.url + path) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_given_a_service_of_ours_when_called_then_its_actions_come_to_it_and_the_rest_goes_to_moto(service, client):
    answer = client("firehose").list_delivery_streams(Limit=3)
    assert answer["DeliveryStreamNames"] == ["ours"]
    assert answer["ResponseMetadata"]["RequestId"]
    assert service.asked == [("ListDeliveryStreams", {"Limit": 3})]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("firehose").describe_delivery_stream(DeliveryStreamName="nobody")
    assert len(service.asked) == 1


def test_given_an_error_of_ours_when_answered_then_boto3_sees_code_message_and_status(service, client):
    service.fail = ServiceError("ServiceUnavailableException", "Slow down, ü.", 503)
    with pytest.raises(ClientError) as error:
        client("firehose").list_delivery_streams()
    assert error.value.response["Error"] == {"Code": "ServiceUnavailableException", "Message": "Slow down, ü."}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_given_a_fault_of_ours_when_answered_then_it_is_an_internal_failure(service, client, caplog):
    service.fail = ZeroDivisionError("oops")
    with pytest.raises(ClientError) as error:
        client("firehose").list_delivery_streams()
    assert error.value.response["Error"]["Code"] == "InternalFailure"
    assert "ZeroDivisionError: oops" in caplog.text


@pytest.mark.parametrize("key", ["a b+c%41.jpg", "grün/日本 .jpg", "x//y", "q?a=1&b#c", "_pixlake/health"])
def test_given_an_odd_key_when_put_then_it_is_listed_and_read_under_that_name(client, key):
    s3 = client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key=key, Body=b"1", Metadata={"listing_id": "7"}, ContentType="image/jpeg")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="photos")["Contents"]] == [key]
    found = s3.get_object(Bucket="photos", Key=key)
    assert (found["Metadata"], found["ContentType"]) == ({"listing_id": "7"}, "image/jpeg")
    found["Body"].close()


def test_given_the_front_when_asked_about_itself_then_it_says_how_far_it_is(front, functions):
    assert get(front, "/_pixlake/health") == (503, {"status": "starting"})
    assert get(front, "/_pixlake/outputs")[0] == 404
    front.serve_lambda(LambdaApi(functions()))
    front.ready(lambda: {"outputs": {"Bucket": "b"}})
    assert get(front, "/_pixlake/health") == (200, {"status": "ready"})
    assert get(front, "/_pixlake/outputs") == (200, {"outputs": {"Bucket": "b"}})


def test_given_a_taken_port_when_started_then_the_error_says_so_and_what_to_do(front):
    with pytest.raises(PortTakenError, match=f"Port {front.port} of 127.0.0.1 is taken.*--port"):
        Front(front.port)


def test_given_the_front_when_it_listens_then_only_loopback_answers(front):
    assert front._server.socket.getsockname()[0] == "127.0.0.1"


def test_given_a_closed_front_when_the_port_is_bound_then_it_is_free():
    front = Front(0)
    front.close()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", front.port))


def test_given_a_running_request_when_quiesced_then_it_ends_first_and_new_ones_are_refused(front, service, client):
    entered, leave = threading.Event(), threading.Event()

    def slow(action, payload):
        entered.set()
        assert leave.wait(10)
        return {"DeliveryStreamNames": [], "HasMoreDeliveryStreams": False}

    service.handle = slow
    answers = []
    request = threading.Thread(target=lambda: answers.append(client("firehose").list_delivery_streams()))
    request.start()
    assert entered.wait(10)
    quiet = threading.Event()
    quiesce = threading.Thread(target=lambda: (front.quiesce(10), quiet.set()))
    quiesce.start()
    with pytest.raises(ClientError, match="503"):
        client("s3").list_buckets()
    assert not quiet.is_set()
    leave.set()
    quiesce.join(10)
    request.join(10)
    assert quiet.is_set()
    assert len(answers) == 1


def test_given_a_function_when_invoked_by_boto3_then_payload_and_errors_come_back(front, functions, client, tmp_path):
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return {'double': event['n'] * 2}\n")
    settings = FunctionSettings(
        "double", "arn:aws:lambda:us-east-1:123456789012:function:double", "app.handler", tmp_path, "python3.13"
    )
    front.serve_lambda(LambdaApi(functions(settings)))
    front.ready(dict)
    answer = client("lambda").invoke(FunctionName="double", Payload=b'{"n": 21}')
    assert (answer["StatusCode"], json.loads(answer["Payload"].read())) == (200, {"double": 42})
    answer = client("lambda").invoke(FunctionName=settings.arn, Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("lambda").invoke(FunctionName="nobody")
    with pytest.raises(ClientError, match="only RequestResponse"):
        client("lambda").invoke(FunctionName="double", InvocationType="Event")
    with pytest.raises(ClientError, match="answers Invoke, GetFunctionConfiguration"):
        client("lambda").list_functions()
