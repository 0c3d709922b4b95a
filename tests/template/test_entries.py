"""Where uploads come from and how they are announced: every way of deploying, held to what it makes and may not."""

import json
import re
from itertools import product

import pytest

from pixlake.localcloud.errors import TemplateError
from tests.conftest import ROOT
from tests.template.expansion import document, expand, translated

OWN = "pixlake-uploads-123456789012-us-east-1"
TOPIC = "arn:aws:sns:us-east-1:123456789012:uploads"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
THEIR_KEY = "arn:aws:kms:us-east-1:123456789012:key/5678abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
VPC = {"VpcSubnetIds": "subnet-0123abcd,subnet-4567abcd", "VpcSecurityGroupIds": "sg-0123abcd"}
IN_VPC = {"ScoreUploadsFunction", "ReconcileUploadsFunction"}
"""Not the release's hook: it asks CodeDeploy and Lambda once, for which a VPC would need two endpoints more."""
VPC_ACCESS = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"

ENTRIES = {
    "notification": {},
    "eventbridge": {"Entry": "eventbridge"},
    "sns": {"Entry": "sns", "UploadTopicArn": TOPIC},
}
BUCKETS = {"own": "", "one": "photos-one", "two": "photos-one,photos-two"}
SWITCHES = {
    "cache": {"ResultCache": "off"},
    "alerts": {"AlertOn": ""},
    "kms": {"KmsKeyArn": KEY},
    "vpc": VPC,
    "boundary": {"PermissionsBoundaryArn": BOUNDARY},
    "email": {"AlarmEmail": "ops@example.org"},
}
WAYS = [(entry, buckets) for entry, buckets in product(ENTRIES, BUCKETS) if (entry, buckets) != ("sns", "own")]


def parameters(entry, buckets, *switches, **more):
    given = {"ExistingBuckets": BUCKETS[buckets], **ENTRIES[entry], **more}
    for switch in switches:
        given |= SWITCHES[switch]
    return given


def names(buckets):
    return BUCKETS[buckets].split(",") if BUCKETS[buckets] else [OWN]


def arns(buckets, tail=""):
    """As policies name the buckets: those whose names come as a list leave the partition open."""
    return [f"arn:*:s3:::{name}{tail}" for name in names(buckets)] if BUCKETS[buckets] else f"UploadBucket.Arn{tail}"


def statements(role):
    return {each["Sid"]: each for each in role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]}


def of_type(resources, kind):
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def test_no_parameter_changes_what_sam_makes_of_the_template():
    everything = parameters("eventbridge", "two", *SWITCHES, KeyPrefix="a/", LakeRetentionDays="365")
    assert translated(**everything).resources == translated().resources


@pytest.mark.parametrize(("entry", "buckets"), WAYS)
@pytest.mark.parametrize("switches", list(product([False, True], repeat=len(SWITCHES))))
def test_each_way_of_deploying_makes_what_it_needs_and_nothing_else(entry, buckets, switches):
    on = [switch for switch, is_on in zip(SWITCHES, switches, strict=True) if is_on]
    made = expand(**parameters(entry, buckets, *on))

    assert {
        "UploadBucket": buckets == "own",
        "UploadBucketPolicy": buckets == "own",
        "UploadRule": entry == "eventbridge",
        "UploadSubscription": entry == "sns",
        "ResultCacheTable": "cache" not in on,
        "AlertBus": "alerts" not in on,
        "AlarmTopic": "email" in on,
    } == {
        name: name in made
        for name in (
            "UploadBucket",
            "UploadBucketPolicy",
            "UploadRule",
            "UploadSubscription",
            "ResultCacheTable",
            "AlertBus",
            "AlarmTopic",
        )
    }
    for name, role in of_type(made, "AWS::IAM::Role").items():
        assert role.get("PermissionsBoundary") == (BOUNDARY if "boundary" in on else None), name
        in_vpc = "vpc" in on and name in {f"{function}Role" for function in IN_VPC}
        assert (VPC_ACCESS in role.get("ManagedPolicyArns", [])) == in_vpc, name
    for name, function in of_type(made, "AWS::Lambda::Function").items():
        subnets = function.get("VpcConfig", {}).get("SubnetIds", [])
        assert subnets == (VPC["VpcSubnetIds"].split(",") if "vpc" in on and name in IN_VPC else []), name
    scorer, ledger = made["ScoreUploadsFunctionRole"], made["ReconcileUploadsFunctionRole"]
    assert statements(scorer)["ReadUploads"]["Resource"] == arns(buckets, "/*")
    assert statements(scorer)["TellAbsentFromForbidden"]["Resource"] == arns(buckets)
    assert statements(ledger)["ListUploads"]["Resource"] == arns(buckets)
    told = made["ReconcileUploadsFunction"]["Properties"]["Environment"]["Variables"]
    assert told["PIXLAKE_UPLOAD_BUCKETS"] == (BUCKETS[buckets] or "UploadBucket")
    own = expand()["UploadBucket"]["Properties"]["BucketName"]
    assert told["PIXLAKE_OWN_BUCKET"] == own, "also where it is not made: what a ledger of 0.1.0 kept is of it"


