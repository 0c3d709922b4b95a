"""What a delivery stream counted, and the CloudWatch metrics that the counters stand for."""

from __future__ import annotations

from dataclasses import dataclass

BILLING_UNIT = 5 * 1024
"""Each record is billed rounded up to 5 KB."""

CLOUDWATCH_NAMES = {
    "records_in": "IncomingRecords",
    "bytes_in": "IncomingBytes",
    "rows_delivered": "DeliveryToS3.Records",
    "files_written": "DeliveryToS3.ObjectCount",
    "rows_failed_conversion": "FailedConversion.Records",
    "active_partitions": "PartitionCount",
    "partitions_exceeded": "PartitionCountExceeded",
}
"""Counter to metric in namespace AWS/Firehose. The others have no metric: AWS shows them on the bill or not at all."""


@dataclass
class Statistics:
    """Counters of one stream. At every moment rows_in = rows_delivered + rows_in_error + rows_buffered."""

    records_in: int = 0
    """Records accepted."""
    bytes_in: int = 0
    """Their bytes, before base64."""
    bytes_billed: int = 0
    """The same with each record rounded up to 5 KB."""
    rows_in: int = 0
    """Rows after deaggregation, unreadable remains counted as one row."""
    rows_delivered: int = 0
    """Rows in objects under the prefix."""
    rows_failed_partitioning: int = 0
    """Rows without usable partition keys, or beyond the limit of partitions."""
    rows_failed_conversion: int = 0
    """Rows that do not fit the table."""
    files_written: int = 0
    """Objects under the prefix."""
    error_files_written: int = 0
    """Objects of the error output."""
    put_failures: int = 0
    """Attempts to write an object that failed and will be made again."""
    partitions_exceeded: int = 0
    """Rows that met the limit of active partitions."""
    rows_buffered: int = 0
    """Rows accepted and not yet written, or waiting for another attempt (a snapshot's value)."""
    active_partitions: int = 0
    """Partitions with such rows (a snapshot's value)."""

    @property
    def rows_in_error(self) -> int:
        """Rows that went to the error output."""
        return self.rows_failed_partitioning + self.rows_failed_conversion

    def count_record(self, size: int) -> None:
        """Count one accepted record of `size` bytes."""
        self.records_in += 1
        self.bytes_in += size
        self.bytes_billed += max(1, -(-size // BILLING_UNIT)) * BILLING_UNIT
