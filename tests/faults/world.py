"""The real use case between simulated services: its adapters, packing, cache, deadline and message parsing are real."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from adapters.dynamodb import DynamoDBCacheStore
from adapters.firehose import FirehoseRowSink
from adapters.s3 import S3ObjectStore
from inference import Fingerprints, ImageFacts, Rejected, Scored
from sink.arrivals import Limits
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import SinkError
from sink.events import UploadMessage
from sink.packing import Limits as PackingLimits
from sink.result_cache import ResultCache
from sink.rows import RowBuilder
from sink.score_uploads import BatchOutcome, ScoreUploads
from tests.faults.dynamodb import SimulatedTable
from tests.faults.firehose import SimulatedFirehose
from tests.faults.s3 import Event, SimulatedS3
from tests.faults.sqs import Message, SimulatedQueue
from tests.faults.trouble import Killed

START = datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC).timestamp()
CONTRACT = RowContract.load()
MODELS = {"nsfw": "1.0.0-int8", "text": "1.0.0"}


class Clock:
    """Simulated time, in Unix seconds. Nothing sleeps."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def scores_of(body: bytes) -> dict[str, dict]:
    """What the models say of a content: it tells every content from every other."""
    number = sum(body) * 1_000_003 + len(body)
    return {"nsfw": {"score": number % 9_973 / 9_973}, "text": {"coverage": number % 997 / 997, "regions": len(body)}}


class CostlyScorer:
    """Counts the runs of each content and uses up time.

    `bad…` is rejected, `poison…` fails as a model does until it is `mended`. `kill_at` ends the worker at the n-th
    image from now; a worker whose invocation has used up its time ends too.
    """

    def __init__(self, clock: Clock, image_s: float = 0.05) -> None:
        self.models = dict(MODELS)
        self._clock, self.image_s = clock, image_s
        self.killed_at = float("inf")
        self.kill_at: int | None = None
        self.mended = False
        self.runs: Counter[bytes] = Counter()

    @property
    def fingerprints(self) -> Fingerprints:
        return Fingerprints("d" * 64, {name: name.ljust(64, "0") for name in self.models})

    def score(self, images: Sequence[bytes], models=None, *, alone_within_s=None) -> list[Scored | Rejected]:
        wanted = [list(self.models)] * len(images) if models is None else models
        if not self.mended and any(image.startswith(b"poison") for image in images):
            raise SinkError("the model failed")
        return [self._score(image, names) for image, names in zip(images, wanted, strict=True)]

    def _score(self, image: bytes, names: Sequence[str]) -> Scored | Rejected:
        self.runs[image] += 1
        self._clock.advance(self.image_s)
        if self.kill_at is not None:
            self.kill_at -= 1
        if self.kill_at == 0 or self._clock() >= self.killed_at:
            raise Killed("out of memory" if self.kill_at == 0 else "Task timed out")
        if image.startswith(b"bad"):
            return Rejected(code="corrupt", message="cannot be decoded", image=None, decode_ms=1.0)
        scores = scores_of(image)
        return Scored(ImageFacts("JPEG", len(image), 1, "RGB", 1, None, -5), {n: scores[n] for n in names}, 2.0, 3.0)


@dataclass
class Invocation:
    """What was handed to a worker, and what came of it; `outcome` is None for a worker that was killed."""

    batch: list[Message]
    outcome: BatchOutcome | None
    runs: Counter[bytes] = field(default_factory=Counter)