@pytest.mark.parametrize(("entry", "buckets"), WAYS)
def test_the_queue_lets_in_exactly_who_announces(entry, buckets):
    (allowed, *denied) = expand("UploadQueuePolicy", **parameters(entry, buckets))["UploadQueuePolicy"]["Properties"][
        "PolicyDocument"
    ]["Statement"]
    existing = [f"arn:*:s3:::{name}" for name in names(buckets)]
    account = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    service, source, more = {
        "notification": ("s3", f"arn:aws:s3:::{OWN}" if buckets == "own" else existing, account),
        "eventbridge": ("events", "UploadRule.Arn", {}),
        "sns": ("sns", TOPIC, {}),
    }[entry]

    assert {each["Effect"] for each in denied} == {"Deny"}
    assert allowed == {
        "Sid": "UploadsAreAnnounced",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "UploadQueue.Arn",
        "Condition": {"ArnLike": {"aws:SourceArn": source}, **more},
    }


FILTERS = [("", ""), ("photos/", ""), ("", ".jpg"), ("photos/", ".jpg")]


@pytest.mark.parametrize(("prefix", "suffix"), FILTERS)
def test_the_own_bucket_notifies_of_the_wanted_keys(prefix, suffix):
    bucket = expand("UploadBucket", KeyPrefix=prefix, KeySuffix=suffix)["UploadBucket"]["Properties"]
    rules = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
    expected = {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}

    assert bucket["NotificationConfiguration"] == {
        "QueueConfigurations": [
            {"Event": f"s3:{event}:*", "Queue": "UploadQueue.Arn", **expected}
            for event in ("ObjectCreated", "ObjectRemoved", "LifecycleExpiration")
        ]
    }


@pytest.mark.parametrize("buckets", BUCKETS)
@pytest.mark.parametrize(("prefix", "suffix"), FILTERS)
def test_the_rule_takes_creations_and_deletions_of_the_wanted_keys_of_the_buckets(buckets, prefix, suffix):
    made = expand(**parameters("eventbridge", buckets, KeyPrefix=prefix, KeySuffix=suffix))
    wanted = {"object": {"key": [{"wildcard": f"{prefix}*{suffix}"}]}} if prefix or suffix else {}

    rule = made["UploadRule"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": names(buckets)}, **wanted},
    }
    assert rule["Targets"] == [{"Id": "UploadQueue", "Arn": "UploadQueue.Arn"}]
    if buckets == "own":
        configuration = made["UploadBucket"]["Properties"]["NotificationConfiguration"]
        assert configuration == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.parametrize(
    ("filters", "key"),
    [({}, None), ({"KeyPrefix": "photos/"}, {"prefix": "photos/"}), ({"KeySuffix": ".jpg"}, {"suffix": ".jpg"})],
)
def test_the_subscription_takes_the_wanted_keys_of_the_buckets_as_s3_wrote_them(filters, key):
    made = expand("UploadSubscription", **parameters("sns", "two", **filters))["UploadSubscription"]

    assert made["DependsOn"] == "UploadQueuePolicy"
    assert made["Properties"] == {
        "TopicArn": TOPIC,
        "Protocol": "sqs",
        "Endpoint": "UploadQueue.Arn",
        "RawMessageDelivery": True,
        "FilterPolicyScope": "MessageBody",
        "FilterPolicy": {
            "Records": {"s3": {"bucket": {"name": names("two")}, **({"object": {"key": [key]}} if key else {})}}
        },
    }


