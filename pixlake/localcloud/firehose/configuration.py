"""What a delivery stream is asked to be: `CreateDeliveryStream` checked and made into one frozen description.

Everything is either done here, or listed in `NO_LOCAL_EFFECT` with the reason, or refused by name.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from pixlake.localcloud.firehose.error_output import CONVERSION_FAILED
from pixlake.localcloud.firehose.partitioning import PartitionQuery
from pixlake.localcloud.firehose.prefixes import MAX_EVALUATED_LENGTH, Prefix, PrefixError, data_prefix, error_prefix
from pixlake.localcloud.protocol import ServiceError

NO_LOCAL_EFFECT = {
    "RoleARN": "IAM is not enforced on this machine",
    "SchemaConfiguration.RoleARN": "IAM is not enforced on this machine",
    "EncryptionConfiguration": "objects are not encrypted at rest on this machine",
    "DeliveryStreamEncryptionConfigurationInput": "records are not encrypted in the buffer on this machine",
    "CloudWatchLoggingOptions": "delivery errors go to this process's log",
    "Tags": "nothing here bills or selects by tag",
    "DirectPutSourceConfiguration": "a throughput hint: nothing scales here",
    "DynamicPartitioningConfiguration.RetryOptions": "S3 is retried until it answers: nothing is given up here",
    "ParquetSerDe.BlockSizeBytes": "a buffer (at most 128 MB) is below the least row group; one file, one row group",
    "ParquetSerDe.MaxPaddingBytes": "padding serves HDFS blocks, not S3",
}
"""Accepted without a local effect, and why."""

MEBIBYTE = 1024 * 1024
LEAST_LARGE_BUFFER_MB = 64
_DEFAULT_INTERVAL_SECONDS = 300
_DEFAULT_SIZE_MB = 5
_DEFAULT_LARGE_SIZE_MB = 128

_STREAM = {"DeliveryStreamName", "DeliveryStreamType", "ExtendedS3DestinationConfiguration"}
_DESTINATION = {
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "ProcessingConfiguration",
    "DataFormatConversionConfiguration",
    "DynamicPartitioningConfiguration",
    "S3BackupMode",
    "FileExtension",
    "CustomTimeZone",
}


@dataclass(frozen=True)
class ConversionConfiguration:
    """JSON to Parquet by a Glue table."""

    database: str
    table: str
    catalog_id: str
    case_insensitive: bool = True
    dots_to_underscores: bool = False
    column_to_json_key: dict[str, str] = field(default_factory=dict)
    compression: str = "SNAPPY"
    dictionary: bool = False
    page_size_bytes: int = MEBIBYTE
    writer_version: str = "V1"


@dataclass(frozen=True)
class StreamConfiguration:
    """One delivery stream to S3."""

    bucket: str
    prefix: Prefix
    error_prefix: Prefix
    interval_seconds: int
    size_bytes: int
    file_extension: str
    gzip: bool
    deaggregate: bool
    query: PartitionQuery | None
    delimiter: bytes
    conversion: ConversionConfiguration | None
    time_zone: tzinfo = UTC


def read_configuration(payload: dict[str, Any], region: str, account: str) -> StreamConfiguration:
    """Check a `CreateDeliveryStream` payload (its API constraints hold already) beyond those constraints."""
    _only(payload, _STREAM, "")
    if payload.get("DeliveryStreamType", "DirectPut") != "DirectPut":
        raise _unsupported("DeliveryStreamType", payload["DeliveryStreamType"])
    destination = payload.get("ExtendedS3DestinationConfiguration")
    if destination is None:
        raise _invalid(
            "Exactly one destination configuration is supported for a Firehose: ExtendedS3DestinationConfiguration"
        )
    _only(destination, _DESTINATION, "")
    if destination.get("S3BackupMode", "Disabled") != "Disabled":
        raise _unsupported("S3BackupMode", destination["S3BackupMode"])
    conversion = _conversion(destination, region, account)
    processing = _Processing.read(destination)
    partitioning = _enabled(destination, "DynamicPartitioningConfiguration", {"RetryOptions"}, default=False)
    if partitioning and processing.query is None:
        raise _invalid("MetadataExtraction processor must be present when Dynamic Partitioning is enabled.")
    if processing.query and not partitioning:
        raise _invalid("MetadataExtraction processor needs Dynamic Partitioning to be enabled.")
    if processing.delimiter and conversion:
        raise _unsupported("AppendDelimiterToRecord", "with data format conversion, which leaves nothing to delimit")
    interval_seconds, size_mb = _buffering(destination, conversion=bool(conversion), partitioning=partitioning)
    prefix_text = destination.get("Prefix", "")
    try:
        prefix = data_prefix(prefix_text, dynamic_partitioning=partitioning)
        errors = error_prefix(destination.get("ErrorOutputPrefix", ""), prefix_text)
    except PrefixError as error:
        # "Ths" is how AWS spells it.
        raise _invalid(f"Ths supplied prefix(es) do not satisfy the following constraint: {error}") from error
    gzip = _compression(destination, conversion=bool(conversion))
    _check_lengths(prefix, errors)
    return StreamConfiguration(
        bucket=destination["BucketARN"].split(":::")[-1],
        prefix=prefix,
        error_prefix=errors,
        interval_seconds=interval_seconds,
        size_bytes=size_mb * MEBIBYTE,
        file_extension=destination.get("FileExtension") or (".parquet" if conversion else ".gz" if gzip else ""),
        gzip=gzip,
        deaggregate=processing.deaggregate,
        query=processing.query,
        delimiter=processing.delimiter,
        conversion=conversion,
        time_zone=_time_zone(destination.get("CustomTimeZone") or "UTC"),
    )


def describe_destination(destination: dict[str, Any], configuration: StreamConfiguration) -> dict[str, Any]:
    """Return the destination as `DescribeDeliveryStream` shows it: as given, with the defaults filled in."""
    return {
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "S3BackupMode": "Disabled",
        **destination,
        "BufferingHints": {
            "SizeInMBs": configuration.size_bytes // MEBIBYTE,
            "IntervalInSeconds": configuration.interval_seconds,
        },
    }


@dataclass(frozen=True)
class _Processing:
    """The processors of a stream, as far as they are supported."""

    deaggregate: bool = False
    query: PartitionQuery | None = None
    delimiter: bytes = b""

    @classmethod
    def read(cls, destination: dict[str, Any]) -> _Processing:
        if not _enabled(destination, "ProcessingConfiguration", {"Processors"}, default=False):
            return cls()
        found: dict[str, Any] = {}
        for processor in destination["ProcessingConfiguration"].get("Processors", []):
            given = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters", [])}
            match processor["Type"]:
                case "RecordDeAggregation":
                    _only(given, {"SubRecordType"}, "RecordDeAggregation.")
                    if given.get("SubRecordType") != "JSON":
                        raise _unsupported("RecordDeAggregation.SubRecordType", given.get("SubRecordType"))
                    found["deaggregate"] = True
                case "MetadataExtraction":
                    _only(given, {"JsonParsingEngine", "MetadataExtractionQuery"}, "MetadataExtraction.")
                    if given.get("JsonParsingEngine") != "JQ-1.6":
                        raise _unsupported("MetadataExtraction.JsonParsingEngine", given.get("JsonParsingEngine"))
                    found["query"] = _query(given.get("MetadataExtractionQuery", ""))
                case "AppendDelimiterToRecord":
                    _only(given, {"Delimiter"}, "AppendDelimiterToRecord.")
                    if given.get("Delimiter", "\\n") != "\\n":
                        raise _unsupported("AppendDelimiterToRecord.Delimiter", given["Delimiter"])
                    found["delimiter"] = b"\n"
                case other:
                    raise _unsupported("ProcessingConfiguration.Processors.Type", other)
        return cls(**found)


def _query(text: str) -> PartitionQuery:
    try:
        return PartitionQuery(text)
    except ValueError as error:
        raise _invalid(f"MetadataExtractionQuery is not a valid JQ-1.6 query: {error}") from error


def _buffering(destination: dict[str, Any], *, conversion: bool, partitioning: bool) -> tuple[int, int]:
    """Return the interval in seconds and the size in MB.

    AWS's least size is enforced. Its least interval is not: the demo and the tests turn seconds where a deployment
    waits minutes. (With dynamic partitioning AWS documents that there is no zero buffering.)
    """
    hints = destination.get("BufferingHints", {})
    if len(hints) == 1:
        raise _invalid("BufferingHints.SizeInMBs and BufferingHints.IntervalInSeconds must be given together.")
    large = conversion or partitioning
    size_mb = hints.get("SizeInMBs", _DEFAULT_LARGE_SIZE_MB if large else _DEFAULT_SIZE_MB)
    if large and size_mb < LEAST_LARGE_BUFFER_MB:
        why = "data format conversion" if conversion else "Dynamic Partitioning"
        raise _invalid(f"BufferingHints.SizeInMBs must be at least {LEAST_LARGE_BUFFER_MB} when {why} is enabled.")
    return hints.get("IntervalInSeconds", _DEFAULT_INTERVAL_SECONDS), size_mb


def _compression(destination: dict[str, Any], *, conversion: bool) -> bool:
    """Return whether objects are gzipped."""
    compression = destination.get("CompressionFormat", "UNCOMPRESSED")
    if conversion and compression != "UNCOMPRESSED":
        raise _invalid("CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.")
    if compression not in ("UNCOMPRESSED", "GZIP"):
        raise _unsupported("CompressionFormat", compression)
    return bool(compression == "GZIP")


def _conversion(destination: dict[str, Any], region: str, account: str) -> ConversionConfiguration | None:
    members = {"SchemaConfiguration", "InputFormatConfiguration", "OutputFormatConfiguration"}
    if not _enabled(destination, "DataFormatConversionConfiguration", members, default=True):
        return None
    given = destination["DataFormatConversionConfiguration"]
    for member in sorted(members - set(given)):
        raise _invalid(f"{member} must be given when data format conversion is enabled.")
    schema = given["SchemaConfiguration"]
    _only(schema, {"CatalogId", "DatabaseName", "TableName", "Region", "VersionId"}, "SchemaConfiguration.")
    for member in ("DatabaseName", "TableName"):
        if not schema.get(member):
            raise _invalid(f"SchemaConfiguration.{member} must be given when data format conversion is enabled.")
    if schema.get("Region", region) != region:
        raise _unsupported("SchemaConfiguration.Region", schema["Region"])
    if schema.get("VersionId", "LATEST") != "LATEST":
        raise _unsupported("SchemaConfiguration.VersionId", schema["VersionId"])
    deserializer = given["InputFormatConfiguration"].get("Deserializer", {})
    _only(deserializer, {"OpenXJsonSerDe"}, "Deserializer.")
    serializer = given["OutputFormatConfiguration"].get("Serializer", {})
    _only(serializer, {"ParquetSerDe"}, "Serializer.")
    if "OpenXJsonSerDe" not in deserializer or "ParquetSerDe" not in serializer:
        raise _invalid("A Deserializer and a Serializer must be given when data format conversion is enabled.")
    openx, parquet = deserializer["OpenXJsonSerDe"], serializer["ParquetSerDe"]
    _only(
        openx, {"CaseInsensitive", "ConvertDotsInJsonKeysToUnderscores", "ColumnToJsonKeyMappings"}, "OpenXJsonSerDe."
    )
    _only(parquet, {"Compression", "EnableDictionaryCompression", "PageSizeBytes", "WriterVersion"}, "ParquetSerDe.")
    return ConversionConfiguration(
        database=schema["DatabaseName"],
        table=schema["TableName"],
        catalog_id=schema.get("CatalogId", account),
        case_insensitive=openx.get("CaseInsensitive", True),
        dots_to_underscores=openx.get("ConvertDotsInJsonKeysToUnderscores", False),
        column_to_json_key=dict(openx.get("ColumnToJsonKeyMappings", {})),
        compression=parquet.get("Compression", "SNAPPY"),
        dictionary=parquet.get("EnableDictionaryCompression", False),
        page_size_bytes=parquet.get("PageSizeBytes", MEBIBYTE),
        writer_version=parquet.get("WriterVersion", "V1"),
    )


def _check_lengths(*prefixes: Prefix) -> None:
    for prefix in prefixes:
        blank = prefix.evaluate(datetime(2000, 1, 1), dict.fromkeys(prefix.partition_keys, ""), CONVERSION_FAILED)
        if len(blank) > MAX_EVALUATED_LENGTH:
            raise _invalid(
                "Ths supplied prefix(es) do not satisfy the following constraint: "
                f"neither may be longer than {MAX_EVALUATED_LENGTH} characters after evaluation"
            )


def _time_zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _invalid(f"CustomTimeZone {name!r} is not a known time zone") from error


def _enabled(destination: dict[str, Any], name: str, members: set[str], *, default: bool) -> bool:
    if name not in destination:
        return False
    given = destination[name]
    _only(given, {"Enabled", *members}, f"{name}.")
    return bool(given.get("Enabled", default))


def _only(given: dict[str, Any], supported: set[str], path: str) -> None:
    """Refuse what is neither supported nor known to have no effect here."""
    for name in given:
        if name not in supported and f"{path}{name}" not in NO_LOCAL_EFFECT:
            raise _unsupported(f"{path}{name}")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidArgumentException", message)


def _unsupported(name: str, value: object = None) -> ServiceError:
    shown = "" if value is None else f" = {value!r}"
    return _invalid(f"{name}{shown} is not supported by the local Firehose. Leave it out to run on this machine.")
