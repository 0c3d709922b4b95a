"""How many images of which kind arrive, and how the stack is set: all that a bill depends on besides prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

DAYS_A_MONTH = 30
SECONDS_A_DAY = 86_400
GB = 2**30

# Measured on the samples, copied to some thousand rows; tests/unit/cost/test_measured.py measures the rows again.
ROW_BYTES = 1_464  # JSON of a scored row, as it is packed for Firehose
PARQUET_BYTES = 317  # the same row in Parquet with Snappy; half of it are identities, which do not compress
JQ_US = 59  # the partitioning query on one row, in microseconds
NOTIFICATION_BYTES = 750  # S3's notification of an upload
CACHE_ITEM_BYTES = 970  # an item of the result cache, with the 100 bytes that DynamoDB adds

# Reckoned. What is not known is put rather too high.
REFERENCE_BYTES = 250_000  # a photo of one megapixel
MEASURED_MS = 50.0  # its way through the handler on one core of a current server: benchmarks/results.json
SLOWER_VCPU = 1.2  # what one vCPU of Lambda is taken to need more
REFERENCE_MS = MEASURED_MS * SLOWER_VCPU
DECODING_SHARE = 0.11  # grows with the file: entropy decoding reads every byte, the models see a fixed size
DUPLICATE_MS = 5.0  # a content that the cache knows: download, hash, row
BATCH_MS = 100.0  # what a batch waits for besides its images: the cache's last answer, PutRecordBatch, alerts
SECOND_CPU_GAIN = 0.5  # what each vCPU beyond the first adds
VCPU_MB = 1_769  # memory that buys one vCPU
POLLERS = 5  # Lambda's pollers of a queue at a low rate; messages spread over them
LONG_POLL_S = 20
MESSAGES_A_RECEIVE = 10  # the most that SQS gives at once; also the most that one call deletes
LOG_BYTES_A_BATCH = 2_500  # Lambda's START, END and REPORT, one line of metrics
METRICS, ALARMS = 26, 22  # custom metrics and alarms, with some room
LEDGER_BYTES_A_ROW = 125  # that a run reads: identities, of a day that is half over on average
LEDGER_DAYS_LISTED = 1.5  # prefixes of the day and its neighbours
LEDGER_SECONDS_A_LIST = 0.1
LEDGER_MEMORY_GB = 1.0
QUERY_SHARE = 0.5  # of a row's Parquet bytes that a query on a view reads: the view compares identities
GETS_A_FILE = 3  # footer and column chunks


@dataclass(frozen=True)
class Workload:
    """A day's uploads and the stack's settings.

    `duplicates`: share (0 to 1) whose bytes were uploaded before, within `result_cache_days`. `ms_per_image`: decoding
    and scoring by one vCPU; None reckons it from `mean_bytes`. `lake_days`: how long rows are kept. `entry`: the
    parameter `Entry`, how uploads are announced. Analysts ask `queries_per_day` queries, each about `query_days` of
    uploads.
    """

    images_per_day: float = 1_000_000
    mean_bytes: float = REFERENCE_BYTES
    duplicates: float = 0.3
    ms_per_image: float | None = None
    memory_mb: int = VCPU_MB
    batch_size: int = 50
    window_s: float = 20
    result_cache: bool = True
    result_cache_days: float = 14
    reconcile_hours: float = 6
    buffer_s: float = 300
    buffer_mb: float = 128
    alert_share: float = 0.01
    log_days: float = 30
    lake_days: float = 365
    entry: str = "notification"
    queries_per_day: float = 10
    query_days: float = 7

    @property
    def images(self) -> float:
        """Images a month."""
        return self.images_per_day * DAYS_A_MONTH

    @property
    def millions(self) -> float:
        """Millions of images a month."""
        return self.images / 1e6

    @property
    def image_ms(self) -> float:
        """Milliseconds that one vCPU decodes and scores an image."""
        if self.ms_per_image is not None:
            return self.ms_per_image
        return REFERENCE_MS * (1 - DECODING_SHARE + DECODING_SHARE * self.mean_bytes / REFERENCE_BYTES)

    @property
    def speed(self) -> float:
        """Of the function, in that of one vCPU: Lambda gives CPU in proportion to memory."""
        cpus = self.memory_mb / VCPU_MB
        return cpus if cpus <= 1 else 1 + (cpus - 1) * SECOND_CPU_GAIN

    @property
    def batch(self) -> float:
        """Images a batch holds on average: what a poller gathers within the window, after its first message."""
        gathered = self.images_per_day / SECONDS_A_DAY * self.window_s / POLLERS
        return min(self.batch_size, 1 + gathered)

    @property
    def batches(self) -> float:
        """Batches a month."""
        return self.images / self.batch

    @property
    def known(self) -> float:
        """Share of images whose result the cache has."""
        return self.duplicates if self.result_cache else 0.0

    @property
    def parquet_gb_a_day(self) -> float:
        """Size of a day of the lake."""
        return self.images_per_day * PARQUET_BYTES / GB

    @property
    def files_a_day(self) -> float:
        """Parquet files that the stream writes: one a buffer, full or not."""
        by_size = self.images_per_day * ROW_BYTES / (self.buffer_mb * 2**20)
        return max(SECONDS_A_DAY / self.buffer_s, by_size)

    @property
    def ledger_runs(self) -> float:
        """Comparisons of bucket and lake a month."""
        return DAYS_A_MONTH * 24 / self.reconcile_hours

    @property
    def ledger_lists(self) -> float:
        """LIST requests of these a month, a thousand objects each."""
        return self.ledger_runs * math.ceil(LEDGER_DAYS_LISTED * self.images_per_day / 1_000)
