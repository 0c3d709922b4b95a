"""A notification configuration comes back as it was given, and what moto alone makes of it."""

import inspect

import pytest
from botocore.exceptions import ClientError

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
ENTRIES = {
    "QueueConfigurations": [{"Id": "a", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}],
    "TopicConfigurations": [
        {
            "Id": "b",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
            "Events": ["s3:LifecycleExpiration:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "my+photos/"}]}},
        }
    ],
    "LambdaFunctionConfigurations": [
        {
            "Id": "c",
            "LambdaFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Events": ["s3:ObjectTagging:*"],
            "Filter": {
                "Key": {"FilterRules": [{"Name": "Prefix", "Value": ""}, {"Name": "Suffix", "Value": "%3D.jpg"}]}
            },
        }
    ],
}


@pytest.fixture
def bucket(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="photos")

    def put(configuration):
        s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=configuration)
        answer = s3.get_bucket_notification_configuration(Bucket="photos")
        answer.pop("ResponseMetadata")
        return answer

    return put


@pytest.mark.parametrize(
    "configuration", [{}, ENTRIES, {"EventBridgeConfiguration": {}}, {**ENTRIES, "EventBridgeConfiguration": {}}]
)
def test_a_configuration_that_is_read_can_be_written_back_and_is_the_same(bucket, configuration):
    assert bucket(configuration) == configuration
    assert bucket(bucket(configuration)) == configuration


def test_filter_names_come_back_as_s3_answers_them(bucket):
    rules = [{"Name": "prefix", "Value": "a"}, {"Name": "suffix", "Value": "b"}]
    entry = {**ENTRIES["QueueConfigurations"][0], "Filter": {"Key": {"FilterRules": rules}}}

    (found,) = bucket({"QueueConfigurations": [entry]})["QueueConfigurations"]

    assert [rule["Name"] for rule in found["Filter"]["Key"]["FilterRules"]] == ["Prefix", "Suffix"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"QueueArn": "arn:aws:sns:us-east-1:123456789012:t"}, "InvalidArgument"),
        ({"QueueArn": "nonsense"}, "InvalidArgument"),
        ({"Events": []}, "MalformedXML"),
        ({"Filter": {"Key": {"FilterRules": [{"Name": "regex", "Value": ".*"}]}}}, "MalformedXML"),
    ],
)
def test_what_is_malformed_is_refused(bucket, change, code):
    with pytest.raises(ClientError, match=code):
        bucket({"QueueConfigurations": [{**ENTRIES["QueueConfigurations"][0], **change}]})


def test_a_filters_value_is_decoded_before_keys_are_compared(bucket, client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    rules = [{"Name": "prefix", "Value": "my+photos/dt%3D1/"}, {"Name": "suffix", "Value": "%2B.jpg"}]
    bucket({"QueueConfigurations": [{**ENTRIES["QueueConfigurations"][0], "Filter": {"Key": {"FilterRules": rules}}}]})
    sqs.purge_queue(QueueUrl=url)

    for key in ("my photos/dt=1/a+.jpg", "my+photos/dt%3D1/a%2B.jpg", "my photos/dt=1/a.jpg"):
        client("s3").put_object(Bucket="photos", Key=key, Body=b"x")

    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert '"my+photos/dt%3D1/a%2B.jpg"' in message["Body"]


def test_the_places_in_moto_that_are_replaced_are_there_and_used():
    """Fails when an upgrade of moto moves what s3_notifications.py stands in for."""
    from moto.s3 import models, responses

    source = inspect.getsource(responses)
    assert source.count("self._notification_config_from_body()") == 1
    assert source.count("self.get_bucket_notification()") == 1
    assert inspect.getsource(models.Notification.matches).count("self._key_matches(key_name)") == 1
    assert list(inspect.signature(models.NotificationConfiguration).parameters) == [
        "topic",
        "queue",
        "cloud_function",
        "event_bridge",
    ]
