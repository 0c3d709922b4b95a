from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from inference import ImageFacts
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.rows import RowBuilder, row_id, timestamp

NOW = datetime(2026, 11, 3, 12, 0, 0, 500_000, tzinfo=UTC)
UPLOADED = datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)
EVENT = UploadEvent("created", "b", "k", NOW, etag="e", size_bytes=3, sequencer="01")


def build(event=EVENT, status="scored", earliest=date(2026, 1, 1), **rest):
    return RowBuilder(earliest, frozenset({"listing-id"})).build(event, status, now=NOW, **rest)


def fetched(**rest):
    return FetchedObject.of(**({"body": b"abc", "etag": "e", "last_modified": UPLOADED} | rest))


def test_a_row_of_a_read_object_is_filed_under_its_upload_day():
    row = build(fetched=fetched())

    assert row.dt == date(2026, 11, 2)
    assert row.values["uploaded_at"] == "2026-11-02 23:59:59.000"
    assert row.values["scored_at"] == "2026-11-03 12:00:00.500"
    assert row.values["content_sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert row.values["object_bytes"] == 3


def test_a_row_of_a_read_object_says_what_was_read_not_what_the_event_said():
    event = UploadEvent("created", "b", "k", NOW, size_bytes=99)
    read = fetched(etag="read", version_id="v7", content_type="image/png")

    values = build(event, fetched=read).values

    assert (values["etag"], values["version_id"], values["object_bytes"]) == ("read", "v7", 3)
    assert values["content_type"] == "image/png"
    assert values["row_id"] == row_id(bucket="b", key="k", version_id="v7")


def test_a_row_of_an_unversioned_read_object_is_identified_by_what_was_read():
    values = build(fetched=fetched()).values

    assert values["row_id"] == row_id(bucket="b", key="k", etag="e", last_modified=UPLOADED)


@pytest.mark.parametrize(("status", "cached"), [("scored", []), ("rejected", None), ("deleted", None)])
def test_only_a_scored_row_says_which_models_came_from_the_cache(status, cached):
    assert build(status=status).values["cached"] == cached


def test_a_row_of_an_unread_object_takes_the_event_time():
    row = build(status="missing", error=("missing", "gone"))

    assert row.dt == date(2026, 11, 3)
    assert row.values["uploaded_at"] == row.values["event_time"]
    assert row.values["error"] == {"code": "missing", "message": "gone"}


def test_an_upload_before_the_lakes_first_day_is_filed_under_it_and_keeps_its_truth():
    row = build(fetched=fetched(last_modified=datetime(2019, 5, 1, tzinfo=UTC)))

    assert row.dt == date(2026, 1, 1)
    assert row.values["uploaded_at"] == "2019-05-01 00:00:00.000"


def test_no_row_is_filed_beyond_the_tables_range():
    row = build(fetched=fetched(last_modified=NOW + timedelta(days=400)))

    assert row.dt == date(2026, 11, 4)


def test_only_allowed_metadata_is_kept():
    row = build(fetched=fetched(metadata={"listing-id": "7", "email": "a@example.org"}))

    assert row.values["metadata"] == {"listing-id": "7"}


def test_json_leaves_nulls_out_and_adds_the_partition_day():
    facts = ImageFacts(format="PNG", width=1, height=1, mode="L", frames=1, exif_orientation=None, dhash=None)
    document = build(fetched=fetched(), image=facts, scores={"nsfw": {"score": 0.5}}).to_json()

    assert document["dt"] == "2026-11-02"
    assert "version_id" not in document
    assert document["image"] == {"format": "PNG", "width": 1, "height": 1, "mode": "L", "frames": 1}
    assert document["nsfw"] == {"score": 0.5}


def test_timestamps_are_utc_with_milliseconds():
    berlin = timezone(timedelta(hours=1))

    assert timestamp(datetime(2026, 1, 1, 0, 30, 0, 123_456, tzinfo=berlin)) == "2025-12-31 23:30:00.123"


READ = {"bucket": "b", "key": "k", "etag": "e", "last_modified": UPLOADED}


class TestRowId:
    def test_is_the_same_for_event_retry_and_listing(self):
        listed = row_id(**READ)
        retried = row_id(**READ, sequencer="02")

        assert listed == retried
        assert len(listed) == 64

    def test_a_version_id_is_identity_enough(self):
        read = row_id(**READ, version_id="v1", sequencer="01")
        unread = row_id(bucket="b", key="k", version_id="v1", etag="other")

        assert read == unread

    @pytest.mark.parametrize(
        "change",
        [{"bucket": "c"}, {"key": "l"}, {"etag": "f"}, {"last_modified": NOW}, {"version_id": "v1"}, {"removal": True}],
    )
    def test_differs_for_another_object(self, change):
        assert row_id(**(READ | change)) != row_id(**READ)

    def test_cannot_be_forged_by_moving_a_separator(self):
        assert row_id(bucket="a", key="b/c", version_id="v") != row_id(bucket="a/b", key="c", version_id="v")

    def test_an_unread_object_is_told_by_its_sequencer(self):
        first = row_id(bucket="b", key="k", etag="e", sequencer="01")

        assert first != row_id(bucket="b", key="k", etag="e", sequencer="02")

    def test_a_removal_never_displaces_the_upload_of_the_same_version(self):
        upload = row_id(bucket="b", key="k", version_id="v1", sequencer="01")
        removal = row_id(bucket="b", key="k", version_id="v1", sequencer="02", removal=True)

        assert upload != removal
