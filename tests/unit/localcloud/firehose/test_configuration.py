"""What CreateDeliveryStream accepts, and how it refuses the rest."""

import io

import pyarrow.parquet as pq
import pytest

from pixlake.localcloud.firehose.configuration import NO_LOCAL_EFFECT
from pixlake.localcloud.protocol import ServiceError


def processors(*given):
    return {"Enabled": True, "Processors": list(given)}


def metadata_extraction(query="{dt: .dt}", engine="JQ-1.6"):
    return {
        "Type": "MetadataExtraction",
        "Parameters": [
            {"ParameterName": "JsonParsingEngine", "ParameterValue": engine},
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": query},
        ],
    }


def conversion(lake, **changes):
    return lake.destination()["DataFormatConversionConfiguration"] | changes


def hints(size, interval=60):
    return {"SizeInMBs": size, "IntervalInSeconds": interval}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda _: {"S3BackupMode": "Enabled"}, "S3BackupMode"),
        (
            lambda lake: {
                "S3BackupConfiguration": {"RoleARN": lake.destination()["RoleARN"], "BucketARN": "arn:aws:s3:::b"}
            },
            "S3BackupConfiguration",
        ),
        (lambda _: {"DataFormatConversionConfiguration": None, "CompressionFormat": "ZIP"}, "CompressionFormat"),
        (lambda _: {"ProcessingConfiguration": processors({"Type": "Lambda"})}, "Lambda"),
        (lambda _: {"ProcessingConfiguration": processors({"Type": "Decompression"})}, "Decompression"),
        (
            lambda _: {
                "ProcessingConfiguration": processors(
                    {
                        "Type": "RecordDeAggregation",
                        "Parameters": [{"ParameterName": "SubRecordType", "ParameterValue": "DELIMITED"}],
                    }
                )
            },
            "RecordDeAggregation.SubRecordType",
        ),
        (
            lambda _: {
                "ProcessingConfiguration": processors({"Type": "AppendDelimiterToRecord"}, metadata_extraction())
            },
            "AppendDelimiter",
        ),
        (
            lambda _: {
                "ProcessingConfiguration": processors(
                    {
                        "Type": "AppendDelimiterToRecord",
                        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": ";"}],
                    }
                )
            },
            "AppendDelimiterToRecord.Delimiter",
        ),
        (
            lambda lake: {
                "DataFormatConversionConfiguration": conversion(lake, OutputFormatConfiguration={"Serializer": {}})
            },
            "Serializer must be given",
        ),
        (lambda _: {"ProcessingConfiguration": processors(metadata_extraction(engine="JQ-1.7"))}, "JsonParsingEngine"),
        (lambda _: {"ProcessingConfiguration": processors(metadata_extraction("{dt: "))}, "MetadataExtractionQuery"),
        (
            lambda lake: {
                "DataFormatConversionConfiguration": conversion(
                    lake, InputFormatConfiguration={"Deserializer": {"HiveJsonSerDe": {}}}
                )
            },
            "Deserializer.HiveJsonSerDe",
        ),
        (
            lambda lake: {
                "DataFormatConversionConfiguration": conversion(
                    lake, OutputFormatConfiguration={"Serializer": {"OrcSerDe": {}}}
                )
            },
            "Serializer.OrcSerDe",
        ),
        (
            lambda lake: {
                "DataFormatConversionConfiguration": conversion(
                    lake, SchemaConfiguration={"DatabaseName": "d", "TableName": "t", "VersionId": "3"}
                )
            },
            "SchemaConfiguration.VersionId",
        ),
        (
            lambda lake: {"DataFormatConversionConfiguration": conversion(lake, SchemaConfiguration={})},
            "SchemaConfiguration.DatabaseName",
        ),
        (lambda _: {"DataFormatConversionConfiguration": {"Enabled": True}}, "InputFormatConfiguration"),
        (
            lambda lake: {
                "DataFormatConversionConfiguration": conversion(
                    lake, SchemaConfiguration={"DatabaseName": "d", "TableName": "t", "Region": "eu-west-1"}
                )
            },
            "SchemaConfiguration.Region",
        ),
        (lambda _: {"CustomTimeZone": "Mars/Olympus"}, "CustomTimeZone"),
        (lambda _: {"Invented": 1}, "Invented"),
    ],
)
def test_given_something_unsupported_when_created_then_it_is_refused_by_name(lake, refusal, change, named):
    error = refusal(lake.destination(**change(lake)))
    assert error.code == "InvalidArgumentException"
    assert named in error.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"BufferingHints": hints(63)},
            "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.",
        ),
        (
            {"BufferingHints": hints(63), "DataFormatConversionConfiguration": None},
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.",
        ),
        ({"BufferingHints": {"SizeInMBs": 64}}, "must be given together"),
        (
            {"CompressionFormat": "GZIP"},
            "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.",
        ),
        ({"ErrorOutputPrefix": None}, "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
        ({"ErrorOutputPrefix": "e/!{timestamp:yyyy}/"}, "error-output-type"),
        ({"ProcessingConfiguration": None}, "MetadataExtraction processor must be present"),
        ({"DynamicPartitioningConfiguration": None}, "needs Dynamic Partitioning to be enabled"),
        ({"Prefix": "x" * 500 + "/!{partitionKeyFromQuery:dt}/!{timestamp:yyyy-MM-dd}/"}, "512 characters"),
        ({"Prefix": "image_scores/"}, "Prefix must contain !{partitionKeyFromQuery:…}"),
    ],
)
def test_given_a_combination_aws_refuses_when_created_then_it_is_refused(lake, refusal, change, message):
    error = refusal(lake.destination(**change))
    assert error.code == "InvalidArgumentException"
    assert message in error.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"BufferingHints": hints(129)},
            "1 validation error detected: Value '129' at 'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs' "
            "failed to satisfy constraint: Member must have value less than or equal to 128",
        ),
        (
            {"BufferingHints": hints(0, 901)},
            "2 validation errors detected: Value '0' at 'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1; Value '901' at "
            "'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds' failed to satisfy constraint: "
            "Member must have value less than or equal to 900",
        ),
        (
            {"BucketARN": "lake"},
            "Value 'lake' at 'extendedS3DestinationConfiguration.bucketARN' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: arn:.*:s3:::[\w\.\-]{1,255}",
        ),
        (
            {"RoleARN": None},
            "Value null at 'extendedS3DestinationConfiguration.roleARN' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            {"CompressionFormat": "LZ4"},
            "Member must satisfy enum value set: [UNCOMPRESSED, GZIP, ZIP, Snappy, HADOOP_SNAPPY]",
        ),
        (
            {"ProcessingConfiguration": {"Processors": [{"Type": "Magic"}]}},
            "Value 'Magic' at 'extendedS3DestinationConfiguration.processingConfiguration.processors.1.member.type'",
        ),
    ],
)
def test_given_a_value_outside_the_apis_constraints_when_created_then_the_answer_is_worded_as_aws_does(
    lake, refusal, change, message
):
    error = refusal(lake.destination(**change))
    assert error.code == "ValidationException"
    assert message in error.message