class World:
    """An upload bucket, a queue, a scorer, a stream and a lake, in one thread's time."""

    def __init__(
        self,
        versioned: bool = False,
        cache: bool = True,
        trust_etag: bool = False,
        timeout_s: float = 120,
        reserve_s: float = 30,
        rows_a_record: int = 2,
        limits: Limits | None = None,
        deadline: Callable[[Callable[[], float], float], Deadline] = Deadline,
    ) -> None:
        self.clock = Clock()
        self.s3 = SimulatedS3(self.clock, versioned)
        self.queue = SimulatedQueue(self.clock)
        self.firehose, self.table = SimulatedFirehose(), SimulatedTable()
        self.scorer = CostlyScorer(self.clock)
        self.timeout_s, self.reserve_s, self._deadline = timeout_s, reserve_s, deadline
        self.events: list[Event] = []
        self.copies: Counter[int] = Counter()
        self.deliveries: Counter[bytes] = Counter()
        self.scored_again: Counter[str] = Counter()
        self.repeatable: set[int] = set()
        """Events that may have more than one outcome: a worker ended, or an answer was lost, after rows were taken."""
        self.use_case = ScoreUploads(
            S3ObjectStore(self.s3, max_object_bytes=1_000),
            self.scorer,
            FirehoseRowSink(
                self.firehose, "rows", sleep=self.clock.advance, limits=PackingLimits(rows_a_record=rows_a_record)
            ),
            RowBuilder(date(2026, 1, 1)),
            CONTRACT,
            limits or Limits(images_a_group=3, downloads_at_once=1),  # one thread: the same order on every run
            self._result_cache() if cache else None,
            trust_etag,
            now=self._now,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _result_cache(self) -> ResultCache:
        store = DynamoDBCacheStore(self.table, "results", sleep=lambda _: None)
        return ResultCache(
            store, self.scorer.fingerprints, CONTRACT, timedelta(days=30), now=self._now, clock=self.clock
        )

    # ------------------------------------------------------------------ what happens

    def upload(self, key: str, body: bytes, delay_s: float = 0) -> Event:
        return self.announce(self.s3.put(key, body), delay_s)

    def delete(self, key: str, for_good: bool = False) -> Event:
        return self.announce(self.s3.delete_version(key) if for_good else self.s3.delete(key))

    def announce(self, event: Event, delay_s: float = 0) -> Event:
        self.events.append(event)
        self.notify(event, delay_s)
        return event

    def notify(self, event: Event, delay_s: float = 0) -> None:
        """Send a notification: S3 may do so more than once."""
        self.copies[event.number] += 1
        self.queue.send(event, delay_s)

    def expire_credentials(self, expired: bool = True) -> None:
        for service in (self.s3, self.firehose, self.table):
            service.credentials_expired = expired

    def invoke(self, chosen: Sequence[Message] | None = None, forgets: bool = False) -> Invocation:
        """Give messages to a worker and delete what it has handled; `forgets`: the deletion fails."""
        batch = self.queue.receive(self.queue.visible() if chosen is None else chosen)
        began, runs, unanswered = self.clock(), self.scorer.runs.copy(), len(self.firehose.taken_unanswered)
        self.scorer.killed_at = began + self.timeout_s
        for message in batch:
            if message.event.body is not None:
                self.deliveries[message.event.body] += 1
        deadline = self._deadline(
            lambda: (began + self.timeout_s - self.clock()) * 1000, min(self.reserve_s, self.timeout_s / 2) * 1000
        )
        try:
            outcome = self.use_case(
                UploadMessage.from_sqs_event({"Records": [message.record() for message in batch]}), deadline
            )
        except Killed:
            outcome = None
        finally:
            self.scorer.kill_at = None
        if outcome is None or forgets or len(self.firehose.taken_unanswered) > unanswered:
            self.repeatable |= {message.event.number for message in batch}
        if outcome is not None and not forgets:
            for message in batch:
                if message.message_id not in outcome.failures:
                    self.queue.delete(message)
        done = Invocation(batch, outcome, self.scorer.runs - runs)
        self._explain(done, runs, forgets)
        return done

    def _explain(self, done: Invocation, before: Counter[bytes], forgets: bool) -> None:
        """Why contents were scored that had been scored before, and why messages will come again."""
        again = {body for body in done.runs if before[body]}
        for message in done.batch:
            body = message.event.body
            if body in again:
                twice = "its event was notified twice" if self.copies[message.event.number] > 1 else ""
                self.scored_again[message.came_back_for or twice or "other uploads have the same bytes"] += 1
                again.discard(body)
        for message in done.batch:
            if done.outcome is None:
                message.came_back_for = "its worker was killed"
            elif (reason := done.outcome.failures.get(message.message_id)) is not None:
                message.came_back_for = f"it came back: {type(reason).__name__}"
            elif forgets:
                message.came_back_for = "its deletion from the queue failed"

    # ------------------------------------------------------------------ until nothing happens any more

    def heal(self) -> None:
        """Every fault ends."""
        self.expire_credentials(False)
        self.s3.trouble.clear()
        self.firehose.faults.clear()
        self.table.trouble.clear()
        self.table.unprocessed = 0
        self.scorer.image_s = min(self.scorer.image_s, 0.05)

    def drain(self, batch_size: int = 50) -> None:
        """Run until the queue is empty, and deliver."""
        while (moment := self.queue.next_moment()) is not None:
            self.clock.advance(max(moment - self.clock(), 0))
            visible = self.queue.visible()
            for start in itertools.count(0, batch_size):
                if start >= len(visible):
                    break
                self.invoke(visible[start : start + batch_size])
        self.firehose.deliver()

    def replay(self) -> None:
        """Redrive the dead letters and put the error output once more, after the cause is mended."""
        self.queue.redrive()
        self.firehose.replay()
        self.drain()
