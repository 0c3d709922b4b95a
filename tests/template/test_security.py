"""Who may do what, and what is encrypted by what: template.yaml resolved with and without a key of the owner's."""

import json
import re

import pytest

from tests.conftest import ROOT
from tests.template.conftest import resolve

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_OF = {
    "AWS::S3::Bucket": lambda p: p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ].get("KMSMasterKeyID"),
    "AWS::SQS::Queue": lambda p: p.get("KmsMasterKeyId"),
    "AWS::SNS::Topic": lambda p: p.get("KmsMasterKeyId"),
    "AWS::DynamoDB::Table": lambda p: p.get("SSESpecification", {}).get("KMSMasterKeyId"),
    "AWS::KinesisFirehose::DeliveryStream": lambda p: p["DeliveryStreamEncryptionConfigurationInput"].get("KeyARN"),
    "AWS::Logs::LogGroup": lambda p: p.get("KmsKeyId"),
    "AWS::Events::EventBus": lambda p: p.get("KmsKeyIdentifier"),
}
"""How a resource that holds data names its key."""

DYNAMODB = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
"""What DynamoDB documents as the least for those in whose name it uses a key."""

NEEDED_OF_KMS = {
    "s3:GetObject": {"kms:Decrypt"},
    "s3:PutObject": {"kms:GenerateDataKey", "kms:Decrypt"},  # Decrypt: uploads in parts
    "sqs:ReceiveMessage": {"kms:Decrypt"},
    "sqs:SendMessage": {"kms:GenerateDataKey", "kms:Decrypt"},
    "sqs:StartMessageMoveTask": {"kms:GenerateDataKey", "kms:Decrypt"},
}
"""What a caller needs of the key, by what it does."""

SERVICES_WITH_THE_KEY = {
    "AWS::S3::Bucket": "s3.amazonaws.com",  # notifies an encrypted queue
    "AWS::Logs::LogGroup": "logs.us-east-1.amazonaws.com",
    "AWS::SNS::Topic": "sns.amazonaws.com",
    "AWS::CloudWatch::Alarm": "cloudwatch.amazonaws.com",  # publishes to an encrypted topic
    "AWS::Events::EventBus": "events.amazonaws.com",
    "AWS::Events::Rule": "events.amazonaws.com",
}
"""Who uses the key in nobody's name, so that the key's own policy must allow it."""


@pytest.fixture(scope="module")
def with_key():
    return resolve(KmsKeyArn=KEY, AlarmEmail="ops@example.org")


def of_type(resources, kind):
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


def polling(resources, mapping):
    """The function behind an event source mapping, which may name its alias."""
    name = mapping["FunctionName"]
    return resources[name]["Properties"]["FunctionName"] if resources[name]["Type"] == "AWS::Lambda::Alias" else name


def as_list(value):
    return value if isinstance(value, list) else [value]


def resource_policies(resources, kind, target):
    """Statements of bucket or queue policies, by the resource that they guard."""
    guarded = {}
    for properties in of_type(resources, kind).values():
        for name in as_list(properties[target]):
            guarded.setdefault(name, []).extend(properties["PolicyDocument"]["Statement"])
    return guarded


def statements(resources, role):
    """A role's own statements, inline or in policies of their own."""
    documents = [policy["PolicyDocument"] for policy in resources[role]["Properties"].get("Policies", [])]
    documents += [p["PolicyDocument"] for p in of_type(resources, "AWS::IAM::Policy").values() if role in p["Roles"]]
    return [statement for document in documents for statement in document["Statement"]]


def kms(found):
    """KMS actions by the service through which alone they are allowed."""
    allowed = {}
    for statement in found:
        if any(action.startswith("kms:") for action in as_list(statement["Action"])):
            assert statement["Resource"] == KEY
            for service in as_list(statement["Condition"]["StringEquals"]["kms:ViaService"]):
                allowed.setdefault(service.split(".")[0], set()).update(as_list(statement["Action"]))
    return allowed


