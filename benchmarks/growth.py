"""How the consumer's time grows with the number of events, decoding and models left out: it must be linear.

One call for all events, far more than Lambda hands over at once: a list that grows, or a merge that looks at all rows
for each, would show.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from adapters.firehose import FirehoseRowSink
from benchmarks.events import record
from inference import ImageFacts, Rejected, Scored
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.events import UploadEvent, UploadMessage
from sink.objects import FetchedObject
from sink.rows import RowBuilder
from sink.score_uploads import ScoreUploads

SIZES = (1_000, 10_000, 100_000)
FACTS = ImageFacts(format="JPEG", width=1152, height=864, mode="RGB", frames=1, exif_orientation=None, dhash=7)
SCORES: dict[str, dict[str, Any]] = {"nsfw": {"score": 0.01}}
LAST_MODIFIED = datetime(2026, 11, 1, 9, 15, 27, tzinfo=UTC)
ENOUGH_MS = 3_600_000


class _Objects:
    """Every key holds its own name."""

    def fetch(self, event: UploadEvent, _known_sha256: str | None = None) -> FetchedObject:
        return FetchedObject.of(event.key.encode(), etag=event.etag, last_modified=LAST_MODIFIED)


class _Scorer:
    """Knows the answer."""

    def __init__(self) -> None:
        self.models = {"nsfw": "1.0.0-int8"}

    def score(self, images: Sequence[bytes], *_: object, **__: object) -> list[Scored | Rejected]:
        return [Scored(FACTS, SCORES, 0.0, 0.0) for _ in images]


def _put_record_batch(**request: Any) -> dict[str, Any]:
    """Firehose, which takes everything."""
    return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "0"} for _ in request["Records"]]}


def microseconds_an_event() -> dict[str, float]:
    """CPU time of one event by the number of events in the call; the same everywhere, where growth is linear."""
    return {str(size): _measure(size) for size in SIZES}


def _measure(events: int) -> float:
    consumer = ScoreUploads(
        objects=_Objects(),
        scorer=_Scorer(),
        sink=FirehoseRowSink(SimpleNamespace(put_record_batch=_put_record_batch), "stream"),  # type: ignore[arg-type]
        build_row=RowBuilder(date(2026, 1, 1), frozenset()),
        contract=RowContract.load(),
    )
    given = {"Records": [record(number, "photo.jpg", f"{number:032x}", 250_000) for number in range(events)]}
    gc.collect()
    began = time.process_time()
    outcome = consumer(UploadMessage.from_sqs_event(given), Deadline(lambda: ENOUGH_MS, 0))
    took = time.process_time() - began
    if outcome.rows != {"scored": events}:
        raise RuntimeError(f"{events} events gave {dict(outcome.rows)}: is src/ in order (make test)?")
    return took / events * 1e6
