"""The whole: a template started, used, drained and stopped; the last tests in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from pixlake.localcloud import LocalCloud, LocalCloudError
from pixlake.localcloud.errors import PortTakenError, StateError, TemplateError
from pixlake.localcloud.waiting import wait_until

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  BatchingWindowSeconds: {Type: Number, Default: 300}
  MaxReceiveCount: {Type: Number, Default: 2}
  VisibilityTimeout: {Type: Number, Default: 60}
Resources:
  Inbox:
    Type: AWS::S3::Bucket
    DependsOn: Policy
    Properties:
      BucketName: !Sub "${AWS::StackName}-inbox"
      NotificationConfiguration: {QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Queue.Arn}]}
  Outbox: {Type: AWS::S3::Bucket}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: []}}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref VisibilityTimeout
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: !Ref MaxReceiveCount}
  Dead: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: code/
      Handler: app.handler
      Timeout: 10
      Environment: {Variables: {OUTBOX: !Ref Outbox}}
      Events:
        Uploads:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 20
            MaximumBatchingWindowInSeconds: !Ref BatchingWindowSeconds
            FunctionResponseTypes: [ReportBatchItemFailures]
Outputs:
  Inbox: {Value: !Ref Inbox}
  Outbox: {Value: !Ref Outbox}
  Queue: {Value: !Ref Queue}
  Dead: {Value: !Ref Dead}
"""
HANDLER = """
import json, os, pathlib, time, urllib.parse
import boto3

s3 = boto3.client("s3")

def handler(event, context):
    failures = []
    for record in event["Records"]:
        for upload in json.loads(record["body"]).get("Records", []):
            key = urllib.parse.unquote_plus(upload["s3"]["object"]["key"])
            if key.startswith("slow"):
                print("SLOW", flush=True)
                time.sleep(1)
            if key.startswith("crash"):
                os._exit(1)
            if key.startswith("bad"):
                failures.append({"itemIdentifier": record["messageId"]})
                continue
            body = s3.get_object(Bucket=upload["s3"]["bucket"]["name"], Key=key)["Body"].read()
            s3.put_object(Bucket=os.environ["OUTBOX"], Key=key, Body=body.upper())
    return {"batchItemFailures": failures}
"""


@pytest.fixture
def template(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(HANDLER)
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def run(template):
    """Start the command in a process of its own, with an AWS profile that does not exist."""
    processes = []

    def run(*arguments):
        command = [sys.executable, "-m", "pixlake.localcloud", "--template", str(template), *arguments]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        environment["AWS_PROFILE"] = "nobody"
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def results(cloud):
    listing = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["Outbox"])
    return {found["Key"] for found in listing.get("Contents", [])}


def put(cloud, *keys):
    for key in keys:
        cloud.client("s3").put_object(Bucket=cloud.outputs["Inbox"], Key=key, Body=b"body")


