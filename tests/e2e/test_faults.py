"""The main faults through real processes: a layer in front of the local cloud's endpoint makes them."""

import json
import urllib.request

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import wait_for
from tests.soak import images

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("faults")]
CAT = (ROOT / "samples" / "cat.jpg").read_bytes()
PUT = {"service": "firehose", "action": "PutRecordBatch"}


class FaultyCloud:
    """A running local cloud, and the rules of the layer in front of it."""

    def __init__(self, cloud):
        self.cloud, self.bucket = cloud, cloud.bucket
        self._s3 = cloud.client("s3")
        self._before = {}
        # Their deliveries are used up while the other tests run.
        self.dead = [f"dead/{number}.jpg" for number in range(4)]
        self._denied = {
            **{"service": "s3", "action": "GET", "path": f"/{self.bucket}/dead/"},
            **{"effect": "error", "code": "AccessDenied", "status": 403},
        }

    def faults(self, *rules, denied=True):
        self._before = images.make_faults(self.cloud, [*rules, *([self._denied] if denied else [])])

    def done(self, what):
        with urllib.request.urlopen(f"{self.cloud.url}/_faults") as answer:
            return json.load(answer).get(what, 0) - self._before.get(what, 0)

    def upload(self, *keys):
        for key in keys:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=CAT + key.encode())

    def rows(self, prefix, expected):
        """Wait for rows of a prefix; the lake is asked when it has new files only."""
        lake, seen = self.cloud.variables["PIXLAKE_LAKE_BUCKET"], set()

        def there():
            files = self._s3.list_objects_v2(Bucket=lake, Prefix="image_scores/")["KeyCount"]
            if files in seen:
                return False
            seen.add(files)
            return len(self.statuses(prefix, "image_scores")) >= expected

        wait_for(there, f"{expected} rows of {prefix}")

    def statuses(self, prefix, view="uploads"):
        sql = f"SELECT object_key, status FROM {view} WHERE starts_with(object_key, '{prefix}') ORDER BY object_key"
        return [(row["object_key"], row["status"]) for row in self.cloud.ask(sql)]


@pytest.fixture(scope="module")
def faulty():
    with images.faulty_cloud(seed=1, visibility_s=8, receives=3) as cloud:
        started = FaultyCloud(cloud)
        started.faults()
        started.upload(*started.dead)
        yield started


@pytest.fixture(autouse=True)
def mended(faulty):
    yield
    faulty.faults()


def test_given_a_throttled_stream_when_it_recovers_then_each_row_is_there(faulty):
    faulty.faults(PUT | {"effect": "refuse", "times": 3})

    faulty.upload("throttled/a.jpg", "throttled/b.jpg")

    faulty.rows("throttled/", 2)
    assert faulty.statuses("throttled/") == [("throttled/a.jpg", "scored"), ("throttled/b.jpg", "scored")]
    assert faulty.done("refuse firehose PutRecordBatch") == 3


def test_given_a_worker_killed_between_put_and_return_then_the_views_count_its_uploads_once(faulty):
    faulty.faults(PUT | {"effect": "kill", "times": 1})

    faulty.upload("killed/a.jpg")

    faulty.rows("killed/", 2)
    # the table beneath has the row twice
    assert faulty.done("kill firehose PutRecordBatch") == 1
    assert faulty.statuses("killed/") == [("killed/a.jpg", "scored")]
    assert faulty.statuses("killed/", "images") == [("killed/a.jpg", "scored")]


def test_given_expired_credentials_when_they_are_renewed_then_nothing_is_lost(faulty):
    expired = {"effect": "error", "code": "ExpiredTokenException", "status": 400}
    download = {"service": "s3", "action": "GET", "path": f"/{faulty.bucket}/expired/a"}
    faulty.faults(
        download | expired | {"code": "ExpiredToken", "times": 1},
        {"service": "dynamodb", "action": "BatchGetItem", **expired, "times": 1},
        PUT | expired | {"times": 5},
    )

    faulty.upload("expired/a.jpg", "expired/b.jpg")

    faulty.rows("expired/", 2)
    assert faulty.statuses("expired/") == [("expired/a.jpg", "scored"), ("expired/b.jpg", "scored")]
    assert faulty.done("error s3 GET") >= 1
    assert faulty.done("error firehose PutRecordBatch") == 5


def test_given_a_full_dead_letter_queue_when_it_is_replayed_then_every_upload_has_its_row(faulty):
    wait_for(lambda: faulty.cloud.dead_letters() >= len(faulty.dead), "the dead letters")
    assert faulty.statuses("dead/") == []

    faulty.faults(denied=False)
    moved = images.redrive(faulty.cloud)

    assert moved >= len(faulty.dead)
    faulty.rows("dead/", len(faulty.dead))
    assert faulty.statuses("dead/") == [(key, "scored") for key in faulty.dead]
    assert faulty.cloud.dead_letters() == 0


def test_a_short_soak_balances(faulty):
    report = images.soak(faulty.cloud, images=12, seed=3)

    assert report.wrong == []
    assert (report.unaccounted, report.dead, report.in_error_output) == (0, 0, 0)
    assert sum(report.statuses.values()) == report.uploaded + report.removed
