"""Each built function, in an emptied environment, under the emulator that AWS ships: what is deployed is what runs."""

import json

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.built
CAT = (ROOT / "samples" / "cat.jpg").read_bytes()


@pytest.fixture(scope="module")
def shown(pytestconfig):
    """Prints figures at the end, captured or not: they are what one looks for in a slow or fat package."""
    lines = []
    yield lines.append
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("", *lines, sep="\n")


def test_the_scorer_makes_rows_of_every_format_it_promises(emulate, uploads, cloud, shown):
    samples = {path.name: path.read_bytes() for path in (ROOT / "samples").rglob("*.*") if path.suffix != ".md"}
    event = uploads.event(**samples)

    with emulate("ScoreUploadsFunction") as function:
        answer = function.invoke(event)
        shown(f"scorer: {function.measured()}")
        peak = function.peak_mb()

    assert answer.value == {"batchItemFailures": []}
    rows = cloud.rows("object_key, status, image.format AS format", "", len(samples), bucket=uploads.bucket)
    assert {row["object_key"] for row in rows if row["status"] != "scored"} == {"broken-upload.jpg"}
    assert {row["format"] for row in rows} >= {"JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC"}
    assert peak <= function.memory_mb


def test_a_poisoned_batch_costs_only_what_poisons_it(emulate, uploads, cloud):
    event = uploads.event(**{"poisoned/cut.jpg": CAT[:2000], "poisoned/text.png": b"no image", "poisoned/cat.jpg": CAT})
    unreadable = json.loads((ROOT / "tests" / "events" / "sqs_batch.json").read_text())["Records"][1]
    event["Records"].append(unreadable)
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"  # decoded in a process of its own

    with emulate("ScoreUploadsFunction") as function:
        answer = function.invoke(event)

    assert answer.value == {"batchItemFailures": [{"itemIdentifier": unreadable["messageId"]}]}
    rows = cloud.rows("object_key, status, error.code AS code", "poisoned/", 3, bucket=uploads.bucket)
    assert {row["object_key"]: (row["status"], row["code"]) for row in rows} == {
        "poisoned/cat.jpg": ("scored", None),
        "poisoned/cut.jpg": ("rejected", "truncated"),
        "poisoned/text.png": ("rejected", "unsupported_format"),
    }


@pytest.mark.parametrize(
    ("function", "variable", "value"),
    [
        ("ScoreUploadsFunction", "PIXLAKE_STREAM", None),
        ("ScoreUploadsFunction", "PIXLAKE_MAX_IMAGE_PIXELS", "many"),
        ("ReconcileUploadsFunction", "PIXLAKE_WORKGROUP", None),
    ],
)
def test_a_broken_setting_stops_the_init_phase_by_name(emulate, function, variable, value):
    with emulate(function, **{variable: value}) as started:
        answer = started.invoke({"Records": []})

    assert answer.value["errorType"] == "SettingsError"
    assert variable in answer.value["errorMessage"]
    assert function in answer.value["errorMessage"] or "template.yaml" in answer.value["errorMessage"]


def test_the_ledger_compares_bucket_and_lake(emulate, shown):
    with emulate("ReconcileUploadsFunction") as function:
        answer = function.invoke({})
        shown(f"ledger: {function.measured()}")
        peak = function.peak_mb()

    assert "days" in answer.value, answer.text
    assert peak <= function.memory_mb


def test_the_check_of_a_release_scores_its_picture_and_tells_codedeploy(emulate, shown):
    with emulate("CheckReleaseFunction") as function:
        answer = function.invoke({"DeploymentId": "d-0", "LifecycleEventHookExecutionId": "none"})
        shown(f"check of a release: {function.measured()}")
        log, peak = function.log, function.peak_mb()

    assert "the version scored the sample and delivered its row" in log
    assert answer.value["errorType"] == "DeploymentDoesNotExistException", "CodeDeploy heard of it; nothing waits there"
    assert peak <= function.memory_mb