def dead(cloud):
    messages = (
        cloud.client("sqs").receive_message(QueueUrl=cloud.outputs["Dead"], MaxNumberOfMessages=10).get("Messages", [])
    )
    bodies = [json.loads(message["Body"]) for message in messages]  # S3's test event may have been in a bad batch
    return [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", [])]


def test_given_a_template_when_objects_are_put_then_the_function_handles_them_and_failures_end_in_the_dlq(template):
    steps = []
    # Long enough for a cold start on a busy machine: a message must not come back while it is worked on.
    parameters = {"VisibilityTimeout": 6, "MaxReceiveCount": 1}
    with LocalCloud(template, parameters, progress=steps.append) as cloud:
        with urllib.request.urlopen(cloud.endpoint_url + "/_pixlake/outputs") as answer:
            told = json.loads(answer.read())
        assert told["outputs"] == cloud.outputs
        assert told["resources"]["Inbox"] == "pixlake-inbox"
        put(cloud, "a b+c%41/ü.txt", "bad", "plain")
        cloud.wait_until(lambda: results(cloud) == {"a b+c%41/ü.txt", "plain"}, 20, "results")
        body = cloud.client("s3").get_object(Bucket=cloud.outputs["Outbox"], Key="plain")["Body"].read()
        assert body == b"BODY"
        assert cloud.wait_until(lambda: dead(cloud), 20, "the bad upload in the DLQ") == ["bad"]
        logs = "".join(path.read_text() for path in cloud.log_folder.iterdir())
        assert "REPORT RequestId" in logs
    assert steps[0] == "Reading template.yaml"
    assert not cloud.log_folder.exists()


def test_given_a_crash_when_a_batch_is_handled_then_its_messages_come_back_until_the_dlq_takes_them(template):
    with LocalCloud(template, {"VisibilityTimeout": 1}) as cloud:
        put(cloud, "crash")
        assert cloud.wait_until(lambda: dead(cloud), 20, "the crashing upload in the DLQ") == ["crash"]
        put(cloud, "after")
        cloud.wait_until(lambda: results(cloud) == {"after"}, 20, "the next upload's result")


def test_given_a_batch_at_work_when_stopped_then_it_is_finished_and_with_a_directory_everything_is_back(
    template, tmp_path
):
    data = tmp_path / "data"
    with LocalCloud(template, data_dir=data) as cloud:
        put(cloud, "slow")
        (log,) = cloud.wait_until(lambda: list((data / "logs").iterdir()), 20, "the function's log")
        cloud.wait_until(lambda: "SLOW" in log.read_text(), 20, "the batch at work")
        cloud.stop()
    with LocalCloud(template, data_dir=data) as cloud:
        assert results(cloud) == {"slow"}
        queue = cloud.client("sqs").get_queue_attributes(QueueUrl=cloud.outputs["Queue"], AttributeNames=["All"])
        assert queue["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"
        put(cloud, "more")
        cloud.wait_until(lambda: results(cloud) == {"slow", "more"}, 20, "a result after the restart")


def test_given_rows_and_a_disk_that_refuse_when_stopped_then_both_losses_are_named_and_nothing_is_left(
    template, tmp_path, monkeypatch
):
    steps = []
    cloud = LocalCloud(template, data_dir=tmp_path / "data", progress=steps.append).start()
    monkeypatch.setattr(cloud._firehose, "flush", lambda: 3)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StateError, match=r"could not be saved .*No space left"):
            cloud.stop()
    assert "Not kept: 3 rows that S3 did not take from the delivery streams" in steps
    with LocalCloud(template, data_dir=tmp_path / "data"):
        pass


def test_given_two_clouds_when_started_then_the_second_is_refused_by_process_directory_and_port(
    template, run, tmp_path
):
    with LocalCloud(template, data_dir=tmp_path / "data") as cloud:
        with pytest.raises(LocalCloudError, match="runs a local cloud already"):
            LocalCloud(template).start()
        port = cloud.endpoint_url.rsplit(":", 1)[1]
        for arguments, said in (
            (["--port", "0", "--data", str(tmp_path / "data")], "in use"),
            (["--port", port], "is taken"),
        ):
            second = run(*arguments)
            output, errors = second.communicate(timeout=20)
            assert second.returncode == 1
            assert said in errors
            assert "Traceback" not in errors
            assert output == ""


def test_given_a_fault_when_started_then_nothing_is_left_and_a_good_start_works(template, tmp_path):
    with pytest.raises(TemplateError, match="no parameter Windoww"):
        LocalCloud(template, {"Windoww": 1}).start()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.json").write_text("{")
    with pytest.raises(StateError, match="damaged"):
        LocalCloud(template, data_dir=tmp_path / "data").start()
    with LocalCloud(template) as cloud:
        port = int(cloud.endpoint_url.rsplit(":", 1)[1])
    with LocalCloud(template, port=port) as cloud:
        assert cloud.endpoint_url.endswith(f":{port}")
    assert issubclass(PortTakenError, LocalCloudError)


def children(pid):
    found = subprocess.run(["pgrep", "--parent", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_given_the_command_when_signalled_then_it_drains_stops_and_leaves_no_process(run, number):
    process = run("--port", "0")
    line = process.stdout.readline()
    assert line.startswith("pixlake ready http://127.0.0.1:")
    endpoint = line.split()[2]
    request = urllib.request.Request(f"{endpoint}/pixlake-inbox/slow", data=b"x", method="PUT")
    urllib.request.urlopen(request).close()
    (child,) = wait_until(lambda: children(process.pid), 20, "the function's process")
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert output == ""
    assert "Letting running batches finish" in errors
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
