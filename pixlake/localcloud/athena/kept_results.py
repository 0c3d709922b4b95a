"""The rows of finished queries: the latest in memory, older ones read back from the output location, as on Athena."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.results import Result, Row
from pixlake.localcloud.athena.workgroups import INVALID
from pixlake.localcloud.protocol import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_VALUE = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')


class KeptResults:
    """Keeps the rows of the latest results, up to so many values (cells) in all."""

    def __init__(self, s3: S3Client, most_values: int = 500_000) -> None:
        self._s3 = s3
        self._most = most_values
        self._kept: OrderedDict[str, list[Row]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, location: str, rows: list[Row]) -> None:
        """Remember the rows of the result at a location; the longest unused of the others go."""
        with self._lock:
            self._kept[location] = rows
            self._kept.move_to_end(location)
            while len(self._kept) > 1 and sum(_size(each) for each in self._kept.values()) > self._most:
                self._kept.popitem(last=False)

    def rows(self, location: str, result: Result) -> list[Row]:
        """The rows of a result, remembered or read back; an error if its object was deleted."""
        with self._lock:
            found = self._kept.get(location)
            if found is not None:
                self._kept.move_to_end(location)
                return found
        if not result.row_count:
            return []
        parts = urlsplit(location)
        try:
            body = self._s3.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))["Body"].read().decode()
        except ClientError as error:
            raise ServiceError(INVALID, "Could not find results") from error
        rows = _lines(body) if result.is_text else _values(body)[1:]
        self.keep(location, rows)
        return rows


def _size(rows: list[Row]) -> int:
    return len(rows) * (len(rows[0]) if rows else 0)


def _lines(body: str) -> list[Row]:
    return [[line] for line in body.split("\n")[:-1]]


def _values(body: str) -> list[Row]:
    """Athena's CSV: every value in double quotes, NULL as nothing at all."""
    rows: list[Row] = []
    row: list[str | None] = []
    for found in _VALUE.finditer(body):
        row.append(None if found[1] is None else found[1].replace('""', '"'))
        if found[2] == "\n":
            rows.append(row)
            row = []
    return rows
