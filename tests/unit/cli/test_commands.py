"""The command line against moto, and what it says when something is missing."""

import io
import json

import boto3
import pytest
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from pixlake.cli import app, env, environment, query, upload
from pixlake.cli.tables import records_table
from pixlake.cli.terminal import CommandError, counted, human_bytes
from pixlake.cli.up import parsed
from pixlake.connection.entry import Keys, Kind
from pixlake.doctor.deployment import Deployment

OUTPUTS = {output: f"the-{output}" for output in environment.FROM_OUTPUTS.values()}


@pytest.fixture
def run(monkeypatch):
    for variable in environment.FROM_OUTPUTS:
        monkeypatch.delenv(variable, raising=False)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def test_uploads_reach_the_bucket_with_their_content_type(run, tmp_path):
    (tmp_path / "a b.jpg").write_bytes(b"x")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="uploads")

        result = run("upload", tmp_path, "--bucket", "uploads", "--json")

        stored = boto3.client("s3").get_object(Bucket="uploads", Key="a b.jpg")
        assert (stored["Body"].read(), stored["ContentType"]) == (b"x", "image/jpeg")
    assert json.loads(result.stdout) == {"path": str(tmp_path / "a b.jpg"), "bucket": "uploads", "key": "a b.jpg"}


def test_an_upload_says_how_many_files_went_where_and_what_it_left_out(run, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="uploads")

        result = run("upload", tmp_path, "--bucket", "uploads")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "left out 1 file not named like an image" in result.stderr
    assert "1 of 1 file uploaded to s3://uploads/ (1 B)" in result.stderr


def test_a_bug_in_an_upload_is_not_taken_for_a_failed_file(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"x")
    monkeypatch.setattr("mimetypes.guess_type", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        list(upload.run(upload.plan([tmp_path]), "uploads"))


def test_a_failed_upload_is_named_and_the_others_go_on(run, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    with mock_aws():
        result = run("upload", tmp_path, "--bucket", "absent")

    assert isinstance(result.exception, CommandError)
    assert "1 file not uploaded" in str(result.exception)
    assert "a.jpg" in result.stderr


def test_what_boto_says_of_a_name_is_shown_as_it_is(run, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")

    result = run("upload", tmp_path, "--bucket", "no name")

    assert isinstance(result.exception, CommandError)
    assert "Invalid bucket name" in result.stderr  # with a regular expression, whose brackets are no markup


@pytest.mark.parametrize("command", [("query", "SELECT 1"), ("upload", __file__)])
def test_without_an_environment_the_command_says_how_to_get_one(run, command):
    result = run(*command)

    assert isinstance(result.exception, CommandError)
    assert "eval $(pixlake env)" in str(result.exception)


def test_env_without_a_local_cloud_says_how_to_start_one(run):
    result = run("env", "--port", "1")

    assert "Start it with `pixlake up`" in str(result.exception)


def test_env_reads_a_deployed_stack(run):
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in OUTPUTS.items()},
    }
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="lake", TemplateBody=json.dumps(template))

        result = run("env", "--stack", "lake")

    assert "export PIXLAKE_UPLOAD_BUCKET=the-UploadBuckets" in result.stdout.splitlines()
    assert "export PIXLAKE_STACK=lake" in result.stdout.splitlines()
    assert "AWS_ENDPOINT_URL" not in result.stdout


def test_a_deployment_reads_its_stacks_parameters_as_they_are_in_force(monkeypatch):
    template = {
        "Parameters": {
            "ExistingBuckets": {"Type": "String", "Default": ""},  # moto describes a list as Python would
            "Entry": {"Type": "String", "Default": "notification"},
            "KeySuffix": {"Type": "String", "Default": ".jpg"},
        },
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    given = [{"ParameterKey": "ExistingBuckets", "ParameterValue": "photos, scans"}]
    with mock_aws():
        boto3.client("cloudformation").create_stack(
            StackName="lake", TemplateBody=json.dumps(template), Parameters=given
        )
        monkeypatch.setenv("PIXLAKE_STACK", "lake")

        found = Deployment().uploads

    assert (found.existing, found.kind, found.keys) == (("photos", "scans"), Kind.NOTIFICATION, Keys("", ".jpg"))


def test_a_deployment_without_the_parameters_has_the_stacks_own_bucket(monkeypatch):
    monkeypatch.setenv("PIXLAKE_UPLOAD_BUCKETS", "own")
    for parameters in ({}, {"ExistingBuckets": "", "KeyPrefix": ""}):
        deployment = Deployment()
        deployment.parameters = parameters

        assert (deployment.upload_buckets, deployment.uploads.keys) == (("own",), Keys())


def test_one_upload_bucket_is_the_one_to_upload_to_and_of_several_one_must_be_named(monkeypatch):
    one, several = (environment.from_outputs(OUTPUTS | {"UploadBuckets": names}) for names in ("one", "one,two"))

    assert (one["PIXLAKE_UPLOAD_BUCKET"], one["PIXLAKE_UPLOAD_BUCKETS"]) == ("one", "one")
    assert several["PIXLAKE_UPLOAD_BUCKET"] == "", "none of another stack stays set"
    for name, value in several.items():
        monkeypatch.setenv(name, value)
    assert environment.upload_buckets() == ("one", "two")
    with pytest.raises(CommandError, match="name one, one or two"):
        environment.upload_bucket()
    monkeypatch.setenv("PIXLAKE_UPLOAD_BUCKET", "two")
    assert environment.upload_bucket() == "two"


def test_a_foreign_stack_is_told_from_ours():
    with pytest.raises(CommandError, match="is it a pixlake stack"):
        environment.from_outputs({"Other": "x"})
    with mock_aws(), pytest.raises(CommandError, match="cannot be described"):
        env.stack_outputs("absent")


def test_sql_comes_from_an_argument_or_a_file(tmp_path):
    (tmp_path / "q.sql").write_text("SELECT 1")

    assert query.text(str(tmp_path / "q.sql")) == query.text("SELECT 1") == "SELECT 1"
    with pytest.raises(CommandError, match="No such file"):
        query.text(str(tmp_path / "absent.sql"))


def test_a_table_of_no_rows_has_its_columns():
    assert [str(column.header) for column in records_table(["a", "b"], [], width=80).columns] == ["a", "b"]


def test_a_result_of_many_columns_is_shown_a_block_a_row():
    console = Console(width=40, record=True, file=io.StringIO())

    console.print(records_table([f"column_{n}" for n in range(9)], [range(9), [None] * 9], console.width))

    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["column_3", "3"] in lines
    assert ["column_8", "–"] in lines


def test_sizes_and_counts_read_as_people_write_them():
    assert [human_bytes(n) for n in (0, 999, 1_400, 250_000, 3e12)] == ["0 B", "999 B", "1.4 KB", "250 KB", "3.0 TB"]
    assert (counted(1, "file"), counted(1200, "row")) == ("1 file", "1,200 rows")


def test_parameters_are_pairs():
    assert parsed(["A=1", "B=x=y"]) == {"A": "1", "B": "x=y"}
    with pytest.raises(CommandError, match="write Name=Value"):
        parsed(["A"])
