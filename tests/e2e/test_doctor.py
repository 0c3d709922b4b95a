"""`pixlake doctor` and `pixlake status` against a whole local cloud: well, then with one thing broken, then mended."""

import json
import os
import pty
import signal
import subprocess
import threading
from contextlib import suppress

import pytest

from pixlake.doctor.one_image import PREFIX
from tests.conftest import ROOT
from tests.e2e.conftest import BIN, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]


@pytest.fixture
def unwired(cloud):
    """The cloud with an upload bucket that notifies nobody."""
    s3 = cloud.client("s3")
    configured = s3.get_bucket_notification_configuration(Bucket=cloud.bucket)
    configured.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=cloud.bucket, NotificationConfiguration={})
    yield cloud
    s3.put_bucket_notification_configuration(Bucket=cloud.bucket, NotificationConfiguration=configured)


def test_a_healthy_deployment_passes_every_check_and_its_test_image_goes_away(cloud):
    done = cloud.pixlake("doctor", "--json", "--timeout", "120", check=False)
    document = json.loads(done.stdout)
    assert (done.returncode, document["healthy"], document["failed"]) == (0, True, []), document
    assert {each["mark"] for each in document["checks"]} <= {"ok", "warn"}
    image = document["checks"][-1]
    assert image["check"] == "test image"
    assert set(image["facts"]["stages"]) == {"upload", "to the score", "to Parquet", "to the answer"}
    # Its object is gone, its row tells of it, and so will the removal's.
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=cloud.bucket, Prefix=PREFIX)
    sql = f"SELECT DISTINCT status FROM image_scores WHERE object_key = '{image['facts']['key']}' ORDER BY status"
    both = [{"status": "deleted"}, {"status": "scored"}]
    wait_for(lambda: cloud.ask(sql) == both, "the removal's row")


def test_a_bucket_that_does_not_notify_is_named_and_what_needs_it_is_not_looked_at(unwired):
    told = unwired.pixlake("doctor", check=False)
    assert told.returncode == 1
    marks = {line[8:23].strip(): line[:8].strip() for line in told.stdout.splitlines() if line[:1].strip()}
    assert [name for name, mark in marks.items() if mark == "✗ fail"] == ["notifications"]
    assert marks["queue policy"] == marks["test image"] == "– –"
    assert marks["delivery stream"] == "✓ ok"
    assert "put-bucket-notification-configuration" in told.stdout


def test_status_tells_of_rows_that_came(cloud):
    cloud.client("s3").upload_file(str(ROOT / "samples" / "cat.jpg"), cloud.bucket, "status/cat.jpg")
    sql = "SELECT row_id FROM image_scores WHERE starts_with(object_key, 'status/')"
    wait_for(lambda: cloud.ask(sql), "the row")
    document = json.loads(cloud.pixlake("status", "--json").stdout)
    assert document["outcomes_per_minute"]["scored"] > 0
    assert document["newest_file"]["bytes"] > 0
    assert document["source"] == "rows in the lake"


def test_watching_ends_cleanly_on_ctrl_c(cloud):
    """On a terminal, as a person would see it."""
    own, terminal = pty.openpty()
    watching = subprocess.Popen(
        [BIN / "pixlake", "status", "--watch", "--interval", "0.5"],
        env={**cloud.env, "COLUMNS": "120", "LINES": "40", "TERM": "xterm"},
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    seen = bytearray()
    reader = threading.Thread(target=_read, args=(own, seen), daemon=True)
    reader.start()
    try:
        wait_for(lambda: seen.count(b"per minute") >= 2, "two looks")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 0
    finally:
        watching.kill()
        watching.wait()
        reader.join(10)
        os.close(own)
    assert b"Traceback" not in seen


def _read(terminal: int, seen: bytearray) -> None:
    """Read until the other end is closed, which a pseudo-terminal tells by an error."""
    with suppress(OSError):
        while piece := os.read(terminal, 65_536):
            seen.extend(piece)
