import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.inventory import InventoryListing
from adapters.listing import BucketListing, filled
from adapters.text_streams import gunzipped, lines
from sink.errors import ListingRefused, StoreUnavailable

DAY = date(2026, 11, 3)
PLACE = "s3://lists/inv/uploads/daily/"
SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"


@pytest.fixture
def s3():
    with mock_aws():
        client = boto3.client("s3")
        for bucket in ("uploads", "lists"):
            client.create_bucket(Bucket=bucket)
        yield client


def put(s3, *keys):
    for key in keys:
        s3.put_object(Bucket="uploads", Key=key, Body=key.encode())


def keys(pages):
    return [each.key for page in pages for each in page.objects]


class TestBucket:
    def test_lists_every_version_with_what_identifies_it(self, s3):
        put(s3, "plain")
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        versions = [s3.put_object(Bucket="uploads", Key="kept", Body=body)["VersionId"] for body in (b"1", b"2")]
        s3.delete_object(Bucket="uploads", Key="kept")

        objects = [each for page in BucketListing(s3, "uploads").pages(DAY, None) for each in page.objects]

        assert {(each.key, each.version_id) for each in objects} == {
            ("plain", None),
            *(("kept", version) for version in versions),
        }
        (plain,) = [each for each in objects if each.key == "plain"]
        assert (plain.etag, plain.size_bytes) == (hashlib.md5(b"plain", usedforsecurity=False).hexdigest(), 5)
        assert abs(plain.last_modified - datetime.now(UTC)) < timedelta(minutes=5)
        assert plain.last_modified.microsecond == 0

    def test_goes_on_from_its_marker(self, s3, monkeypatch):
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
        put(s3, *"abcde")
        first, *rest = BucketListing(s3, "uploads").pages(DAY, None)

        assert keys([first, *rest]) == list("abcde")
        assert keys(BucketListing(s3, "uploads").pages(DAY, first.marker)) == list("cde")
        assert rest[-1].marker is None

    @pytest.mark.parametrize(("most", "refused"), [(5, False), (4, True)])
    def test_refuses_a_bucket_too_large_and_says_what_to_configure(self, s3, monkeypatch, most, refused):
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
        put(s3, *"abcde")
        listing = BucketListing(s3, "uploads", most=most)

        if not refused:
            assert len(keys(listing.pages(DAY, None))) == 5
            return
        with pytest.raises(ListingRefused, match=r"more than 4 .*ReconcileInventory .*ReconcilePrefixes"):
            list(listing.pages(DAY, None))
        first, *_ = BucketListing(s3, "uploads", most=5).pages(DAY, None)
        with pytest.raises(ListingRefused):
            list(listing.pages(DAY, first.marker))

    def test_lists_the_prefixes_of_the_day_and_of_its_neighbours(self, s3, monkeypatch):
        put(s3, *(f"photos/2026/11/{day:02}/a" for day in range(1, 7)), "scans/2026-11-03/b", "other/c")
        listing = BucketListing(s3, "uploads", ("photos/{yyyy}/{MM}/{dd}/", "scans/{yyyy}-{MM}-{dd}/"), most=1)

        pages = list(listing.pages(DAY, None))

        assert keys(pages) == [*(f"photos/2026/11/{day:02}/a" for day in (2, 3, 4)), "scans/2026-11-03/b"]
        assert keys(listing.pages(DAY, pages[1].marker)) == ["photos/2026/11/04/a", "scans/2026-11-03/b"]
        assert filled("{yyyy}{MM}{dd}", date(2026, 1, 2)) == "20260102"

    def test_says_what_could_not_be_listed(self, s3):
        with pytest.raises(StoreUnavailable, match="s3://absent/"):
            list(BucketListing(s3, "absent").pages(DAY, None))


