"""A new version may be released when it scored the sample, and for no less."""

import io
import json
import os
from datetime import UTC, datetime

import pytest
from PIL import Image

from sink.events import UploadMessage
from sink.release_check import SAMPLE_KEY, SIDE, Answer, Put, check, picture, trouble

DONE = b'{"batchItemFailures": []}'
AT = datetime(2026, 11, 3, 9, 15, 27, tzinfo=UTC)


def metrics(**values):
    return json.dumps({"_aws": {"CloudWatchMetrics": []}, **{name: [value] for name, value in values.items()}})


class RecordingVersion:
    """Remembers what it was given, and gives a fixed answer."""

    def __init__(self, answer):
        self.answer, self.samples, self.events = answer, {}, []

    def put_sample(self, key, body):
        self.samples[key] = body
        return Put("uploads", "0" * 32, None, len(body), AT)

    def invoke(self, event):
        self.events.append(event)
        return self.answer


def test_a_version_that_scores_the_sample_is_released():
    version = RecordingVersion(Answer(DONE, False, f"START\n{metrics(UploadsScored=1, MessagesRetried=0)}\nREPORT"))

    assert check(version, os.urandom) is None
    (message,) = UploadMessage.from_sqs_event(version.events[0])
    (event,) = message.events
    assert (event.bucket, event.key, event.etag, event.version_id) == ("uploads", SAMPLE_KEY, "0" * 32, None)
    assert (event.kind, event.source, event.event_time) == ("created", "live", AT)
    assert event.size_bytes == len(version.samples[SAMPLE_KEY])


def test_each_sample_is_another_picture():
    first, second = picture(os.urandom), picture(os.urandom)

    assert first != second
    with Image.open(io.BytesIO(first)) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (SIDE, SIDE))
        assert len(image.getcolors()) == 4


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer(b'{"errorType": "SettingsError", "errorMessage": "PIXLAKE_STREAM is not set"}', True, ""),
            "the version fails: SettingsError: PIXLAKE_STREAM is not set",
        ),
        (Answer(b"Killed", True, ""), "the version fails: None: Killed"),
        (Answer(b'"fine"', False, ""), 'the version answers what no queue understands: "fine"'),
        (
            Answer(
                b'{"batchItemFailures": [{"itemIdentifier": "release-check"}]}',
                False,
                '{"message": "message comes again", "reason": "access denied"}\n' + metrics(MessagesRetried=1),
            ),
            "the version puts the sample off: access denied",
        ),
        (
            Answer(DONE, False, metrics(UploadsRejected=1)),
            "the version did not score the sample: UploadsRejected",
        ),
        (Answer(DONE, False, "nothing"), "the version did not score the sample: nothing"),
    ],
)
def test_any_other_answer_is_told_in_words(answer, told):
    assert trouble(answer) == told
