"""Delivery streams, created by CreateDeliveryStream at the local endpoint."""

from __future__ import annotations

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import TAGS, TEXT, Api, NoEffect, Only


@creates(
    "AWS::KinesisFirehose::DeliveryStream",
    {
        "DeliveryStreamName": TEXT,
        "DeliveryStreamType": Only(("DirectPut",), "there is no Kinesis or Kafka here to read from"),
        "ExtendedS3DestinationConfiguration": Api(
            "firehose", "CreateDeliveryStream", "ExtendedS3DestinationConfiguration"
        ),
        "Tags": TAGS,
        "DeliveryStreamEncryptionConfigurationInput": NoEffect("records are not encrypted"),
    },
    required=("ExtendedS3DestinationConfiguration",),
    attributes=("Arn",),
)
def delivery_stream(request: Request) -> Created:
    """Create a stream that delivers to S3; what of its configuration works, the Firehose service says."""
    name, properties = request.name("DeliveryStreamName"), request.properties
    arn = request.site.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType=properties.get("DeliveryStreamType", "DirectPut"),
        ExtendedS3DestinationConfiguration=properties["ExtendedS3DestinationConfiguration"],
        **({"Tags": properties["Tags"]} if "Tags" in properties else {}),
    )["DeliveryStreamARN"]
    return Created(name, {"Arn": arn})
