"""Real small images through the local cloud, with faults in front of its endpoint and workers that are killed."""

import io
import json
import os
import random
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import md5

import numpy as np
from PIL import Image

from pixlake.localcloud.waiting import wait_until
from tests.e2e.conftest import RunningCloud, running, wait_for

FIREHOSE = {"service": "firehose", "action": "PutRecordBatch"}
S3 = {"service": "s3", "action": "GET"}
TABLE = {"service": "dynamodb", "action": "BatchGetItem"}
LONG = 24 * 3600
OURS = "starts_with(object_key, 'soak/')"


@dataclass
class Report:
    """What became of all uploads; `written_again` counts rows beyond the first of an upload."""

    uploaded: int = 0
    removed: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    redriven: int = 0
    dead: int = 0
    in_error_output: int = 0
    unaccounted: int = 0
    written_again: int = 0
    scored_again: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def rules(bucket: str) -> list[dict]:
    path = {"path": f"/{bucket}/"}
    busy = {"effect": "error", "code": "ServiceUnavailableException", "status": 503}
    return [
        FIREHOSE | {"effect": "kill", "share": 0.04},
        FIREHOSE | {"effect": "drop", "share": 0.04},
        FIREHOSE | {"effect": "refuse", "some": True, "share": 0.1},
        FIREHOSE | {"effect": "refuse", "share": 0.1},
        FIREHOSE | busy | {"share": 0.05},
        S3 | path | busy | {"code": "SlowDown", "share": 0.03},
        S3 | path | {"effect": "error", "code": "ExpiredToken", "status": 400, "share": 0.005},
        S3 | path | {"effect": "drop", "share": 0.02},
        TABLE | busy | {"code": "ProvisionedThroughputExceededException", "status": 400, "share": 0.05},
    ]


@contextmanager
def faulty_cloud(seed: int, visibility_s: int = 60, receives: int = 5) -> Iterator[RunningCloud]:
    """A local cloud behind the layer of faults."""
    settings = {"VisibilityTimeoutSeconds": visibility_s, "MaxReceiveCount": receives, "BatchSize": 25}
    arguments = [each for pair in settings.items() for each in ("--parameter", "=".join(map(str, pair)))]
    os.environ["PIXLAKE_FAULTS_SEED"] = str(seed)
    with running(*arguments, program=(sys.executable, "-m", "tests.faults.cloud")) as cloud:
        yield cloud


def soak(
    cloud: RunningCloud, images: int, seed: int, progress: Callable[[str, int], None] = lambda what, done: None
) -> Report:
    """Upload under faults, wait, end the faults, redrive, balance."""
    make_faults(cloud, rules(cloud.bucket))
    put, removed, exist = _upload(cloud, images, random.Random(seed), progress)

    def drained() -> bool:
        left = cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"])
        progress("handled", images - left)
        return left == 0

    wait_for(drained, "an empty queue", LONG)
    report = Report(sum(map(len, put.values())), removed)
    report.faults = make_faults(cloud, [])
    report.redriven = redrive(cloud)
    wait_for(drained, "an empty queue", LONG)
    _balance(cloud, put, exist, report)
    return report


