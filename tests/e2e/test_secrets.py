"""What an uploader stores stays where it was put: of images, metadata and credentials nothing reaches a log.

The shared cloud logs at DEBUG, which says more than any deployment.
"""

import base64
import json

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import recorded

CAT = (ROOT / "samples" / "cat.jpg").read_bytes()
PRIVATE = "a metadata value that nobody asked for"
MARK = b"pixlake: these bytes stand at the end of an image, and in no log"


def spellings(data: bytes) -> dict[str, str]:
    """How bytes look in a log, by the way that they got there. Base64 depends on what stands before them."""
    encoded = {f"base64 at {skip}": base64.b64encode(data[skip:])[:-4].decode() for skip in range(3)}
    text = data.decode("latin-1")
    return encoded | {"hex": data.hex(), "repr": repr(data)[2:-1], "raw": text, "JSON": json.dumps(text)[1:-1]}


@pytest.mark.e2e
@pytest.mark.xdist_group("cloud")
@pytest.mark.parametrize("body", [CAT + MARK, CAT[:2000] + MARK], ids=["scored", "rejected"])
def test_metadata_that_no_parameter_names_is_not_kept(cloud, body, request):
    key = f"private/{request.node.callspec.id}.jpg"
    cloud.client("s3").put_object(Bucket=cloud.bucket, Key=key, Body=body, Metadata={"seller": PRIVATE})

    (row,) = cloud.rows("status, cardinality(metadata) AS kept, CAST(error AS json) AS error", key, 1)
    assert row["status"] == request.node.callspec.id
    assert row["kept"] == 0
    assert PRIVATE not in str(row)


@pytest.mark.e2e
@pytest.mark.last
def test_no_log_of_the_whole_run_holds_credentials_image_bytes_or_metadata(recorded_run):
    record = recorded(recorded_run, lambda record: any("private/" in call for call in keys(record)))

    assert {f"private/{name}.jpg" for name in ("scored", "rejected")} <= set(keys(record)), "run all of tests/e2e"
    assert len(record.credentials) >= 3
    log = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in record.logs)
    assert '"message":"batch done"' in log
    wanted = {f"credential {number}": secret for number, secret in enumerate(sorted(record.credentials))}
    wanted["metadata"] = PRIVATE
    for what, data in {"an image's end": MARK, "an image's head": CAT[:48], "its middle": CAT[9000:9048]}.items():
        wanted |= {f"{what}, {how}": spelling for how, spelling in spellings(data).items()}
    assert [what for what, text in wanted.items() if text in log] == []


def keys(record):
    """Object keys that the functions read."""
    return [resource.partition("/")[2] for calls in record.calls.values() for _, resource in calls if resource]
