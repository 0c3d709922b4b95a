"""The package that `make build` has built, and a local cloud that runs it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pixlake.localcloud import sqs_batch
from tests.built.emulator import PYTHON, emulated
from tests.conftest import ROOT
from tests.e2e.conftest import RunningCloud, running, wait_for

BUILT = ROOT / ".aws-sam" / "build"


@pytest.fixture(scope="session")
def built() -> Path:
    assert (BUILT / "template.yaml").exists(), "nothing is built: run `make test-built`"
    return BUILT


@pytest.fixture(scope="session")
def cloud(built) -> Iterator[RunningCloud]:
    """A local cloud of the built template: the built code, run by the runtime's interpreter, checked as a release."""
    template = ("--template", str(built / "template.yaml"))
    with running(*template, "--python", str(PYTHON), "--check-release") as started:
        yield started


class Uploads:
    """A bucket beside the stack's, whose notifications wait for a test: nobody else takes them."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.bucket = "emulated-uploads"
        self._s3, self._sqs = cloud.client("s3"), cloud.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="emulated-uploads")["QueueUrl"]
        names = ["QueueArn"]
        self._arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=names)["Attributes"]["QueueArn"]
        self._s3.create_bucket(Bucket=self.bucket)
        configuration = {"QueueConfigurations": [{"QueueArn": self._arn, "Events": ["s3:ObjectCreated:*"]}]}
        self._s3.put_bucket_notification_configuration(Bucket=self.bucket, NotificationConfiguration=configuration)
        self._received(1)  # S3's s3:TestEvent

    def event(self, **files: bytes) -> dict[str, Any]:
        """Upload the files; the event in which Lambda hands S3's notifications to a function."""
        for key, body in files.items():
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        records = [sqs_batch.record(message, self._arn, "us-east-1") for message in self._received(len(files))]
        return json.loads(sqs_batch.event(records))

    def _received(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(message)
            return len(found) >= count

        wait_for(enough, f"{count} notifications")
        return found


@pytest.fixture(scope="session")
def uploads(cloud) -> Uploads:
    return Uploads(cloud)


@pytest.fixture
def emulate(cloud, built):
    """Start a function of the template by its logical id, with the template's variables as the stack resolved them."""
    described = cloud.describe()["resources"]
    credentials = {name: cloud.env[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")}

    def start(logical_id: str, **changed: str | None):
        configuration = cloud.client("lambda").get_function_configuration(FunctionName=described[logical_id])
        given = configuration["Environment"]["Variables"] | changed
        variables = {name: value for name, value in given.items() if value is not None}
        return emulated(
            built / logical_id,
            configuration["Handler"],
            configuration["MemorySize"],
            configuration["Timeout"],
            {**variables, **credentials, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
        )

    return start
