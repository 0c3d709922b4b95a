"""What the completeness ledger asks the lake: run by the local Athena over rows as the scorer makes them."""

from datetime import UTC, date, datetime

import pytest

from adapters.athena import AthenaLakeRows
from pixlake.localcloud.athena import AthenaService
from sink.errors import LakeUnavailable
from sink.ledger import StoredObject, digest
from tests.queries.cases import with_day

pytestmark = pytest.mark.xdist_group("queries")
DAY = date(2026, 3, 3)
SINCE, UNTIL = datetime(2026, 3, 3, 6, tzinfo=UTC), datetime(2026, 3, 3, 18, tzinfo=UTC)


class AthenaClient:
    """boto3's face of the local service, with a result location as a work group has one."""

    def __init__(self, service, lake):
        self.service, self.lake, self.stopped = service, lake, []

    def start_query_execution(self, **request):
        place = {"OutputLocation": f"s3://{self.lake.bucket}/athena-results/"}
        del request["WorkGroup"]
        return self.service.handle("StartQueryExecution", request | {"ResultConfiguration": place})

    def get_query_execution(self, **request):
        return self.service.handle("GetQueryExecution", request)

    def stop_query_execution(self, **request):
        self.stopped.append(request)


class EndlessClient(AthenaClient):
    def get_query_execution(self, **request):
        return {"QueryExecution": {"Status": {"State": "RUNNING"}}}


@pytest.fixture(scope="module")
def service(moto_endpoint):
    started = AthenaService(moto_endpoint)
    yield started
    started.close()


@pytest.fixture
def ask(service):
    def ask(lake, day=DAY, since=SINCE, until=UNTIL, client=AthenaClient, **more):
        given = {"database": lake.database, "workgroup": "pixlake", "bucket": "photos"} | more
        rows = AthenaLakeRows(
            client=client(service, lake), s3=lake.s3, **{"earliest_upload_date": date(2026, 3, 1)} | given
        )
        return rows.of_day(day, since, until)

    return ask


def stored(key, at="2026-03-03 10:00:00", **more):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return StoredObject(
        **{"bucket": "photos", "key": key, "etag": "e", "last_modified": moment, "size_bytes": 1} | more
    )


def row(each, status="scored", read=True, **more):
    moment = each.last_modified.strftime("%Y-%m-%d %H:%M:%S.000")
    values = {
        "row_id": each.row_id if read else "f" * 56 + digest(each.row_id)[:4].hex(),
        "status": status,
        "bucket": each.bucket,
        "object_key": each.key,
        "etag": each.etag,
        "uploaded_at": moment,
        "event_time": moment,
        "scored_at": moment,
        "content_sha256": "c" if read else None,
        "version_id": each.version_id,
    }
    return with_day({name: value for name, value in (values | more).items() if value is not None})


def test_rows_are_known_by_identity_and_unread_ones_by_key_and_etag(new_lake, ask):
    read, version = stored('naïve, "quoted"\n.jpg'), stored("k", version_id="v1")
    large, late = stored('large, "quoted"\n'), stored("slow upload in parts")
    rows = [
        row(read),
        row(version, "missing", read=False, row_id=version.row_id),
        row(large, "rejected", read=False),
        row(late, "rejected", read=False, uploaded_at="2026-03-04 00:00:01.000", dt="2026-03-04"),
        row(stored("next day", "2026-03-04 10:00:00")),
        row(stored("elsewhere", bucket="other")),
    ]

    known = ask(new_lake(rows))

    assert [known.account_for(each) for each in (read, version, large, late)] == [True] * 4
    others = [
        stored(read.key, "2026-03-03 10:00:01"),
        stored("k", version_id="v2"),
        stored(large.key, etag="other"),
        stored("next day", "2026-03-04 10:00:00"),
        stored("elsewhere"),
    ]
    assert [known.account_for(each) for each in others] == [False] * 5


def test_each_upload_of_the_time_counts_once_by_its_outcome(new_lake, ask):
    one = stored("one")
    rows = [
        row(one, scored_at="2026-03-03 10:00:09.000"),
        row(one),
        row(stored("bad"), "rejected"),
        row(stored("gone"), "missing", read=False),
        row(one, "deleted", row_id="d" * 64),
        row(stored("before", "2026-03-03 05:59:59")),
        row(stored("first", "2026-03-03 06:00:00")),
        row(stored("after", "2026-03-03 18:00:00")),
        row(stored("next day", "2026-03-04 10:00:00"), "rejected", read=False),
    ]

    known = ask(new_lake(rows))

    assert known.by_status == {"scored": 2, "rejected": 1, "missing": 1}
    assert known.account_for(stored("after", "2026-03-03 18:00:00"))


def test_an_upload_before_the_lakes_first_day_is_looked_for_there(new_lake, ask):
    old = stored("old", "2026-02-01 10:00:00")
    lake = new_lake([row(old, dt="2026-03-01")])

    known = ask(lake, day=date(2026, 2, 1), since=datetime(2026, 2, 1, tzinfo=UTC), until=UNTIL)

    assert known.account_for(old)
    assert known.by_status == {"scored": 1}


def test_a_query_that_fails_or_never_ends_says_so(new_lake, ask):
    lake = new_lake([row(stored("a"))])

    with pytest.raises(LakeUnavailable, match="failed: "):
        ask(lake, database="absent")
    waits = []
    with pytest.raises(LakeUnavailable, match="more than 3 s and was stopped"):
        ask(lake, client=EndlessClient, patience_s=3, sleep=waits.append)
    assert 3 <= sum(waits) < 6
