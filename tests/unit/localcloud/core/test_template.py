from pathlib import Path

import pytest

from pixlake.localcloud import template
from pixlake.localcloud.errors import TemplateError, UnsupportedError

SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Batch: {Type: Number, Default: 7}
Globals:
  Function: {Runtime: python3.13, CodeUri: code/}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Policies: [AmazonS3ReadOnlyAccess, {SQSPollerPolicy: {QueueName: !GetAtt Queue.QueueName}}]
      Events:
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: !Ref Batch}}
"""


def load(tmp_path, text, given=None):
    path = tmp_path / "template.yaml"
    path.write_text(text)
    return template.load(path, given or {}, "us-east-1")


def test_given_a_sam_function_when_loaded_then_it_is_plain_cloudformation_with_local_code(tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    loaded = load(tmp_path, SAM)
    kinds = {name: resource["Type"] for name, resource in loaded.resources.items()}
    assert kinds == {
        "Queue": "AWS::SQS::Queue",
        "Work": "AWS::Lambda::Function",
        "WorkRole": "AWS::IAM::Role",
        "WorkJobs": "AWS::Lambda::EventSourceMapping",
    }
    assert template.local_code(loaded.resources["Work"]["Properties"]["Code"]) == tmp_path / "code"
    assert loaded.parameters == {"Batch": "7"}


def test_given_a_code_folder_with_odd_characters_when_loaded_then_its_path_survives(tmp_path):
    folder = tmp_path / "my code ü%20"
    folder.mkdir()
    loaded = load(tmp_path, SAM.replace("code/", "'my code ü%20'"))
    assert template.local_code(loaded.resources["Work"]["Properties"]["Code"]) == folder


def test_given_a_broken_sam_resource_when_loaded_then_sams_reason_is_told(tmp_path):
    with pytest.raises(TemplateError, match=r"Work.*Handler"):
        load(tmp_path, SAM.replace("      Handler: app.handler\n", ""))


def test_given_every_tag_when_read_then_it_is_the_long_form(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("A: [!Ref x, !GetAtt x.Outputs.y, !Sub '${x}', !If [c, 1, 2], !Condition c, !Not [!Equals [a, b]]]")
    assert template.read(path)["A"] == [
        {"Ref": "x"},
        {"Fn::GetAtt": ["x", "Outputs.y"]},
        {"Fn::Sub": "${x}"},
        {"Fn::If": ["c", 1, 2]},
        {"Condition": "c"},
        {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]},
    ]


def test_given_a_date_without_quotes_when_read_then_it_stays_text(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("Version: 2012-10-17")
    assert template.read(path) == {"Version": "2012-10-17"}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("Resources: [", TemplateError, "not valid YAML"),
        ("just text", TemplateError, "no sections"),
        ("Resourcess: {}", UnsupportedError, "section Resourcess"),
        ("Transform: MyMacro\nResources: {}", UnsupportedError, "transform MyMacro"),
    ],
)
def test_given_a_template_that_cannot_be_used_when_loaded_then_the_error_says_why(tmp_path, text, error, said):
    with pytest.raises(error, match=said):
        load(tmp_path, text)


def test_given_no_file_when_read_then_the_error_names_it():
    with pytest.raises(TemplateError, match=r"nowhere\.yaml cannot be read"):
        template.read(Path("/nowhere.yaml"))
