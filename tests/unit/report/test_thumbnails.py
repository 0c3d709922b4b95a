"""Thumbnails: of real photos, of objects that are gone, and of files that mean harm."""

import base64
import io
import signal

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from PIL import Image

from pixlake.report import shrink as shrinking
from pixlake.report import thumbnails as fetching
from pixlake.report.shrink import Shrinker, Unreadable, shrink
from pixlake.report.thumbnails import Place, thumbnails
from tests.conftest import ROOT
from tests.unit.report.fragile import work

CAT = (ROOT / "samples" / "cat.jpg").read_bytes()


def opened(small):
    return Image.open(io.BytesIO(small.webp))


@pytest.mark.parametrize("sample", ["cat.jpg", "mountains.heic", "temple.avif", "rocket-launch.gif", "food/fig.png"])
def test_a_photo_becomes_a_small_upright_webp(sample):
    small = shrink((ROOT / "samples" / sample).read_bytes())

    assert opened(small).format == "WEBP"
    assert opened(small).size == (small.width, small.height)
    assert max(small.width, small.height) == shrinking.SIDE
    assert len(small.webp) < 40_000


def test_orientation_is_followed():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = io.BytesIO()
    Image.new("RGB", (400, 200), "red").save(turned, "JPEG", exif=exif)

    small = shrink(turned.getvalue())

    assert (small.width, small.height) == (160, 320)


def test_a_line_of_a_picture_keeps_a_pixel():
    thin = io.BytesIO()
    Image.new("RGB", (4000, 1), "red").save(thin, "PNG")

    small = shrink(thin.getvalue())

    assert (small.width, small.height) == (320, 1)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"<svg onload=alert(1)>", "unsupported format"), (CAT[:9000], "truncated")]
)
def test_a_file_that_is_no_picture_says_why(data, reason):
    with pytest.raises(Unreadable, match=reason):
        shrink(data)


def test_what_brings_the_decoder_down_costs_only_itself():
    with Shrinker(1, work) as shrinker:
        assert shrinker(b"one").webp == b"one"
        for hostile in (b"crash", b"hang"):
            with pytest.raises(Unreadable, match="brings the decoder down"):
                shrinker(hostile)
            assert shrinker(b"after").webp == b"after"


def test_a_decode_without_end_is_ended(monkeypatch):
    alarms = []
    monkeypatch.setattr(signal, "alarm", alarms.append)

    shrinking._bounded(work, b"x")

    assert alarms == [shrinking.PATIENCE, 0]


@pytest.fixture
def client():
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="photos")
        client.put_object(Bucket="photos", Key="cat & <b>.jpg", Body=CAT)
        client.put_object(Bucket="photos", Key="broken", Body=CAT[:9000])
        yield client


def test_each_object_gives_a_picture_or_a_reason(client, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_BYTES", len(CAT))
    client.put_object(Bucket="photos", Key="large", Body=CAT + b"x")
    places = [Place("photos", key) for key in ("cat & <b>.jpg", "broken", "gone", "large", "")]

    found = dict(thumbnails([*places, Place("elsewhere", "x")], client, shrink))

    picture = found[places[0]]
    assert picture.uri.startswith("data:image/webp;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2]))).size == (
        picture.width,
        picture.height,
    )
    reasons = {place.key: thumbnail.reason for place, thumbnail in found.items() if thumbnail.reason}
    assert reasons["broken"].startswith("truncated")
    assert reasons["gone"] == "gone: the object no longer exists"
    assert reasons["x"] == "gone: the bucket no longer exists"
    assert reasons["large"].startswith("too large: 27.3 KB")
    assert reasons[""] == "its key cannot be asked for"


@pytest.mark.parametrize(
    ("code", "reason"),
    [("AccessDenied", "s3:GetObject"), ("InvalidObjectState", "archived"), ("SlowDown\u202e", "SlowDown\\u202e")],
)
def test_what_s3_refuses_is_a_reason(code, reason):
    client = boto3.client("s3")
    with Stubber(client) as stub:
        stub.add_client_error("get_object", code)
        ((_, thumbnail),) = thumbnails([Place("photos", "x")], client, shrink)

    assert reason in thumbnail.reason


def test_a_bug_is_not_taken_for_an_unreadable_picture(client):
    with pytest.raises(ZeroDivisionError):
        list(thumbnails([Place("photos", "broken")], client, lambda _: 1 / 0))
