"""The use case: rows in Firehose's error output become rows of the lake, once what stopped them is mended.

An error object's rows are put to the stream again, and only when all of them were accepted is the object filed away:
a run that is interrupted repeats rows at most, and the views count a row once. What cannot be replayed stays.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, get_args

from sink.contract import RowContract
from sink.errors import Status
from sink.rows import ImageRow

if TYPE_CHECKING:  # the ledger's function reads error lines too, without an image library
    from sink.ports import RowSink


class Unreplayable(ValueError):
    """A line that holds no row of the contract; the message says why."""


@dataclass(frozen=True)
class ErrorLine:
    """A line of the error output: the bytes as Firehose got them, and why it did not deliver them."""

    text: bytes
    raw: bytes
    code: str
    message: str

    @classmethod
    def parse(cls, text: bytes) -> ErrorLine:
        """Read a line.

        AWS names the code `errorCode` for what fails before the conversion and `lastErrorCode` for what fails in it,
        and its own pages differ on the case: any of them is taken.

        Raises
        ------
        Unreplayable
            It is no document of the error output.
        """
        try:
            document = json.loads(text)
            raw = base64.b64decode(document["rawData"], validate=True)
        except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
            raise Unreplayable(f"no line of an error output: {type(error).__name__}: {error}") from error
        said = {str(name).lower().removeprefix("last"): value for name, value in document.items()}
        return cls(text, raw, str(said.get("errorcode", "")), str(said.get("errormessage", "")))

    def rows(self) -> list[dict[str, Any]]:
        """Its rows: one, or several where a packed record could not be taken apart.

        Raises
        ------
        Unreplayable
            The bytes are not JSON objects.
        """
        rows: list[dict[str, Any]] = []
        try:
            rest = self.raw.decode()
            while rest := rest.lstrip():
                row, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(rest)
                if not isinstance(row, dict):
                    raise Unreplayable(f"rawData holds a JSON {type(row).__name__}, not an object")
                rows.append(row)
                rest = rest[end:]
        except (ValueError, RecursionError) as error:
            raise Unreplayable(f"rawData is not JSON: {error}") from error
        if not rows:
            raise Unreplayable("rawData is empty")
        return rows


def image_row(values: Mapping[str, Any], contract: RowContract) -> ImageRow:
    """The row that the values are.

    Raises
    ------
    Unreplayable
        They break the contract: put again, they would come back.
    """
    columns = {name: value for name, value in values.items() if name != "dt"}
    wrong = list(contract.violations(columns))
    row_id, status = columns.get("row_id"), columns.get("status")
    if not isinstance(row_id, str) or status not in get_args(Status):
        wrong.append("row_id or status is missing or none of ours")
    try:
        day = date.fromisoformat(values["dt"])
    except (KeyError, TypeError, ValueError):
        wrong.append("dt is no day")
    if wrong:
        raise Unreplayable("breaks the contract: " + "; ".join(wrong))
    return ImageRow(str(row_id), status, day, columns)  # type: ignore[arg-type]  # checked above


class ErrorObjects(Protocol):
    """The objects of the error output."""

    def pending(self) -> Iterator[str]:
        """Keys of those that were not replayed yet."""

    def lines(self, key: str) -> Iterator[bytes]:
        """The lines of one, without their ends."""

    def file_away(self, key: str, left: Sequence[bytes]) -> None:
        """Keep the object among the replayed ones; the lines that are left take its place, if any."""


@dataclass
class ReplayReport:
    """What a replay did, or would do. `reasons`: why lines stay. `codes`: why Firehose had not delivered the rows."""

    objects: int = 0
    rows: int = 0
    refused: int = 0
    stay: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ReplayErrors:
    """Replays the whole error output, an object at a time."""

    objects: ErrorObjects
    sink: RowSink
    contract: RowContract
    seen: Callable[[str], None] = lambda _: None

    def __call__(self, *, dry_run: bool = False) -> ReplayReport:
        """Replay; with `dry_run` only look."""
        report = ReplayReport()
        for key in self.objects.pending():
            self._replay(key, report, dry_run=dry_run)
            report.objects += 1
            self.seen(key)
        return report

    def _replay(self, key: str, report: ReplayReport, *, dry_run: bool) -> None:
        rows: list[ImageRow] = []
        left: list[bytes] = []
        for text in self.objects.lines(key):
            try:
                line = ErrorLine.parse(text)
                found = [image_row(values, self.contract) for values in line.rows()]
            except Unreplayable as reason:
                left.append(text)
                report.reasons[str(reason)[:200]] += 1
                continue
            report.codes[line.code] += 1
            rows.extend(found)
        report.stay += len(left)
        report.samples = (report.samples + [str(row.values.get("object_key")) for row in rows])[:10]
        if dry_run or not rows:
            report.rows += len(rows)
            return
        refused = self.sink.put(rows)
        report.rows += len(rows) - len(refused)
        report.refused += len(refused)
        if not refused:
            self.objects.file_away(key, left)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
