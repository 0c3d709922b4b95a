import json

import pytest

from pixlake.localcloud.errors import TemplateError

BUCKET = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: "true", BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      CorsConfiguration:
        CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ["*"], MaxAge: 60, ExposedHeaders: [ETag]}]
      LifecycleConfiguration: {Rules: [{Id: x, Status: Enabled, ExpirationInDays: 1}]}
      Tags: [{Key: team, Value: data}]
      NotificationConfiguration:
        EventBridgeConfiguration: {EventBridgeEnabled: true}
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt Queue.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .jpg}]}}
        TopicConfigurations: [{Event: "s3:ObjectRemoved:*", Topic: !Ref Topic}]
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: "s3:*"
            Resource: "*"
            Condition: {Bool: {"aws:SecureTransport": "false"}}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
"""


def test_given_a_bucket_when_created_then_every_setting_is_there(deploy, client):
    stack = deploy(BUCKET)
    s3, name = client("s3"), stack.created["Bucket"].ref
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    assert s3.get_bucket_cors(Bucket=name)["CORSRules"][0]["ExposeHeaders"] == ["ETag"]
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "data"}]
    notification = s3.get_bucket_notification_configuration(Bucket=name)
    (to_queue,) = notification["QueueConfigurations"]
    assert to_queue["QueueArn"] == stack.created["Queue"].attributes["Arn"]
    assert to_queue["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "in/"},
        {"Name": "Suffix", "Value": ".jpg"},
    ]
    assert notification["TopicConfigurations"][0]["TopicArn"] == stack.created["Topic"].ref


def test_given_a_policy_that_denies_plain_http_when_created_then_the_bucket_still_takes_objects(deploy, client):
    stack = deploy(BUCKET)
    client("s3").put_object(Bucket=stack.created["Bucket"].ref, Key="a", Body=b"a")


def test_given_queues_topics_and_rules_when_created_then_messages_pass(deploy, client):
    stack = deploy("""
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {ReceiveMessageWaitTimeSeconds: 0, SqsManagedSseEnabled: true}}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument: {Statement: [{Sid: s, Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*"}]}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: hello}}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: {Statement: [{Sid: s, Effect: Allow, Principal: "*", Action: "sns:Publish", Resource: "*"}]}
  Raw:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: alerts}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [shop]}
      Targets: [{Id: queue, Arn: !GetAtt Queue.Arn}]
""")
    client("sns").publish(TopicArn=stack.created["Topic"].ref, Message="raw text")
    client("events").put_events(
        Entries=[
            {"EventBusName": "alerts", "Source": "shop", "DetailType": "Sale", "Detail": '{"n": 1}'},
            {"EventBusName": "alerts", "Source": "else", "DetailType": "Sale", "Detail": '{"n": 2}'},
        ]
    )
    received = client("sqs").receive_message(QueueUrl=stack.created["Queue"].ref, MaxNumberOfMessages=10)["Messages"]
    bodies = [message["Body"] for message in received]
    assert bodies[0] == "raw text"
    (event,) = [json.loads(body) for body in bodies[1:]]
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "Sale", {"n": 1})


def test_given_the_catalogue_when_created_then_glue_and_athena_know_it(deploy, client):
    stack = deploy("""
Resources:
  Db: {Type: AWS::Glue::Database, Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: lake}}}
  Table:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Db
      TableInput:
        Name: rows
        TableType: EXTERNAL_TABLE
        Parameters: {projection.enabled: true}
        PartitionKeys: [{Name: dt, Type: string}]
        StorageDescriptor: {Location: s3://b/rows/, Columns: [{Name: n, Type: bigint, Comment: c}]}
  Group:
    Type: AWS::Athena::WorkGroup
    Properties:
      Name: analysts
      WorkGroupConfiguration:
        BytesScannedCutoffPerQuery: "10000000"
        EnforceWorkGroupConfiguration: true
        ResultConfiguration: {OutputLocation: s3://b/r/}
  Query:
    Type: AWS::Athena::NamedQuery
    Properties: {Name: count, Database: !Ref Db, WorkGroup: !Ref Group, QueryString: SELECT 1}
""")
    table = client("glue").get_table(DatabaseName="lake", Name="rows")["Table"]
    assert table["Parameters"] == {"projection.enabled": "true"}
    assert table["StorageDescriptor"]["Columns"][0]["Type"] == "bigint"
    group = client("athena").get_work_group(WorkGroup="analysts")["WorkGroup"]["Configuration"]
    assert group["BytesScannedCutoffPerQuery"] == 10_000_000
    query = client("athena").get_named_query(NamedQueryId=stack.created["Query"].ref)["NamedQuery"]
    assert query["QueryString"] == "SELECT 1"


def test_given_roles_tables_logs_and_alarms_when_created_then_they_can_be_read_back(deploy, client):
    stack = deploy("""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: x.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AWSLambdaExecute"]
      Policies:
        - PolicyName: inline
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Role]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}
  Cache:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: "7"}}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Logs, LogStreamName: s}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      {Namespace: n, MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 0,
       ComparisonOperator: GreaterThanThreshold}
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties: {DashboardName: all, DashboardBody: !Sub '{"widgets": [{"type": "text", "alarm": "${Alarm.Arn}"}]}'}
""")
    role = stack.created["Role"].ref
    assert set(client("iam").list_role_policies(RoleName=role)["PolicyNames"]) == {"inline", "more"}
    assert len(client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1
    table = stack.created["Cache"].ref
    assert (
        client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]["AttributeName"] == "expires"
    )
    (group,) = client("logs").describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (stack.created["Logs"].ref, 7)
    (alarm,) = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == (stack.created["Alarm"].ref, 0)
    body = json.loads(client("cloudwatch").get_dashboard(DashboardName=stack.created["Dashboard"].ref)["DashboardBody"])
    assert body["widgets"][0]["alarm"] == stack.created["Alarm"].attributes["Arn"]


def test_a_dashboard_that_is_no_json_is_refused_before_anything_is_created(check):
    with pytest.raises(TemplateError, match=r"Board .*DashboardBody is not JSON"):
        check("""
