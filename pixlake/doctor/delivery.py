"""The delivery stream and its error output."""

from __future__ import annotations

from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok, warn

_AGAIN = "deploy the stack again: the stream was changed by hand"


def stream(deployment: Deployment) -> Finding:
    """Whether the stream is active and makes Parquet of this stack's table, by upload day."""
    name = deployment.stream
    described = deployment.client("firehose").describe_delivery_stream(DeliveryStreamName=name)
    description = described["DeliveryStreamDescription"]
    if description["DeliveryStreamStatus"] != "ACTIVE":
        return fail(
            f"{name} is {description['DeliveryStreamStatus']}", "wait until it is ACTIVE, or deploy the stack again"
        )
    destination = description["Destinations"][0].get("ExtendedS3DestinationDescription", {})
    conversion = destination.get("DataFormatConversionConfiguration", {})
    schema = conversion.get("SchemaConfiguration", {})
    wrong = []
    if not conversion.get("Enabled"):
        wrong.append("does not convert rows to Parquet")
    elif (schema.get("DatabaseName"), schema.get("TableName")) != (deployment.database, deployment.table):
        wrong.append(f"converts by the table {schema.get('DatabaseName')}.{schema.get('TableName')}")
    partitioned = destination.get("DynamicPartitioningConfiguration", {}).get("Enabled")
    if not partitioned or "partitionKeyFromQuery:dt" not in destination.get("Prefix", ""):
        wrong.append(f"does not file rows by upload day (prefix {destination.get('Prefix')!r})")
    if destination.get("BucketARN", "").rpartition(":")[2] != deployment.lake_bucket:
        wrong.append(f"writes to {destination.get('BucketARN')}, not to s3://{deployment.lake_bucket}")
    if wrong:
        return fail(f"{name} {' and '.join(wrong)}", _AGAIN)
    seconds = destination.get("BufferingHints", {}).get("IntervalInSeconds")
    return ok(f"{name} is active: Parquet by upload day, at most every {seconds} s", buffer_seconds=seconds)


def error_output(deployment: Deployment) -> Finding:
    """Whether rows lie in the error output."""
    answer = deployment.client("s3").list_objects_v2(Bucket=deployment.lake_bucket, Prefix="errors/", MaxKeys=1_000)
    objects = answer.get("KeyCount", 0)
    if objects:
        more = " or more" if answer.get("IsTruncated") else ""
        return warn(
            f"{objects:,}{more} objects below s3://{deployment.lake_bucket}/errors/: rows that could not be delivered",
            "`pixlake replay-errors --dry-run` says why; mend that, then `pixlake replay-errors`",
            objects=objects,
        )
    return ok("empty", objects=0)
