import pytest

from pixlake.localcloud.errors import TemplateError

QUEUES = """
Parameters:
  Stage: {Type: String, Default: dev}
  Timeout: {Type: Number, Default: 45}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Timeout
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: "3"}
  Dead: {Type: AWS::SQS::Queue}
  OnlyProd: {Type: AWS::SQS::Queue, Condition: IsProd}
Outputs:
  Url: {Value: !Ref Work}
  Prod: {Condition: IsProd, Value: !Ref OnlyProd}
"""


def test_given_references_when_created_then_order_types_conditions_and_outputs_hold(deploy, client):
    stack = deploy(QUEUES)
    attributes = client("sqs").get_queue_attributes(QueueUrl=stack.outputs["Url"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "45"
    assert '"maxReceiveCount": 3' in attributes["RedrivePolicy"]
    assert set(stack.outputs) == {"Url"}
    assert stack.parameters() == {"Stage": "dev", "Timeout": "45", "Names": "a,b"}
    assert set(stack.created) == {"Work", "Dead"}


def test_given_the_same_template_twice_when_created_then_generated_names_are_the_same(check):
    first, second = check(QUEUES), check(QUEUES)
    assert first._order(first._resolver(None)) == second._order(second._resolver(None))


def test_given_many_faults_when_checked_then_all_are_named_before_anything_is_created(check):
    with pytest.raises(TemplateError) as error:
        check("""
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, VisibilityTimeout: soon}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled, Mfa: x}}}
  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Bucket.Colour}}
""")
    said = str(error.value)
    assert "Pool (AWS::Cognito::UserPool): the local cloud has no such resource" in said
    assert "Queue (AWS::SQS::Queue): Properties.FifoQueue is not supported" in said
    assert "Properties.VisibilityTimeout: a whole number is wanted, not 'soon'" in said
    assert "Bucket (AWS::S3::Bucket): Properties.VersioningConfiguration.Mfa is not supported" in said
    assert "Fn::GetAtt Bucket.Colour" in said
    assert len(error.value.problems) == 5


def test_given_a_custom_resource_when_checked_then_it_is_refused(check):
    with pytest.raises(TemplateError, match="AWS::CloudFormation::CustomResource"):
        check("Resources: {X: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: x}}}")


def test_given_an_unknown_member_deep_in_an_api_shape_when_checked_then_its_path_is_named(check):
    with pytest.raises(TemplateError, match=r"TableInput\.StorageDescriptor\.SerdeInfo\.Colour is not supported"):
        check("""
Resources:
  T:
    Type: AWS::Glue::Table
    Properties:
      DatabaseName: d
      TableInput: {Name: t, StorageDescriptor: {SerdeInfo: {Colour: red}}}
""")


def test_given_a_missing_property_when_checked_then_it_is_named(check):
    with pytest.raises(TemplateError, match=r"T \(AWS::Glue::Table\): Properties.TableInput is missing"):
        check("Resources: {T: {Type: AWS::Glue::Table, Properties: {DatabaseName: d}}}")


def test_given_a_circle_when_checked_then_it_is_drawn(check):
    with pytest.raises(TemplateError, match=r"wait for each other: .*A.* → .*B"):
        check("""
Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}
  B: {Type: AWS::SQS::Queue, DependsOn: A}
""")


PARENT = """
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child.yaml
      Parameters: {Name: !Ref Bucket}
  Bucket: {Type: AWS::S3::Bucket}
Outputs:
  Queue: {Value: !GetAtt Child.Outputs.QueueName}
"""
CHILD = """
Parameters: {Name: {Type: String, AllowedPattern: '^[a-z0-9-]+$'}}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'of-${Name}'}}
Outputs:
  QueueName: {Value: !GetAtt Queue.QueueName}
"""


def test_given_a_nested_template_when_created_then_parameters_and_outputs_flow(deploy):
    stack = deploy(PARENT, child=CHILD)
    assert stack.outputs["Queue"] == f"of-{stack.created['Bucket'].ref}"
    assert stack.resources()["Child/Queue"].endswith(stack.outputs["Queue"])


def test_given_a_fault_in_a_nested_template_when_checked_then_it_is_found(check):
    with pytest.raises(TemplateError, match=r"child.yaml: Queue .*FifoQueue"):
        check(PARENT, child=CHILD.replace("QueueName: !Sub 'of-${Name}'", "FifoQueue: true"))
    with pytest.raises(TemplateError, match=r"Child.Outputs.QueueName"):
        check(PARENT, child=CHILD.replace("  QueueName: {Value", "  Other: {Value"))
    with pytest.raises(TemplateError, match=r"child.yaml has no parameter Name"):
        check(PARENT, child="Resources: {}\nOutputs: {QueueName: {Value: x}}")


def test_given_a_nested_template_elsewhere_when_checked_then_it_is_refused(check):
    with pytest.raises(TemplateError, match="a nested template is a local path"):
        check(PARENT.replace("child.yaml", "https://example.com/child.yaml"))


def test_given_a_dependency_on_nothing_when_checked_then_it_is_named(check):
    with pytest.raises(TemplateError, match="DependsOn Nobody names no resource"):
        check("Resources: {A: {Type: AWS::SQS::Queue, DependsOn: Nobody}}")