class TestInventory:
    def write(self, s3, *files, taken="2026-11-04T01-00Z", **changes):
        names = []
        for number, records in enumerate(files):
            text = io.StringIO()
            csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(records)
            names.append(f"inv/uploads/daily/data/{taken}-{number}.csv.gz")
            s3.put_object(Bucket="lists", Key=names[-1], Body=gzip.compress(text.getvalue().encode()))
        manifest = {
            "sourceBucket": "uploads",
            "destinationBucket": "arn:aws:s3:::lists",
            "version": "2016-11-30",
            "creationTimestamp": str(int(datetime(2026, 11, 4, 1, tzinfo=UTC).timestamp() * 1000)),
            "fileFormat": "CSV",
            "fileSchema": SCHEMA,
            "files": [{"key": name, "size": 1, "MD5checksum": ""} for name in names],
        } | changes
        s3.put_object(
            Bucket="lists", Key=f"inv/uploads/daily/{taken}/manifest.json", Body=json.dumps(manifest).encode()
        )

    def record(self, key, at="2026-11-03T09:15:27.000Z", version="", marker="false"):
        return ["uploads", key, version, "true", marker, "12", at, "abc"]

    def test_reads_the_days_objects_out_of_every_file(self, s3):
        self.write(
            s3,
            [self.record("na%C3%AFve+photo+%2B+1.jpg", version="v1"), self.record("x", at="2026-11-02T23:59:59.000Z")],
            [self.record("gone", marker="true"), self.record("b")],
        )
        listing = InventoryListing(s3, "uploads", PLACE)

        pages = list(listing.pages(DAY, None))

        assert [(each.key, each.version_id, each.etag) for page in pages for each in page.objects] == [
            ("naïve photo + 1.jpg", "v1", "abc"),
            ("b", None, "abc"),
        ]
        assert pages[0].objects[0].last_modified == datetime(2026, 11, 3, 9, 15, 27, tzinfo=UTC)
        assert [page.marker for page in pages] == ["1", None]
        assert keys(listing.pages(DAY, "1")) == ["b"]

    def test_is_complete_until_it_was_begun_and_certain_a_day_before(self, s3):
        self.write(s3)
        listing = InventoryListing(s3, "uploads", PLACE)
        taken = datetime(2026, 11, 4, 1, tzinfo=UTC)

        assert listing.complete_until(taken + timedelta(hours=9)) == taken
        assert listing.settled_until(taken) == taken - timedelta(days=1)
        assert keys(listing.pages(DAY, None)) == []

    def test_is_the_newest_that_has_its_manifest(self, s3):
        self.write(s3, [self.record("old")], taken="2026-11-03T01-00Z")
        self.write(s3, [self.record("new")])
        s3.put_object(Bucket="lists", Key="inv/uploads/daily/2026-11-05T01-00Z/manifest.checksum", Body=b"")
        s3.put_object(Bucket="lists", Key="inv/uploads/daily/hive/dt=2026-11-06-01-00/symlink.txt", Body=b"")
        listing = InventoryListing(s3, "uploads", PLACE.rstrip("/"))

        assert keys(listing.pages(DAY, None)) == ["new"]
        assert listing.name == "inventory inv/uploads/daily/2026-11-04T01-00Z/manifest.json"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"fileFormat": "Parquet"}, "its format is Parquet: choose CSV"),
            ({"fileSchema": "Bucket, Key, Size"}, "it has no LastModifiedDate, ETag"),
            ({"sourceBucket": "other"}, "it is of the bucket other, not of uploads"),
        ],
    )
    def test_says_why_it_cannot_be_used(self, s3, changes, said):
        self.write(s3, **changes)

        with pytest.raises(ListingRefused, match=said):
            list(InventoryListing(s3, "uploads", PLACE).pages(DAY, None))

    def test_that_is_not_there_is_refused_with_its_place(self, s3):
        with pytest.raises(ListingRefused, match=r"no inventory below s3://lists/inv/uploads/daily/ .*within 48 hours"):
            list(InventoryListing(s3, "uploads", PLACE).pages(DAY, None))

    def test_whose_file_is_torn_is_told(self, s3):
        self.write(s3, [self.record("a")])
        name = "inv/uploads/daily/data/2026-11-04T01-00Z-0.csv.gz"
        whole = s3.get_object(Bucket="lists", Key=name)["Body"].read()
        s3.put_object(Bucket="lists", Key=name, Body=whole[:-9])

        with pytest.raises(StoreUnavailable, match="ends too early"):
            list(InventoryListing(s3, "uploads", PLACE).pages(DAY, None))


def test_lines_end_at_line_feeds_only_wherever_the_pieces_are_cut():
    text = 'é,"a\u2028b"\r\nlast'
    data = text.encode()

    assert list(lines(data[n : n + 1] for n in range(len(data)))) == ['é,"a\u2028b"\r\n', "last"]


def test_gzip_may_have_several_members():
    data = gzip.compress(b"one ") + gzip.compress(b"two")

    assert b"".join(gunzipped(data[n : n + 5] for n in range(0, len(data), 5))) == b"one two"
