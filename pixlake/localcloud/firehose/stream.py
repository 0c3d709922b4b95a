"""A delivery stream: takes records apart, gives each row its buffer, and counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pixlake.localcloud.firehose import error_output
from pixlake.localcloud.firehose.buffering import Buffers, Row, Target
from pixlake.localcloud.firehose.configuration import StreamConfiguration, describe_destination
from pixlake.localcloud.firehose.deaggregation import MAX_SUB_RECORDS, split_json_objects
from pixlake.localcloud.firehose.error_output import Failure
from pixlake.localcloud.firehose.partitioning import MAX_ACTIVE_PARTITIONS, UnpartitionableError
from pixlake.localcloud.firehose.prefixes import MAX_EVALUATED_LENGTH, PARTITION_KEY
from pixlake.localcloud.firehose.statistics import Statistics

_MAX_KEY_BYTES = 1024  # S3's longest object key
_VERSION = "1"  # it would rise with UpdateDestination, which is refused
_UUID_LENGTH = 36
_MOST_BYTES_PER_CHARACTER = 4  # in UTF-8


@dataclass(frozen=True)
class Placed:
    """A row and where it belongs; a row that belongs nowhere has a failure instead."""

    row: Row
    target: Target
    failure: Failure | None = None


class DeliveryStream:
    """One stream. `place` may run in many threads at once; everything else under the service's lock."""

    def __init__(
        self, name: str, arn: str, destination: dict[str, Any], configuration: StreamConfiguration, created: float
    ) -> None:
        self.name = name
        self.arn = arn
        self.configuration = configuration
        self.buffers = Buffers(configuration.size_bytes, configuration.interval_seconds)
        self._statistics = Statistics()
        self._destination = destination
        self._created = created
        self._region = arn.split(":")[3]
        self._room = self._unmeasured_length()

    # ------------------------------------------------------------------ accepting

    def place(self, data: bytes, arrived: float) -> list[Placed]:
        """Deaggregate a record and find each row's partition: the costly part, done without the lock."""
        return [self._place(Row(row, arrived)) for row in self._rows(data)]

    def accept(self, size: int, placed: list[Placed], now: float) -> None:
        """Buffer a record's rows."""
        self._statistics.count_record(size)
        for item in placed:
            self._statistics.rows_in += 1
            if item.failure:
                self._statistics.rows_failed_partitioning += 1
                self.add_failure(item.failure, error_output.EXTRACTION_FAILED, now)
            elif self._exceeds(item.target):
                self._statistics.partitions_exceeded += 1
                self._statistics.rows_failed_partitioning += 1
                failure = Failure(*item.row, error_output.PARTITIONS_CODE, error_output.PARTITIONS_MESSAGE)
                self.add_failure(failure, error_output.PARTITIONS_EXCEEDED, now)
            else:
                self.buffers.add(item.target, item.row, now)

    def add_failure(self, failure: Failure, error_type: str, now: float) -> None:
        """Buffer a line of the error output."""
        line = error_output.render(failure, error_type, now, self._catalog_table())
        self.buffers.add(Target(error_type=error_type), Row(line, failure.arrived), now)

    def _rows(self, data: bytes) -> list[bytes]:
        """Return a record's rows. What cannot be read is a row too: the next step says what is wrong with it."""
        if not (self.configuration.deaggregate or self.configuration.conversion):
            return [data]
        split = split_json_objects(data)
        if self.configuration.deaggregate and len(split.objects) > MAX_SUB_RECORDS:
            return [data]
        return [*split.objects, split.rest] if split.problem else split.objects

    def _place(self, row: Row) -> Placed:
        query, prefix = self.configuration.query, self.configuration.prefix
        if query is None:
            return Placed(row, Target())
        try:
            keys = query.keys(row.data, prefix.partition_keys)
            target = Target(tuple((name, keys[name]) for name in prefix.partition_keys))
            self._check_key(target, row.arrived)
        except UnpartitionableError as error:
            return Placed(row, Target(), Failure(*row, error_output.EXTRACTION_CODE, str(error)))
        return Placed(row, target)

    def _check_key(self, target: Target, arrived: float) -> None:
        """Refuse a row whose keys make an object key that S3 would never take: it would stay in the buffer for ever."""
        values = "".join(value for _, value in target.keys)
        if not values.isprintable() and any(unicodedata.category(character) == "Cc" for character in values):
            # S3's guide says to avoid them, and XML cannot list them: an object that nobody finds is no delivery.
            raise UnpartitionableError("The evaluated prefix has control characters")
        if len(values) <= self._room:
            return
        prefix = self._evaluate(target, arrived)
        if len(prefix) > MAX_EVALUATED_LENGTH:
            raise UnpartitionableError(f"The evaluated prefix is longer than {MAX_EVALUATED_LENGTH} characters")
        if len((prefix + self._suffix(target, arrived, "0" * _UUID_LENGTH)).encode()) > _MAX_KEY_BYTES:
            raise UnpartitionableError(f"The evaluated object key is longer than {_MAX_KEY_BYTES} bytes")

    def _unmeasured_length(self) -> int:
        """Return how long a row's partition keys may be together before their object key must be measured."""
        names = [value for namespace, value in self.configuration.prefix.expressions if namespace == PARTITION_KEY]
        rest = len(self._evaluate(Target(tuple((name, "") for name in names)), self._created).encode())
        return (MAX_EVALUATED_LENGTH - rest) // (_MOST_BYTES_PER_CHARACTER * max(1, len(names)))

    def _exceeds(self, target: Target) -> bool:
        return (
            self.configuration.query is not None
            and not self.buffers.knows(target)
            and self.buffers.active_partitions >= MAX_ACTIVE_PARTITIONS
        )

    # ------------------------------------------------------------------ delivering

    def object_key(self, target: Target, oldest: float, sealed: float, object_id: str) -> str:
        """Return `<evaluated prefix><stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>`."""
        return self._evaluate(target, oldest) + self._suffix(target, sealed, object_id)

    def count_delivered(self, rows: int) -> None:
        """Count a file under the prefix."""
        self._statistics.rows_delivered += rows
        self._statistics.files_written += 1

    def count_error_file(self) -> None:
        """Count a file of the error output."""
        self._statistics.error_files_written += 1

    def count_put_failure(self) -> None:
        """Count an attempt that failed."""
        self._statistics.put_failures += 1

    def add_conversion_failures(self, failures: list[Failure], now: float) -> None:
        """Count and buffer the rows that did not fit, and close that buffer: AWS writes them with their file."""
        self._statistics.rows_failed_conversion += len(failures)
        for failure in failures:
            self.add_failure(failure, error_output.CONVERSION_FAILED, now)
        self.buffers.seal(Target(error_type=error_output.CONVERSION_FAILED), now)

    def _evaluate(self, target: Target, moment: float) -> str:
        configuration = self.configuration
        prefix = configuration.error_prefix if target.error_type else configuration.prefix
        return prefix.evaluate(self._local(moment), dict(target.keys), target.error_type)

    def _suffix(self, target: Target, moment: float, object_id: str) -> str:
        extension = "" if target.error_type else self.configuration.file_extension
        return f"{self.name}-{_VERSION}-{self._local(moment):%Y-%m-%d-%H-%M-%S}-{object_id}{extension}"

    def _local(self, moment: float) -> datetime:
        return datetime.fromtimestamp(moment, UTC).astimezone(self.configuration.time_zone)

    # ------------------------------------------------------------------ describing

    def statistics(self) -> Statistics:
        """Return a snapshot of the counters."""
        return replace(
            self._statistics, rows_buffered=self.buffers.rows, active_partitions=self.buffers.active_partitions
        )

    def describe(self) -> dict[str, Any]:
        """Return the stream as `DescribeDeliveryStream` shows it."""
        described = describe_destination(self._destination, self.configuration)
        return {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
            "DeliveryStreamType": "DirectPut",
            "VersionId": _VERSION,
            "CreateTimestamp": self._created,
            "Destinations": [
                {
                    "DestinationId": "destinationId-000000000001",
                    "S3DestinationDescription": dict(_of_plain_s3(described)),
                    "ExtendedS3DestinationDescription": described,
                }
            ],
            "HasMoreDestinations": False,
        }

    def _catalog_table(self) -> dict[str, str] | None:
        conversion = self.configuration.conversion
        if conversion is None:
            return None
        account = conversion.catalog_id
        return {
            "catalogId": account,
            "databaseName": conversion.database,
            "tableName": conversion.table,
            "region": self._region,
            "versionId": "LATEST",
            "catalogArn": f"arn:aws:glue:{self._region}:{account}:catalog",
        }


def _of_plain_s3(described: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """AWS shows what the extended destination shares with the plain one a second time."""
    for name in ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"):
        if name in described:
            yield name, described[name]
    yield "EncryptionConfiguration", described["EncryptionConfiguration"]
    yield "CloudWatchLoggingOptions", described["CloudWatchLoggingOptions"]
