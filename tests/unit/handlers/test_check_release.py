"""The hook always tells CodeDeploy: it would wait for an hour else."""

import json

import pytest

from handlers import check_release

HOOK = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x-1"}


@pytest.fixture
def told(monkeypatch):
    """What CodeDeploy has heard."""
    heard = []
    monkeypatch.setattr(check_release, "tell_codedeploy", lambda client, hook, status: heard.append((hook, status)))
    monkeypatch.setenv("PIXLAKE_UPLOAD_BUCKET", "uploads")
    monkeypatch.setenv("PIXLAKE_NEW_VERSION", "arn:aws:lambda:us-east-1:123456789012:function:score:2")
    return heard


def test_what_the_check_finds_is_told_and_logged(told, monkeypatch, caplog):
    monkeypatch.setattr(check_release.release_check, "check", lambda version, noise: "it rejects everything")

    answer = check_release.handler(HOOK, None)

    assert told == [(HOOK, "Failed")]
    assert answer == {"status": "Failed", "reason": "it rejects everything"}
    assert "it rejects everything" in caplog.text


def test_a_check_that_breaks_is_a_failure_that_is_told(told, monkeypatch, caplog):
    monkeypatch.delenv("PIXLAKE_NEW_VERSION")

    answer = check_release.handler(HOOK, None)

    assert told == [(HOOK, "Failed")]
    assert "PIXLAKE_NEW_VERSION is not set" in answer["reason"]
    assert "CheckReleaseFunction" in json.dumps(answer)


def test_success_is_told_too(told, monkeypatch):
    monkeypatch.setattr(check_release.release_check, "check", lambda version, noise: None)

    assert check_release.handler(HOOK, None)["status"] == "Succeeded"
    assert told == [(HOOK, "Succeeded")]