Resources:
  Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: "{"}}
""")


TABLE = """
Resources:
  Attempts:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: day, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: day, KeyType: RANGE}]
      TableClass: STANDARD_INFREQUENT_ACCESS
      DeletionProtectionEnabled: "true"
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7}
      SSESpecification: {SSEEnabled: true, SSEType: KMS}
      Tags: [{Key: owner, Value: us}]
Outputs:
  Name: {Value: !Ref Attempts}
  Arn: {Value: !GetAtt Attempts.Arn}
"""


def test_given_a_table_when_created_then_dynamodb_says_of_it_what_the_template_says(deploy, client):
    outputs = deploy(TABLE).outputs
    table = client("dynamodb").describe_table(TableName=outputs["Name"])["Table"]
    assert table["TableArn"] == outputs["Arn"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["id", "day"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    ttl = client("dynamodb").describe_time_to_live(TableName=outputs["Name"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = client("dynamodb").describe_continuous_backups(TableName=outputs["Name"])
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert client("dynamodb").list_tags_of_resource(ResourceArn=outputs["Arn"])["Tags"] == [
        {"Key": "owner", "Value": "us"}
    ]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("Tags:", "StreamSpecification: {StreamViewType: NEW_IMAGE}\n      Tags:", "StreamSpecification"),
        ("AttributeName: expires, Enabled: true", "AttributeName: expires, Seconds: 5, Enabled: true", "Seconds"),
        ("SSEType: KMS", "SSEType: KMS, SseType: KMS", "SseType"),
    ],
)
def test_given_a_tables_property_that_is_not_supported_when_checked_then_it_is_refused_by_name(check, old, new, named):
    with pytest.raises(TemplateError, match=rf"Attempts.*{named} is not supported"):
        check(TABLE.replace(old, new))


def test_given_a_function_and_its_mapping_when_created_then_they_are_noted_with_the_templates_settings(
    deploy, site, tmp_path
):
    (tmp_path / "code").mkdir()
    stack = deploy("""
Transform: AWS::Serverless-2016-10-31
Parameters: {Window: {Type: Number, Default: 2}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: code/
      Handler: app.handler
      Timeout: 9
      MemorySize: "512"
      LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: WARN, SystemLogLevel: WARN}
      Environment: {Variables: {QUEUE: !Ref Queue, LIMIT: 5}}
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 50
            MaximumBatchingWindowInSeconds: !Ref Window
            ScalingConfig: {MaximumConcurrency: 4}
            FunctionResponseTypes: [ReportBatchItemFailures]
""")
    (function,) = site.functions
    assert (function.timeout_seconds, function.memory_mb, function.code) == (9, 512, tmp_path / "code")
    assert function.variables == {"QUEUE": stack.created["Queue"].ref, "LIMIT": "5"}
    assert (function.log_format, function.log_level) == ("JSON", "WARN")
    (mapping,) = site.mappings
    assert (mapping.batch_size, mapping.window_seconds, mapping.maximum_concurrency) == (50, 2, 4)
    assert mapping.report_batch_item_failures
    assert mapping.function_name == function.name


FUNCTION = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Work: {Type: AWS::Lambda::Function, Properties: {Handler: a.b, Runtime: python3.13, Code: {ZipFile: x}, %s}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Work, %s}}
  Rule: {Type: AWS::Events::Rule, Properties: {%s}}
"""


@pytest.mark.parametrize(
    ("function", "mapping", "rule", "said"),
    [
        ("Timeout: 3", "EventSourceArn: !GetAtt Queue.Arn", "EventPattern: {}", "runs code from a local folder"),
        ("Layers: [x]", "EventSourceArn: !GetAtt Queue.Arn", "EventPattern: {}", "Properties.Layers is not supported"),
        ("Timeout: 3", "EventSourceArn: !Ref Topic", "EventPattern: {}", "polls SQS queues only"),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn, BatchSize: 11",
            "EventPattern: {}",
            "BatchSize over 10 needs",
        ),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn, FilterCriteria: {Filters: []}",
            "EventPattern: {}",
            "FilterCriteria is not supported",
        ),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn",
            "ScheduleExpression: cron(0 3 * * ? *)",
            r"'cron.0 3 . . . ..' is not supported by the local cloud: write rate",
        ),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn",
            "ScheduleExpression: rate(1 day), EventPattern: {}",
            "an EventPattern or a ScheduleExpression",
        ),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn",
            "ScheduleExpression: rate(1 day), Targets: [{Id: x, Arn: !GetAtt Queue.Arn}]",
            "delivers schedules to Lambda functions only",
        ),
        (
            "Timeout: 3",
            "EventSourceArn: !GetAtt Queue.Arn",
            "EventPattern: {}, Targets: [{Id: x, Arn: !Ref Topic}]",
            "delivers events to SQS queues only",
        ),
    ],
)
def test_given_what_has_no_local_form_when_checked_then_it_is_refused_by_name(check, function, mapping, rule, said):
    with pytest.raises(TemplateError, match=said):
        check(FUNCTION % (function, mapping, rule))


def test_given_a_container_or_another_language_when_checked_then_it_is_refused(check):
    properties = "{Handler: a.b, Runtime: nodejs22.x, Code: {ZipFile: x}, PackageType: Image}"
    text = f"Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {properties}}}}}"
    with pytest.raises(TemplateError, match="PackageType: Image is not supported") as error:
        check(text)
    assert "only python3.x" in str(error.value)