def test_given_a_value_of_another_json_type_when_created_then_it_cannot_be_read(lake, refusal):
    error = refusal(lake.destination(BufferingHints=hints("64")))
    assert (error.code, error.message) == (
        "SerializationException",
        "extendedS3DestinationConfiguration.bufferingHints.sizeInMBs must be of type integer, not str",
    )


def test_given_another_source_when_created_then_it_is_refused(service, lake, refusal):
    error = refusal(lake.destination(), DeliveryStreamType="KinesisStreamAsSource")
    assert (error.code, service.stream_names()) == ("InvalidArgumentException", [])
    assert "DeliveryStreamType = 'KinesisStreamAsSource'" in error.message


def test_given_another_destination_when_created_then_it_is_refused(service, lake, refusal):
    plain = {"RoleARN": lake.destination()["RoleARN"], "BucketARN": lake.destination()["BucketARN"]}
    error = refusal(lake.destination(), S3DestinationConfiguration=plain)
    assert (error.code, service.stream_names()) == ("InvalidArgumentException", [])
    assert "S3DestinationConfiguration" in error.message


def test_given_no_destination_when_created_then_it_is_refused(service):
    with pytest.raises(ServiceError, match="InvalidArgumentException: Exactly one destination"):
        service.handle("CreateDeliveryStream", {"DeliveryStreamName": "rows"})


