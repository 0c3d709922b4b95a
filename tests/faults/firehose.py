"""A model of Firehose's API in front of the local Firehose's own deaggregation and conversion."""

import json
from collections import Counter, deque
from collections.abc import Callable

import orjson

from pixlake.localcloud.firehose.buffering import Row
from pixlake.localcloud.firehose.configuration import ConversionConfiguration
from pixlake.localcloud.firehose.conversion import Converter
from pixlake.localcloud.firehose.deaggregation import split_json_objects
from tests.conftest import ROOT
from tests.faults.trouble import Killed, expired, failing, no_answer, throttled

COLUMNS = json.loads((ROOT / "schemas" / "image_scores.json").read_text())["columns"]
REFUSED = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
FAULTS = ("some", "all", "throttled", "failing", "lost", "taken", "killed before", "killed after")


def converter(columns=COLUMNS) -> Converter:
    settings = ConversionConfiguration(database="pixlake", table="image_scores", catalog_id="123456789012")
    return Converter(settings, [(column["name"], column["type"]) for column in columns])


class SimulatedFirehose:
    """One stream. `faults` says what the next calls meet, in order.

    `some`/`all`: FailedPutCount > 0 · `lost`/`taken`: no answer, and the records were not, or were, taken ·
    `killed before`/`killed after`: the worker ends around the call.
    """

    def __init__(self) -> None:
        self.faults: deque[str] = deque()
        self.credentials_expired = False
        self.buffer: list[bytes] = []
        self.lake: list[dict] = []
        self.error_output: list[bytes] = []
        self.calls: Counter[str] = Counter()
        self.taken_unanswered: list[bytes] = []
        self._convert = converter()

    # ------------------------------------------------------------------ the client

    def put_record_batch(self, *, DeliveryStreamName, Records) -> dict:  # noqa: N803
        assert DeliveryStreamName == "rows"
        assert 0 < len(Records) <= 500
        assert sum(len(record["Data"]) for record in Records) <= 4 * 1024 * 1024
        if self.credentials_expired:
            raise expired("PutRecordBatch")
        fault = self.faults.popleft() if self.faults else ""
        self.calls[fault] += 1
        data = [record["Data"] for record in Records]
        errors: dict[str, Callable[[str], BaseException]] = {
            "throttled": throttled,
            "failing": failing,
            "lost": no_answer,
            "killed before": Killed,
        }
        if fault in errors:
            raise errors[fault]("PutRecordBatch")
        refused = {"some": set(range(0, len(data), 2)), "all": set(range(len(data)))}.get(fault, set())
        self.buffer += [each for place, each in enumerate(data) if place not in refused]
        if fault in ("taken", "killed after"):
            self.taken_unanswered += data
            raise no_answer("PutRecordBatch") if fault == "taken" else Killed(fault)
        answers = [REFUSED if place in refused else {"RecordId": str(place)} for place in range(len(data))]
        return {"FailedPutCount": len(refused), "RequestResponses": answers}

    # ------------------------------------------------------------------ delivery

    def deliver(self, spoiled: Callable[[dict], bool] = lambda row: False) -> None:
        """Take packed records apart and file their rows: in the lake, or where they do not fit, in the error output.

        `spoiled` chooses rows that go to the error output though they fit (a missing table, too many partitions).
        """
        records, self.buffer = self.buffer, []
        found: list[bytes] = []
        for record in records:
            split = split_json_objects(record)
            assert not split.problem
            assert len(split.objects) <= 500
            found += split.objects
        unfit = {failure.raw for failure in self._convert.convert([Row(raw, 0.0) for raw in found]).failures}
        for raw in found:
            row = orjson.loads(raw)
            if raw in unfit or spoiled(row):
                self.error_output.append(raw)
            else:
                self.lake.append(row)

    def replay(self) -> int:
        """Put what lies in the error output once more."""
        raw, self.error_output = self.error_output, []
        self.buffer += raw
        return len(raw)