class TestBuckets:
    def test_are_private_encrypted_and_owned_by_their_owner(self, resolved):
        for name, bucket in of_type(resolved, "AWS::S3::Bucket").items():
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
            assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
            assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}, name

    def test_are_reached_by_tls_only(self, resolved):
        policies = resource_policies(resolved, "AWS::S3::BucketPolicy", "Bucket")
        for name in of_type(resolved, "AWS::S3::Bucket"):
            assert {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"{name}.Arn", f"{name}.Arn/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            } in policies[name]
            assert {statement["Effect"] for statement in policies[name]} == {"Deny"}, "nobody is let in by the bucket"

    def test_the_lake_keeps_versions(self, resolved):
        lake = of_type(resolved, "AWS::S3::Bucket")["LakeBucket"]
        assert lake["VersioningConfiguration"] == {"Status": "Enabled"}

    def test_an_upload_under_a_key_that_the_scorer_lacks_is_refused(self, resolved, with_key):
        def refusals(resources):
            found = resource_policies(resources, "AWS::S3::BucketPolicy", "Bucket")["UploadBucket"]
            return {s["Sid"]: s["Condition"] for s in found if s["Action"] == "s3:PutObject"}

        algorithm = "s3:x-amz-server-side-encryption-customer-algorithm"
        key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        assert refusals(resolved) == {
            "NoKeyOfTheUploaders": {"Null": {algorithm: "false"}},
            "NoOtherKmsKey": {"Null": {key: "false"}},
        }
        assert refusals(with_key)["NoOtherKmsKey"] == {"Null": {key: "false"}, "StringNotEquals": {key: KEY}}


class TestQueues:
    def test_are_encrypted_and_reached_by_tls_only(self, resolved):
        policies = resource_policies(resolved, "AWS::SQS::QueuePolicy", "Queues")
        for name, queue in of_type(resolved, "AWS::SQS::Queue").items():
            assert queue["SqsManagedSseEnabled"] is True, name
            assert {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": f"{name}.Arn",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            } in policies[name]

    def test_take_messages_of_the_upload_bucket_in_this_account_only(self, resolved):  # other entries: test_entries.py
        policies = resource_policies(resolved, "AWS::SQS::QueuePolicy", "Queues")
        allowed = [each for found in policies.values() for each in found if each["Effect"] == "Allow"]
        bucket = of_type(resolved, "AWS::S3::Bucket")["UploadBucket"]["BucketName"]
        assert allowed == [
            {
                "Sid": "UploadsAreAnnounced",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "UploadQueue.Arn",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                    # A bucket's name says nothing of its owner: once deleted, anybody may take it.
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                },
            }
        ]


def test_every_log_group_forgets(resolved):
    groups = of_type(resolved, "AWS::Logs::LogGroup")
    assert {name for name, group in groups.items() if group.get("RetentionInDays") != "30"} == set()
    for name, function in of_type(resolved, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogGroup"] in groups, f"{name} would log to a group that keeps all for ever"


def test_the_stream_encrypts_what_it_buffers(resolved):
    (stream,) = of_type(resolved, "AWS::KinesisFirehose::DeliveryStream").values()
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


class TestKey:
    def test_is_the_key_of_everything_that_holds_data(self, with_key, resolved):
        for kind, key_of in KEY_OF.items():
            assert {name for name, p in of_type(with_key, kind).items() if key_of(p) != KEY} == set(), kind
            assert {name for name, p in of_type(resolved, kind).items() if key_of(p) is not None} == set(), kind

    def test_displaces_the_queues_own_encryption_and_saves_calls_of_kms(self, with_key):
        for queue in of_type(with_key, "AWS::SQS::Queue").values():
            assert "SqsManagedSseEnabled" not in queue  # SQS takes one kind only
        for bucket in of_type(with_key, "AWS::S3::Bucket").values():
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert rule["BucketKeyEnabled"] is True
            assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"

    def test_may_be_used_by_each_role_through_the_services_that_it_uses(self, with_key):
        polled = {polling(with_key, each) for each in of_type(with_key, "AWS::Lambda::EventSourceMapping").values()}
        consumers = {with_key[name]["Properties"]["Role"].removesuffix(".Arn") for name in polled}
        holders = {name: statements(with_key, name) for name in of_type(with_key, "AWS::IAM::Role")}
        holders["AnalystPolicy"] = with_key["AnalystPolicy"]["Properties"]["PolicyDocument"]["Statement"]

        for name, found in holders.items():
            actions = {action for statement in found for action in as_list(statement["Action"])}
            needed = {}
            for action in actions | ({"sqs:ReceiveMessage"} if name in consumers else set()):
                if uses := NEEDED_OF_KMS.get(action, DYNAMODB if action.startswith("dynamodb:") else None):
                    needed.setdefault(action.split(":")[0], set()).update(uses)
            assert kms(found) == needed, name

    def test_is_no_concern_of_any_role_without_it(self, resolved):
        assert "kms:" not in json.dumps([resolved[name] for name in resolved if "LogGroup" not in name])

    def test_encrypts_query_results(self, with_key):
        given = with_key["Catalog"]["Properties"]["Parameters"]
        assert given["KmsKeyArn"] == KEY
        for key, expected in (
            (KEY, {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}),
            ("", {"EncryptionOption": "SSE_S3"}),
        ):
            work_group = resolve("athena/catalog.yaml", **{**given, "KmsKeyArn": key})["WorkGroup"]["Properties"]
            configuration = work_group["WorkGroupConfiguration"]
            assert configuration["ResultConfiguration"]["EncryptionConfiguration"] == expected
            assert configuration["EnforceWorkGroupConfiguration"] is True

    @pytest.mark.parametrize("text", ["alias/lake", "arn:aws:kms:us-east-1:123456789012:alias/lake", "1234abcd"])
    def test_is_named_by_its_arn(self, text):
        with pytest.raises(Exception, match="KmsKeyArn"):
            resolve(KmsKeyArn=text)


def test_the_key_policy_in_the_documentation_names_every_service_that_uses_the_key(with_key):
    (block,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "security.md").read_text(), re.DOTALL)
    documented = {service for each in json.loads(block) for service in as_list(each["Principal"]["Service"])}

    kinds = {resource["Type"] for resource in with_key.values()}
    assert {service for kind, service in SERVICES_WITH_THE_KEY.items() if kind in kinds} <= documented


class TestRoles:
    def test_allow_no_action_by_wildcard(self, resolved):
        for name in of_type(resolved, "AWS::IAM::Role"):
            for statement in statements(resolved, name):
                assert statement["Effect"] == "Allow"
                assert not [action for action in as_list(statement["Action"]) if "*" in action], name

    def test_have_of_awss_own_policies_what_lambda_needs_to_run_them(self, resolved):
        logs = "AWSLambdaBasicExecutionRole"  # writes logs
        queue = "AWSLambdaSQSQueueExecutionRole"  # receives and deletes messages: Lambda does it in the function's name
        mappings = of_type(resolved, "AWS::Lambda::EventSourceMapping").values()
        polled = {resolved[polling(resolved, each)]["Properties"]["Role"] for each in mappings}
        functions = {each["Role"] for each in of_type(resolved, "AWS::Lambda::Function").values()}
        for name, role in of_type(resolved, "AWS::IAM::Role").items():
            needed = {logs} if f"{name}.Arn" in functions else set()
            needed |= {queue} if f"{name}.Arn" in polled else set()
            needed |= {"AWSCodeDeployRoleForLambdaLimited"} if name == "ReleaseRole" else set()
            assert {arn.rsplit("/", 1)[-1] for arn in role.get("ManagedPolicyArns", [])} == needed, name

    def test_are_assumed_by_one_service_each(self, resolved):
        trusted = {}
        for name, role in of_type(resolved, "AWS::IAM::Role").items():
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            (trusted[name],) = as_list(statement["Principal"]["Service"])
        assert trusted["RowStreamRole"] == "firehose.amazonaws.com"
        (statement,) = resolved["RowStreamRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "123456789012"}}  # no confused deputy


class TestAnalysts:
    @pytest.fixture
    def found(self, resolved):
        return resolved["AnalystPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    def test_write_nothing_but_their_results(self, found):
        def writes(action):
            return not action.split(":")[1].startswith(("Get", "List", "BatchGet", "StartQuery", "StopQuery"))

        writing = [each["Resource"] for each in found if any(map(writes, as_list(each["Action"])))]
        assert writing == ["LakeBucket.Arn/athena-results/*"]

    def test_read_rows_results_and_the_catalog_and_no_upload(self, found):
        assert "UploadBucket" not in json.dumps(found)
        objects = [each["Resource"] for each in found if each["Action"] == "s3:GetObject"]
        assert objects == [["LakeBucket.Arn/image_scores/*", "LakeBucket.Arn/athena-results/*"]]
        resources = [resource for each in found for resource in as_list(each["Resource"])]
        assert not [resource for resource in resources if resource == "*" or resource.endswith(":*")]


def test_every_check_that_the_scanner_skips_says_why():
    inline = re.findall(r"checkov:skip=(\w+)(?:: *(.*))?", (ROOT / "template.yaml").read_text())
    everywhere = re.findall(r"^ +- (CKV\w+)(?: # *(.*))?$", (ROOT / ".checkov.yaml").read_text(), re.MULTILINE)
    assert inline
    assert everywhere
    assert [check for check, reason in inline + everywhere if len(reason.split()) < 4] == []