def test_given_options_of_the_serdes_when_created_then_they_reach_the_conversion(lake, create, put, service):
    lake.put_table([("ts", "string")])
    destination = lake.destination()
    formats = destination["DataFormatConversionConfiguration"]
    formats["InputFormatConfiguration"]["Deserializer"]["OpenXJsonSerDe"] = {
        "CaseInsensitive": False,
        "ConvertDotsInJsonKeysToUnderscores": True,
        "ColumnToJsonKeyMappings": {"ts": "Time_Stamp"},
    }
    formats["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"] = {
        "Compression": "GZIP",
        "EnableDictionaryCompression": True,
        "PageSizeBytes": 65536,
        "WriterVersion": "V2",
    }
    create(destination)
    put({"Time.Stamp": "x", "dt": "d"}, {"time.stamp": "y", "dt": "d"})
    service.flush()
    assert lake.rows() == [{"ts": "x"}, {"ts": None}]
    column = pq.ParquetFile(io.BytesIO(lake.body(lake.keys()[0]))).metadata.row_group(0).column(0)
    assert column.compression == "GZIP"
    assert "RLE_DICTIONARY" in column.encodings


def test_given_a_mapping_with_an_empty_key_when_created_then_the_answer_names_the_member(lake, refusal):
    destination = lake.destination()
    openx = {"ColumnToJsonKeyMappings": {"ts": ""}}
    destination["DataFormatConversionConfiguration"]["InputFormatConfiguration"]["Deserializer"]["OpenXJsonSerDe"] = (
        openx
    )
    error = refusal(destination)
    assert error.code == "ValidationException"
    assert (
        "openXJsonSerDe.columnToJsonKeyMappings.ts' failed to satisfy constraint: Member must have length"
        in error.message
    )


def test_given_what_has_no_local_effect_when_created_then_it_is_accepted(lake, create):
    destination = lake.destination(
        EncryptionConfiguration={"NoEncryptionConfig": "NoEncryption"},
        DynamicPartitioningConfiguration={"Enabled": True, "RetryOptions": {"DurationInSeconds": 300}},
    )
    parquet = destination["DataFormatConversionConfiguration"]["OutputFormatConfiguration"]["Serializer"][
        "ParquetSerDe"
    ]
    parquet |= {"BlockSizeBytes": 268435456, "MaxPaddingBytes": 0}
    arn = create(
        destination,
        Tags=[{"Key": "k", "Value": "v"}],
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
        DirectPutSourceConfiguration={"ThroughputHintInMBs": 1},
    )
    assert arn == "arn:aws:firehose:us-east-1:123456789012:deliverystream/rows"
    assert all(NO_LOCAL_EFFECT.values())


def test_given_disabled_parts_when_created_then_they_are_as_if_left_out(lake, create, put, service):
    create(
        lake.plain_destination(
            DataFormatConversionConfiguration=conversion(lake, Enabled=False),
            ProcessingConfiguration={"Enabled": False, "Processors": [metadata_extraction()]},
            DynamicPartitioningConfiguration={"Enabled": False},
        )
    )
    put(b"as it is")
    service.flush()
    assert [lake.body(key) for key in lake.keys("raw/")] == [b"as it is"]


def test_given_no_error_prefix_when_described_then_none_is_invented(lake, create, service):
    create(lake.plain_destination())
    described = service.handle("DescribeDeliveryStream", {"DeliveryStreamName": "rows"})["DeliveryStreamDescription"]
    assert "ErrorOutputPrefix" not in described["Destinations"][0]["S3DestinationDescription"]