def make_faults(cloud: RunningCloud, rules: list[dict]) -> dict[str, int]:
    """Put rules in force, see tests/faults/cloud.py; returns what faults did so far."""
    request = urllib.request.Request(f"{cloud.url}/_faults", json.dumps(rules).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _upload(cloud: RunningCloud, images: int, dice: random.Random, progress: Callable[[str, int], None]):
    """Uploads by key (their ETags), the number of removals, and what exists in the end."""
    s3 = cloud.client("s3")
    put: dict[str, list[str]] = {}
    exist: dict[str, str] = {}
    removed, known = 0, [picture(dice)]

    def one(key: str, bodies: list[bytes], delete: bool) -> None:
        for body in bodies:
            s3.put_object(Bucket=cloud.bucket, Key=key, Body=body)
        if delete:
            s3.delete_object(Bucket=cloud.bucket, Key=key)

    with ThreadPoolExecutor(2) as pool:
        running_now = []
        for number in range(images):
            key, chance = f"soak/{number}.jpg", dice.random()
            body = dice.choice(known) if dice.random() < 0.25 else picture(dice)
            known = [*known[-199:], body]
            if chance < 0.04:
                body = body[: dice.randrange(len(body))]
            bodies = [picture(dice), body] if 0.04 < chance < 0.08 else [body]
            delete = 0.08 < chance < 0.11
            put[key] = [md5(each, usedforsecurity=False).hexdigest() for each in bodies]
            removed += delete
            if not delete:
                exist[key] = put[key][-1]
            running_now.append(pool.submit(one, key, bodies, delete))
            if len(running_now) >= 64:
                for future in running_now:
                    future.result()
                running_now = []
                progress("uploaded", number + 1)
        for future in running_now:
            future.result()
    progress("uploaded", images)
    return put, removed, exist


def picture(dice: random.Random) -> bytes:
    """A small image: noise, enlarged."""
    width, height = dice.randint(40, 160), dice.randint(40, 160)
    noise = np.random.default_rng(dice.getrandbits(32)).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(buffer, dice.choice(["JPEG", "PNG"]))
    return buffer.getvalue()


def redrive(cloud: RunningCloud) -> int:
    """Move every dead letter back to the queue, as StartMessageMoveTask does; return how many there were."""
    queue, dlq = cloud.variables["PIXLAKE_QUEUE_URL"], cloud.variables["PIXLAKE_DLQ_URL"]
    sqs, moved = cloud.client("sqs"), 0
    while messages := sqs.receive_message(QueueUrl=dlq, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dlq, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _delivered(cloud: RunningCloud, put: dict[str, list[str]], removed: int) -> bool:
    """Whether the stream, which holds rows for a second, has written one for every event."""
    status = "SELECT object_key, etag, status FROM image_scores"
    rows = {(row["object_key"], row["etag"]) for row in cloud.ask(f"{status} WHERE {OURS} AND status <> 'deleted'")}
    return _removals(cloud) >= removed and all((key, etag) in rows for key, etags in put.items() for etag in etags)


def _removals(cloud: RunningCloud) -> int:
    (row,) = cloud.ask(f"SELECT count(DISTINCT row_id) AS n FROM image_scores WHERE status = 'deleted' AND {OURS}")
    return int(row["n"])


def _balance(cloud: RunningCloud, put: dict[str, list[str]], exist: dict[str, str], report: Report) -> None:
    with suppress(TimeoutError):  # then something is lost, and told below
        wait_until(lambda: _delivered(cloud, put, report.removed), 60, "a row for every event", interval=0.5)
    shown = cloud.ask(f"SELECT object_key, etag, status FROM uploads WHERE {OURS}")
    lines = Counter((row["object_key"], row["etag"]) for row in shown)
    report.statuses = Counter(row["status"] for row in shown)
    report.statuses["deleted"] = _removals(cloud)
    # A row put again because the answer was lost is of the same run: it was scored at the same moment.
    runs = "count(DISTINCT scored_at) FILTER (WHERE status = 'scored' AND cardinality(cached) = 0)"
    rows = f"SELECT row_id, count(*) AS rows, {runs} AS runs FROM image_scores WHERE {OURS} GROUP BY row_id"
    again = cloud.ask(f"SELECT sum(rows) - count(*) AS rows, count_if(runs > 1) AS runs FROM ({rows})")[0]
    report.written_again, report.scored_again = int(again["rows"]), int(again["runs"])
    report.dead = cloud.dead_letters()
    errors = cloud.client("s3").list_objects_v2(Bucket=cloud.variables["PIXLAKE_LAKE_BUCKET"], Prefix="errors/")
    report.in_error_output = errors["KeyCount"]
    lost = [(key, etag) for key, etags in put.items() for etag in etags if not lines[key, etag]]
    report.unaccounted = len(lost)
    report.wrong += [f"{key} ({etag}) is nowhere" for key, etag in lost[:10]]
    report.wrong += [f"uploads shows {line} {count} times" for line, count in lines.items() if count > 1][:10]
    if report.statuses["deleted"] != report.removed:
        report.wrong.append(f"{report.statuses['deleted']} deleted rows for {report.removed} removals")
    seen = {row["object_key"]: row["etag"] for row in cloud.ask(f"SELECT object_key, etag FROM images WHERE {OURS}")}
    if seen != exist:
        report.wrong.append(f"images and the bucket differ in {len(dict(seen.items() ^ exist.items()))} objects")
