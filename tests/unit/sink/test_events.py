import json
from datetime import UTC, datetime

import pytest

from sink.errors import UnreadableMessage
from sink.events import UploadEvent, UploadMessage, own_body, parse_body


def test_s3_notification_names_object_version_and_order(event):
    (upload,) = parse_body(event("s3_object_created"))

    assert upload.kind == "created"
    assert (upload.bucket, upload.key) == ("amzn-s3-demo-bucket", "HappyFace.jpg")
    assert upload.version_id == "096fKKXTRTtl3on89fVO.nfljtsv6qko"
    assert upload.etag == "d41d8cd98f00b204e9800998ecf8427e"
    assert upload.size_bytes == 1024
    assert upload.sequencer == "0055AED6DCD90281E5"
    assert upload.event_time == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-11-03T09:15:27.104", "2026-11-03T10:15:27.104+01:00"])
def test_event_times_are_utc(event, written):
    (upload,) = parse_body(event("s3_object_created").replace("1970-01-01T00:00:00.000Z", written))

    assert upload.event_time == datetime(2026, 11, 3, 9, 15, 27, 104_000, tzinfo=UTC)
    assert upload.event_time.utcoffset().total_seconds() == 0


def test_s3_key_is_form_decoded(event):
    (upload,) = parse_body(event("s3_key_form_encoded"))

    assert upload.key == "möbel/2026/red chair + table 100%.jpg"
    assert upload.version_id is None


def test_eventbridge_key_is_taken_as_it_stands(event):
    (upload,) = parse_body(event("eventbridge_object_created"))

    assert upload.kind == "created"
    assert upload.key == "red chair + table 100%.jpg"
    assert upload.version_id == "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"
    assert upload.sequencer == "617f08299329d189"


def test_sns_envelope_holds_the_same_event(event):
    assert parse_body(event("sns_wrapped_s3")) == parse_body(event("s3_object_created"))


def test_eventbridge_through_sns_is_read_too(event):
    envelope = json.dumps({"Type": "Notification", "Message": event("eventbridge_object_created")})

    assert parse_body(envelope) == parse_body(event("eventbridge_object_created"))


@pytest.mark.parametrize("name", ["s3_object_removed", "eventbridge_object_deleted"])
def test_removal_is_told_from_creation(event, name):
    (upload,) = parse_body(event(name))

    assert upload.kind == "removed"
    assert upload.size_bytes is None


def test_lifecycle_expiration_is_a_removal(event):
    body = event("s3_object_removed").replace("ObjectRemoved:Delete", "LifecycleExpiration:DeleteMarkerCreated")

    assert [upload.kind for upload in parse_body(body)] == ["removed"]


def test_test_event_and_other_kinds_of_event_hold_no_upload(event):
    restored = event("s3_object_created").replace("ObjectCreated:Put", "ObjectRestore:Completed")
    tagged = event("eventbridge_object_created").replace("Object Created", "Object Tags Added")

    assert parse_body(event("s3_test_event")) == ()
    assert parse_body(restored) == ()
    assert parse_body(tagged) == ()


@pytest.mark.parametrize("version_id", [None, "v1"])
def test_a_message_of_our_own_says_by_which_way_an_object_of_a_listing_comes(version_id):
    event = UploadEvent(
        kind="created",
        bucket="b",
        key="möbel/red chair + table 100%.jpg",
        event_time=datetime(2026, 11, 3, 9, 15, 27, tzinfo=UTC),
        version_id=version_id,
        etag="abc",
        size_bytes=5,
        source="reconcile",
    )

    assert parse_body(own_body(event)) == (event,)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"reconcile"', '"somebody"'), ('"key": "k"', '"name": "k"'), ('"key": "k"', '"key": ""'), ("2026", "MMXXVI")],
)
def test_a_malformed_message_of_our_own_is_unreadable(old, new):
    moment = datetime(2026, 11, 3, tzinfo=UTC)
    body = own_body(UploadEvent("created", "b", "k", moment, etag="e", size_bytes=1, source="reconcile"))
    assert old in body

    with pytest.raises(UnreadableMessage):
        parse_body(body.replace(old, new))


def test_a_notification_of_s3_is_live(event):
    (upload,) = parse_body(event("s3_object_created"))

    assert upload.source == "live"


@pytest.mark.parametrize("reason", ["DeleteObject", "Lifecycle Expiration"])
def test_an_expiry_told_by_eventbridge_is_a_removal(event, reason):
    (upload,) = parse_body(event("eventbridge_object_deleted").replace("DeleteObject", reason))

    assert (upload.kind, upload.version_id) == ("removed", "1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF")


def test_version_null_counts_as_none(event):
    (upload,) = parse_body(event("s3_object_created").replace("096fKKXTRTtl3on89fVO.nfljtsv6qko", "null"))

    assert upload.version_id is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "this is not json",
        "[]",
        "null",
        "{}",
        '{"Records": 5}',
        '{"Records": [5]}',
        '{"Records": [{}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {}}]}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"Type": "Notification", "Message": 5}',
        '{"source": "aws.s3", "detail-type": "Object Created"}',
        '{"source": "aws.ec2", "detail-type": "Instance started"}',
        "[" * 100_000,
    ],
)
def test_an_unreadable_body_says_so(body):
    with pytest.raises(UnreadableMessage):
        parse_body(body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HappyFace.jpg", "%FF%FE.jpg"),  # no UTF-8: no key that S3 could hold
        ("HappyFace.jpg", "\\ud800.jpg"),  # half a character
        ("HappyFace.jpg", ""),
        ('"HappyFace.jpg"', "7"),
        ("1970-01-01T00:00:00.000Z", "yesterday"),
        ("1970-01-01T00:00:00.000Z", "0001-01-01T00:00:00+14:00"),  # in UTC, before the first year
        ('"size":1024', '"size":"many"'),
        ('"size":1024', '"size":Infinity'),
    ],
)
def test_a_malformed_field_makes_the_body_unreadable(event, old, new):
    body = event("s3_object_created")
    assert old in body

    with pytest.raises(UnreadableMessage):
        parse_body(body.replace(old, new))


def test_an_unreadable_message_spoils_only_itself(event):
    good, bad = UploadMessage.from_sqs_event(json.loads(event("sqs_batch")))

    assert good.unreadable is None
    assert [upload.key for upload in good.events] == ["HappyFace.jpg"]
    assert isinstance(bad.unreadable, UnreadableMessage)
    assert (good.receive_count, bad.receive_count) == (1, 3)


@pytest.mark.parametrize(("key", "size", "marker"), [("a/", 0, True), ("a/", 5, False), ("a", 0, False)])
def test_only_an_empty_object_that_ends_in_a_slash_is_a_folder_marker(event, key, size, marker):
    body = event("s3_object_created").replace("HappyFace.jpg", key).replace("1024", str(size))

    assert parse_body(body)[0].is_folder_marker is marker
