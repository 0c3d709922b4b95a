"""The actions, spoken by boto3."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from pixlake.localcloud.protocol import ServiceError


def test_given_boto3_when_a_stream_lives_its_life_then_every_answer_parses(firehose, lake, service):
    lake.put_table([("id", "int")])
    arn = firehose.create_delivery_stream(
        DeliveryStreamName="rows",
        DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration=lake.destination(),
    )["DeliveryStreamARN"]

    described = firehose.describe_delivery_stream(DeliveryStreamName="rows")["DeliveryStreamDescription"]
    assert (described["DeliveryStreamARN"], described["DeliveryStreamStatus"]) == (arn, "ACTIVE")
    assert described["CreateTimestamp"].isoformat().startswith("2026-11-05T10:00:00")
    destination = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert destination["Prefix"] == "image_scores/dt=!{partitionKeyFromQuery:dt}/"
    assert destination["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 60}
    assert destination["ProcessingConfiguration"] == lake.destination()["ProcessingConfiguration"]

    plain = described["Destinations"][0]["S3DestinationDescription"]
    shared = {"RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"}
    assert set(plain) == shared | {"EncryptionConfiguration", "CloudWatchLoggingOptions"}
    assert plain.items() <= destination.items()

    one = firehose.put_record(DeliveryStreamName="rows", Record={"Data": b'{"id":1,"dt":"d"}'})
    assert one["RecordId"]
    assert one["Encrypted"] is False
    many = firehose.put_record_batch(
        DeliveryStreamName="rows", Records=[{"Data": b'{"id":2,"dt":"d"}'}, {"Data": b'{"id":3,"dt":"d"}'}]
    )
    assert many["FailedPutCount"] == 0
    ids = [response["RecordId"] for response in many["RequestResponses"]]
    assert len({one["RecordId"], *ids}) == 3

    firehose.delete_delivery_stream(DeliveryStreamName="rows")
    with pytest.raises(
        firehose.exceptions.ResourceNotFoundException, match="Firehose rows under account 123456789012 not found"
    ):
        firehose.put_record(DeliveryStreamName="rows", Record={"Data": b"{}"})
    service.flush()
    assert [row["id"] for row in lake.rows()] == [1, 2, 3]


def test_given_an_existing_name_when_created_again_then_it_is_in_use(firehose, lake, stream):
    with pytest.raises(firehose.exceptions.ResourceInUseException, match="already exists"):
        firehose.create_delivery_stream(
            DeliveryStreamName="rows", ExtendedS3DestinationConfiguration=lake.plain_destination()
        )


@pytest.mark.parametrize("action", ["describe_delivery_stream", "delete_delivery_stream"])
def test_given_an_unknown_stream_when_asked_for_then_it_is_not_found(firehose, action):
    with pytest.raises(firehose.exceptions.ResourceNotFoundException):
        getattr(firehose, action)(DeliveryStreamName="nobody")


def test_given_many_streams_when_listed_then_they_come_page_by_page(lake, create, service):
    for index in range(12):
        create(lake.plain_destination(), name=f"s{index:02}")
    first = service.handle("ListDeliveryStreams", {})
    assert first == {"DeliveryStreamNames": [f"s{i:02}" for i in range(10)], "HasMoreDeliveryStreams": True}
    rest = service.handle("ListDeliveryStreams", {"ExclusiveStartDeliveryStreamName": "s09", "Limit": 5})
    assert rest == {"DeliveryStreamNames": ["s10", "s11"], "HasMoreDeliveryStreams": False}
    assert service.handle("ListDeliveryStreams", {"DeliveryStreamType": "MSKAsSource"})["DeliveryStreamNames"] == []


def test_given_a_record_above_1000_kib_when_put_then_the_call_fails_as_on_aws(stream, put, service):
    put(b"{" + b" " * (1_024_000 - 2) + b"}")
    with pytest.raises(ServiceError) as caught:
        put(b"x" * 1_024_001)
    assert (caught.value.code, caught.value.message) == (
        "ValidationException",
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1024001 cap=1024001]' at "
        "'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to 1024000",
    )
    assert service.statistics("rows").records_in == 1


def test_given_more_than_500_records_when_put_then_the_call_fails(stream, put, service):
    put(*[{}] * 500)
    with pytest.raises(
        ServiceError,
        match="at 'records' failed to satisfy constraint: Member must have length less than or equal to 500",
    ):
        put(*[{}] * 501)
    assert service.statistics("rows").records_in == 500


def test_given_more_than_4_mib_when_put_then_the_call_fails_whole(stream, put, service):
    part = b"x" * 1_000_000
    put(*[part] * 4, b"x" * (4 * 1024 * 1024 - 4_000_000))
    with pytest.raises(ServiceError, match="InvalidArgumentException: Records size exceeds 4 MB limit"):
        put(*[part] * 4, b"x" * (4 * 1024 * 1024 - 4_000_000 + 1))
    assert service.statistics("rows").records_in == 5


def test_given_data_that_is_not_base64_when_put_then_it_cannot_be_read(stream, service):
    with pytest.raises(ServiceError, match="SerializationException"):
        service.handle("PutRecord", {"DeliveryStreamName": "rows", "Record": {"Data": "é*"}})


@pytest.mark.parametrize("action", ["UpdateDestination", "TagDeliveryStream", "StartDeliveryStreamEncryption"])
def test_given_an_action_that_is_not_done_here_when_called_then_it_is_refused_and_not_left_to_moto(service, action):
    assert action in service.actions
    with pytest.raises(ServiceError, match=f"InvalidArgumentException: {action} is not supported"):
        service.handle(action, {})


def test_given_an_action_firehose_has_not_when_called_then_it_is_unknown(service):
    with pytest.raises(ServiceError, match="UnknownOperationException"):
        service.handle("Dance", {})


def test_given_a_closed_service_when_a_record_is_put_then_it_is_not_accepted(stream, service):
    service.close()
    with pytest.raises(ServiceError) as caught:
        service.handle(
            "PutRecord", {"DeliveryStreamName": "rows", "Record": {"Data": base64.b64encode(b"{}").decode()}}
        )
    assert (caught.value.code, caught.value.status) == ("ServiceUnavailableException", 503)


def test_given_records_when_counted_then_each_is_billed_rounded_up_to_5_kb(stream, put, service):
    sizes = (1, 5120, 5121)
    put(*(b"{" + b" " * (size - 2) + b"}" if size > 1 else b"x" for size in sizes))
    counted = service.statistics("rows")
    assert (counted.records_in, counted.bytes_in, counted.bytes_billed) == (3, sum(sizes), (1 + 1 + 2) * 5120)


def test_given_an_unknown_stream_when_its_statistics_are_asked_then_it_is_not_found(service):
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        service.statistics("nobody")


def test_given_a_refused_call_when_boto3_sees_it_then_code_and_message_are_there(firehose, lake):
    destination = json.loads(json.dumps(lake.destination()).replace('"SizeInMBs": 64', '"SizeInMBs": 5'))
    with pytest.raises(ClientError) as caught:
        firehose.create_delivery_stream(DeliveryStreamName="rows", ExtendedS3DestinationConfiguration=destination)
    assert caught.value.response["Error"]["Code"] == "InvalidArgumentException"
    assert "at least 64" in caught.value.response["Error"]["Message"]