@pytest.mark.parametrize("buckets", BUCKETS)
def test_the_ledger_knows_the_filter(buckets):
    made = expand("ReconcileUploadsFunction", **parameters("eventbridge", buckets, KeyPrefix="a/", KeySuffix=".png"))
    variables = made["ReconcileUploadsFunction"]["Properties"]["Environment"]["Variables"]
    assert (variables["PIXLAKE_KEY_PREFIX"], variables["PIXLAKE_KEY_SUFFIX"]) == ("a/", ".png")


def test_existing_buckets_keys_serve_the_scorer_and_the_release_s_test_picture_through_s3_and_nobody_else():
    made = expand(**parameters("notification", "two", UploadKmsKeyArns=THEIR_KEY))
    assert statements(made["ScoreUploadsFunctionRole"])["DecryptExistingUploads"] == {
        "Sid": "DecryptExistingUploads",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": [THEIR_KEY],
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    }
    hook = statements(made["CheckReleaseFunctionRole"])["EncryptTheTestPictureThere"]
    assert (hook["Resource"], hook["Condition"]["StringEquals"]) == (
        [THEIR_KEY],
        {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
    )
    users = ("ScoreUploadsFunctionRole", "CheckReleaseFunctionRole")
    others = [resource for name, resource in made.items() if name not in users]
    assert THEIR_KEY not in json.dumps(others)


ENDPOINTS = {"firehose": "kinesis-firehose", "cloudwatch": "monitoring"}
"""Endpoints by the prefix of the actions that they serve, where the names differ."""
NOT_CALLED = {"glue", "kms"}
"""Services that Athena, S3, SQS and DynamoDB ask in a function's name."""


def test_the_documentation_names_the_endpoints_of_the_services_that_the_functions_call():
    made = expand(*(f"{name}FunctionRole" for name in ("ScoreUploads", "ReconcileUploads")))
    called = {
        action.split(":")[0]
        for role in made.values()
        for statement in statements(role).values()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    page = (ROOT / "docs" / "deploying.md").read_text()
    named = re.findall(r"^\| `([a-z0-9-]+)` \| (?:gateway|interface)", page, re.MULTILINE)

    assert sorted(named) == sorted(ENDPOINTS.get(each, each) for each in called - NOT_CALLED)


def test_the_documentation_speaks_of_every_parameter_that_the_groups_of_this_page_hold():
    interface = document()["Metadata"]["AWS::CloudFormation::Interface"]
    page = (ROOT / "docs" / "deploying.md").read_text()
    for group in interface["ParameterGroups"]:
        if group["Label"]["default"] in ("Where uploads come from", "How long it is kept", "How it is protected"):
            assert [name for name in group["Parameters"] if f"`{name}" not in page] == []


REFUSED = [
    ({"Entry": "sns", "ExistingBuckets": "photos-one"}, "needs UploadTopicArn"),
    ({"Entry": "sns", "UploadTopicArn": TOPIC}, "needs ExistingBuckets"),
    ({**parameters("sns", "one"), "KeyPrefix": "a/", "KeySuffix": ".jpg"}, "not both"),
    ({"UploadTopicArn": TOPIC, "ExistingBuckets": "photos-one"}, "read with Entry sns only"),
    ({"UploadKmsKeyArns": THEIR_KEY}, "are of ExistingBuckets"),
    ({"VpcSubnetIds": "subnet-0123abcd"}, "needs VpcSecurityGroupIds"),
    ({"VpcSecurityGroupIds": "sg-0123abcd"}, "needs VpcSubnetIds"),
    ({"ExistingBuckets": "Photos"}, "ExistingBuckets = 'Photos'"),
    ({"KeyPrefix": "a*"}, "KeyPrefix"),
    ({"KeySuffix": ".jpg?"}, "KeySuffix"),
    ({"UploadTopicArn": "uploads", "Entry": "sns"}, "UploadTopicArn"),
    ({"PermissionsBoundaryArn": "arn:aws:iam::123456789012:role/x"}, "PermissionsBoundaryArn"),
    ({"VpcSubnetIds": "vpc-0123abcd"}, "VpcSubnetIds"),
    ({"DeadLetterDays": "15"}, "DeadLetterDays"),
    ({"LakeRetentionDays": "30"}, "LakeRetentionDays"),
    ({"ReconcileMemorySize": "10241"}, "ReconcileMemorySize"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED)
def test_what_would_not_work_is_refused_before_anything_is_made(given, why):
    with pytest.raises(TemplateError, match=why):
        expand("UploadQueue", **given)
