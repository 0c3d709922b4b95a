"""template.yaml as it is deployed: read, expanded by SAM's own translator, and held against what AWS documents."""

import re
from fnmatch import fnmatchcase
from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks import workers
from pixlake.localcloud import template as templates
from pixlake.localcloud.intrinsics import Resolver
from tests.conftest import ROOT
from tests.template.conftest import PSEUDO, Named, resolve

PATH = ROOT / "template.yaml"


@pytest.fixture(scope="module")
def expanded():
    """Resources by logical id, after the SAM transform, with the parameters' defaults."""
    return templates.load(PATH, {}, "us-east-1").resources


@pytest.fixture(scope="module")
def defaults():
    return {name: declared.get("Default") for name, declared in templates.read(PATH)["Parameters"].items()}


def of_type(resources, kind):
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


def only(resources, kind):
    (properties,) = of_type(resources, kind).values()
    return properties


def test_every_parameter_says_what_it_is_and_what_it_may_be():
    for name, declared in templates.read(PATH)["Parameters"].items():
        assert declared.get("Description"), name
        if declared["Type"] == "Number":
            assert {"MinValue", "MaxValue"} <= declared.keys() or "AllowedValues" in declared, name
        elif name != "ReconcilePrefixes":  # a key may hold anything
            assert "AllowedPattern" in declared or "AllowedValues" in declared, name
            assert "AllowedPattern" not in declared or "ConstraintDescription" in declared, name


def test_the_console_shows_every_parameter_once_in_a_group_and_by_a_label():
    interface = templates.read(PATH)["Metadata"]["AWS::CloudFormation::Interface"]
    shown = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    declared = templates.read(PATH)["Parameters"].keys()

    assert sorted(shown) == sorted(declared)
    assert interface["ParameterLabels"].keys() == declared
    labels = [label["default"] for label in interface["ParameterLabels"].values()]
    assert len(set(labels)) == len(labels)
    assert all(group["Label"]["default"] for group in interface["ParameterGroups"])


def test_every_output_that_the_command_line_needs_is_there():
    from pixlake.cli.environment import FROM_OUTPUTS

    outputs = templates.read(PATH)["Outputs"]
    assert set(FROM_OUTPUTS.values()) <= outputs.keys()
    assert all(output.get("Description") for output in outputs.values())


def test_links_lead_to_the_stack_s_own_resources_in_the_partition_s_console():
    def links(partition):
        template = templates.load(PATH, {}, "us-east-1")
        values = PSEUDO | {"AWS::Partition": partition} | template.parameters
        resolver = Resolver(values, template.mappings, template.conditions, Named())
        outputs = {name: each["Value"] for name, each in template.outputs.items() if name.endswith("Link")}
        return {name: urlsplit(resolver.resolve(value, name)) for name, value in outputs.items()}

    here = links("aws")
    assert {link.netloc for link in here.values()} == {"console.aws.amazon.com"}
    assert {link.netloc for link in links("aws-cn").values()} == {"console.amazonaws.cn"}
    assert {parse_qs(link.query)["region"][0] for link in here.values()} == {"us-east-1"}
    assert {name: link.fragment.rsplit("/", 1)[-1] for name, link in here.items()} == {
        "DashboardLink": "Dashboard",
        "QueryEditorLink": "query-editor",
        "UploadQueueLink": "UploadQueue",
        "DeadLetterQueueLink": "UploadDeadLetterQueue",
        "RowStreamLink": "monitoring",
        "ScorerLogLink": "ScoreUploadsLogGroup",
        "LedgerLogLink": "ReconcileUploadsLogGroup",
        "DeliveryLogLink": "RowStreamLogGroup",
    }


def permissions(resources, role):
    """Resources by action, as a role's own policies allow them."""
    allowed: dict[str, set[str]] = {}
    for policy in resources[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in as_list(statement["Action"]):
                allowed.setdefault(action, set()).update(as_list(statement["Resource"]))
    return allowed


def as_list(value):
    return [value] if isinstance(value, str) else value


class TestQueue:
    def test_hides_a_message_six_times_as_long_as_a_batch_may_take(self, defaults):
        assert int(defaults["VisibilityTimeoutSeconds"]) >= 6 * int(defaults["FunctionTimeoutSeconds"])

    @pytest.mark.parametrize("days", [1, 7, 14])
    def test_gives_up_late_enough_and_keeps_what_it_gave_up_longer(self, days, defaults):
        assert int(defaults["MaxReceiveCount"]) >= 5
        queues = of_type(resolve(DeadLetterDays=days), "AWS::SQS::Queue")
        assert queues["UploadQueue"]["RedrivePolicy"]["deadLetterTargetArn"] == "UploadDeadLetterQueue.Arn"
        dead_letters = queues["UploadDeadLetterQueue"]["MessageRetentionPeriod"]
        assert dead_letters == days * 86_400
        # The clock starts at the first send: half of the time is left for somebody to look, or all but four days.
        assert queues["UploadQueue"]["MessageRetentionPeriod"] == min(dead_letters // 2, 4 * 86_400)

    def test_its_policy_stands_before_the_bucket_that_tests_it(self, expanded):
        assert "UploadQueuePolicy" in expanded["UploadBucket"]["DependsOn"]


class TestScorer:
    def test_answers_for_each_message_and_is_bounded(self, expanded):
        mapping = only(expanded, "AWS::Lambda::EventSourceMapping")
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert set(mapping["ScalingConfig"]) == {"MaximumConcurrency"}

    def test_batches_above_ten_have_the_window_that_lambda_requires(self):
        parameters = templates.read(PATH)["Parameters"]
        assert parameters["BatchSize"]["MaxValue"] <= 10_000
        assert parameters["BatchingWindowSeconds"]["MinValue"] >= 1

    def test_has_the_settings_that_the_benchmark_gives_it(self, resolved):
        deployed = resolved["ScoreUploadsFunction"]["Properties"]["Environment"]["Variables"]
        measured = workers.environment(port=9, cached=True)

        assert set(deployed) == {name for name in measured if not name.startswith("AWS_")}
        assert {name: deployed[name] for name in workers.ALLOCATOR} == workers.ALLOCATOR

    def test_gets_every_setting_it_reads(self, resolved):
        from handlers.score_uploads_settings import ScoreUploadsSettings

        variables = resolved["ScoreUploadsFunction"]["Properties"]["Environment"]["Variables"]
        arns = {"AlertBus.Arn": "arn:aws:events:us-east-1:123456789012:event-bus/pixlake-alerts"}
        values = {name: arns.get(value, str(value)) for name, value in variables.items()}
        values["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "1769"  # set by Lambda itself
        settings = ScoreUploadsSettings.from_env(values)
        assert settings.max_image_bytes == 50 * 1024 * 1024
        assert (settings.alert_on, settings.alert_bus) == ({"is_nsfw"}, arns["AlertBus.Arn"])
        read = set(re.findall(r'"(PIXLAKE_\w+)"', (ROOT / "src/handlers/score_uploads_settings.py").read_text()))
        assert read == {name for name in variables if name.startswith("PIXLAKE_")}

    def test_without_a_result_cache_there_is_no_table_and_no_right_to_one(self):
        resources = resolve(ResultCache="off")
        variables = resources["ScoreUploadsFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["PIXLAKE_RESULT_CACHE"] == ""
        assert "ResultCacheTable" not in resources
        assert not [a for a in permissions(resources, "ScoreUploadsFunctionRole") if a.startswith("dynamodb:")]

    def test_alerts_on_judgements_that_there_are_or_on_nothing(self):
        from sink.policy import JUDGEMENTS

        assert set(templates.read(PATH)["Parameters"]["AlertOn"]["AllowedValues"]) == {*JUDGEMENTS, ""}

    def test_several_judgements_may_raise_an_alert(self):
        scorer = resolve(AlertOn="is_nsfw,has_text")["ScoreUploadsFunction"]["Properties"]
        assert scorer["Environment"]["Variables"]["PIXLAKE_ALERT_ON"] == "is_nsfw,has_text"

    def test_without_alerts_there_is_no_bus_and_no_right_to_one(self):
        resources = resolve(AlertOn="")
        variables = resources["ScoreUploadsFunction"]["Properties"]["Environment"]["Variables"]
        assert (variables["PIXLAKE_ALERT_ON"], variables["PIXLAKE_ALERT_BUS"]) == ("", "")
        assert "AlertBus" not in resources
        assert "events:PutEvents" not in permissions(resources, "ScoreUploadsFunctionRole")

    def test_starts_after_the_catalog_has_the_columns_it_writes(self, expanded):
        assert "Catalog" in expanded["ScoreUploadsFunction"]["DependsOn"]


class TestRelease:
    def test_uploads_reach_the_version_that_the_alias_names(self, resolved):
        mapping = only(resolved, "AWS::Lambda::EventSourceMapping")
        alias = resolved[mapping["FunctionName"]]
        assert (alias["Type"], alias["Properties"]["Name"]) == ("AWS::Lambda::Alias", "live")

    def test_a_new_version_is_checked_first_shifted_in_steps_and_given_up_on_an_alarm(self, resolved):
        (update,) = resolved["ScoreUploadsFunctionAliaslive"]["UpdatePolicy"].values()
        group = resolved[update["DeploymentGroupName"]]["Properties"]
        assert update["BeforeAllowTrafficHook"] == "CheckReleaseFunction"
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert group["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": "ReleaseAlarm"}]}
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]

    def test_the_alarm_watches_the_version_that_takes_over(self, resolved):
        version = resolved["ScoreUploadsFunctionAliaslive"]["Properties"]["FunctionVersion"]
        watched = [each["MetricStat"]["Metric"] for each in resolved["ReleaseAlarm"]["Properties"]["Metrics"][1:]]
        assert all(version in [each["Value"] for each in metric["Dimensions"]] for metric in watched)

    def test_codedeploy_may_invoke_the_hook_by_its_name(self, resolved):
        assert resolved["CheckReleaseFunction"]["Properties"]["FunctionName"].startswith("CodeDeployHook_")

    def test_the_hook_tries_the_new_version_and_no_other(self, resolved):
        version = resolved["CheckReleaseFunction"]["Properties"]["Environment"]["Variables"]["PIXLAKE_NEW_VERSION"]
        assert resolved[version]["Type"] == "AWS::Lambda::Version"
        assert permissions(resolved, "CheckReleaseFunctionRole")["lambda:InvokeFunction"] == {version}

    def test_the_test_picture_lies_where_the_hook_may_put_it(self, resolved):
        from sink.release_check import SAMPLE_KEY

        (allowed,) = permissions(resolved, "CheckReleaseFunctionRole")["s3:PutObject"]
        assert fnmatchcase(f"UploadBucket.Arn/{SAMPLE_KEY}", allowed)

    @pytest.mark.parametrize("name", templates.read(PATH)["Parameters"])
    def test_a_parameter_that_changes_the_function_makes_a_new_version(self, name):
        around = TOGETHER.get(name, {})
        before, after = resolve(**around), resolve(**around | {name: another_value(name)})
        changed = scorer_in(before) != scorer_in(after)
        published = only(before, "AWS::Lambda::Version") != only(after, "AWS::Lambda::Version")
        assert published == changed, "without a change Lambda publishes nothing, and CloudFormation fails"

    def test_the_version_s_description_is_within_lambda_s_limit(self):
        longest = resolve(
            AlertOn="is_nsfw,needs_review,has_text,is_low_quality",
            MetadataNames="x" * 60,
            MaxImageBytes=2**30,
            VpcSubnetIds=",".join(f"subnet-{number:017x}" for number in range(3)),
            VpcSecurityGroupIds="sg-0123456789abcdef0",
        )
        assert len(only(longest, "AWS::Lambda::Version")["Description"]) <= 256


TOGETHER = {  # what a parameter wants beside it
    "UploadTopicArn": {
        "Entry": "sns",
        "ExistingBuckets": "photos",
        "UploadTopicArn": "arn:aws:sns:us-east-1:123456789012:before",
    },
    "UploadKmsKeyArns": {"ExistingBuckets": "photos"},
    "VpcSubnetIds": {"VpcSubnetIds": "subnet-0000000a", "VpcSecurityGroupIds": "sg-0000000b"},
    "VpcSecurityGroupIds": {"VpcSubnetIds": "subnet-0000000a", "VpcSecurityGroupIds": "sg-0000000b"},
}


def scorer_in(resources):
    return resources["ScoreUploadsFunction"]["Properties"]


def another_value(name):
    """One that the parameter takes, and that is not its default."""
    declared = templates.read(PATH)["Parameters"][name]
    default = str(declared["Default"])
    texts = {
        "EarliestUploadDate": "2025-12-31",
        "MetadataNames": "listing-id",
        "ReconcileSchedule": "rate(1 hour)",
        "ReconcilePrefixes": "photos/",
        "ReconcileInventory": "s3://lists/inventory/uploads/daily/",
        "ExistingBuckets": "photos",
        "KeyPrefix": "photos/",
        "KeySuffix": ".jpg",
        "UploadTopicArn": "arn:aws:sns:us-east-1:123456789012:uploads",
        "UploadKmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        "VpcSubnetIds": "subnet-0123456789abcdef0",
        "VpcSecurityGroupIds": "sg-0123456789abcdef0",
        "DatabaseName": "other",
        "AlarmEmail": "ops@example.org",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    if "AllowedValues" in declared:
        return next(str(value) for value in declared["AllowedValues"] if str(value) != default)
    if declared["Type"] == "Number":
        other = float(default) + (1 if float(default) < float(declared.get("MaxValue", "inf")) else -1)
        return str(int(other) if other.is_integer() else other)
    return texts[name]


class TestLedger:
    def test_gets_every_setting_it_reads(self, resolved):
        from handlers.reconcile_uploads_settings import ReconcileUploadsSettings

        variables = resolved["ReconcileUploadsFunction"]["Properties"]["Environment"]["Variables"]
        values = {name: str(value) for name, value in variables.items()}
        read = set()

        class Environment(dict):
            def get(self, name, default=None):
                read.add(name)
                return super().get(name, default)

        settings = ReconcileUploadsSettings.from_env(Environment(values))
        assert settings.message_life.total_seconds() == 20 + 5 * 720
        assert settings.delivery.total_seconds() == 300 + 900
        assert read == {name for name in variables if name.startswith("PIXLAKE_")}

    def test_may_read_the_inventory_only_where_there_is_one(self):
        def inventory(**parameters):
            role = resolve(**parameters)["ReconcileUploadsFunctionRole"]["Properties"]
            statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
            return [s["Resource"] for s in statements if s["Sid"] == "ReadTheInventory"]

        assert inventory() == []
        one, other = "s3://lists/inv/uploads/daily/", "s3://lists/more/daily"
        assert inventory(ReconcileInventory=one) == [["arn:*:s3:::lists", "arn:*:s3:::lists/inv/uploads/daily/*"]]
        assert inventory(ReconcileInventory=f"{one},{other}") == [
            ["arn:*:s3:::lists", "arn:*:s3:::lists/inv/uploads/daily/*", "arn:*:s3:::lists/more/daily*"]
        ]

    def test_runs_on_its_schedule(self):
        rule = only(resolve(ReconcileSchedule="rate(1 hour)"), "AWS::Events::Rule")
        assert rule["ScheduleExpression"] == "rate(1 hour)"
        assert [target["Arn"] for target in rule["Targets"]] == ["ReconcileUploadsFunction.Arn"]

    def test_has_the_memory_that_it_is_given(self):
        assert resolve(ReconcileMemorySize=4096)["ReconcileUploadsFunction"]["Properties"]["MemorySize"] == "4096"

    def test_what_it_remembers_is_kept_and_forgotten_in_time(self, expanded):
        table = expanded["LedgerTable"]
        assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
        assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}

    def test_a_day_is_looked_at_as_long_as_its_messages_may_lie_dead(self, expanded, defaults):
        dead_letters = expanded["UploadDeadLetterQueue"]
        assert int(defaults["ReconcileDays"]) >= int(defaults["DeadLetterDays"])
        assert (dead_letters["DeletionPolicy"], dead_letters["UpdateReplacePolicy"]) == ("Retain", "Retain")

    def test_its_package_has_no_image_library(self):
        pinned = (ROOT / "requirements" / "reconcile.txt").read_text()
        rule = re.search(r"build-ReconcileUploadsFunction:.*\n((?:\t.*\n?)+)", (ROOT / "src" / "Makefile").read_text())[
            1
        ]
        assert re.findall(r"^([\w-]+)==", pinned, re.M) == ["aws-lambda-powertools", "jmespath", "typing-extensions"]
        assert "reconcile.txt" in rule
        assert "inference" not in rule


def test_every_function_is_built(expanded):
    makefile = (ROOT / "src" / "Makefile").read_text()
    for name in of_type(expanded, "AWS::Lambda::Function"):
        assert f"build-{name}:" in makefile


class TestDelivery:
    @pytest.fixture
    def destination(self, expanded):
        return only(expanded, "AWS::KinesisFirehose::DeliveryStream")["ExtendedS3DestinationConfiguration"]

    def test_takes_packed_rows_apart_and_files_them_by_day(self, destination):
        processors = {
            each["Type"]: {p["ParameterName"]: p["ParameterValue"] for p in each["Parameters"]}
            for each in destination["ProcessingConfiguration"]["Processors"]
        }
        assert processors["RecordDeAggregation"] == {"SubRecordType": "JSON"}
        assert processors["MetadataExtraction"]["MetadataExtractionQuery"] == "{dt: .dt}"
        assert destination["DynamicPartitioningConfiguration"] == {"Enabled": True}
        assert destination["Prefix"] == "image_scores/dt=!{partitionKeyFromQuery:dt}/"

    def test_keeps_what_it_cannot_convert(self, destination):
        assert "!{firehose:error-output-type}" in destination["ErrorOutputPrefix"]

    def test_buffers_as_conversion_and_dynamic_partitioning_require(self):
        parameters = templates.read(PATH)["Parameters"]
        assert parameters["FirehoseBufferMegabytes"]["MinValue"] >= 64
        assert parameters["FirehoseBufferSeconds"]["MaxValue"] <= 900

    def test_writes_where_the_table_looks(self, destination):
        catalog = templates.read(ROOT / "athena" / "catalog.yaml")["Resources"]
        table = catalog["ImageScores"]["Properties"]["TableInput"]
        location = table["Parameters"]["storage.location.template"]["Fn::Sub"]
        assert location == "s3://${LakeBucketName}/image_scores/dt=${!dt}/"
        assert table["Parameters"]["projection.dt.range"] == {"Fn::Sub": "${EarliestUploadDate},NOW+1DAYS"}
        schema = destination["DataFormatConversionConfiguration"]["SchemaConfiguration"]
        assert schema["TableName"] == {"Fn::GetAtt": ["Catalog", "Outputs.Table"]}


class TestData:
    def test_rows_expire_only_where_that_is_wanted_and_not_before_the_ledger_has_compared_them(self):
        def expiry(**parameters):
            rules = resolve(**parameters)["LakeBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
            return [(rule["Prefix"], rule["ExpirationInDays"]) for rule in rules if rule["Id"] == "RowsExpire"]

        assert expiry() == []
        assert expiry(LakeRetentionDays=365) == [("image_scores/", "365")]
        parameters = templates.read(PATH)["Parameters"]
        forever, *days = parameters["LakeRetentionDays"]["AllowedValues"]
        assert forever == 0
        assert min(days) > parameters["ReconcileDays"]["MaxValue"]

    def test_is_kept_when_the_stack_goes(self, expanded):
        for name in of_type(expanded, "AWS::S3::Bucket"):
            assert (expanded[name]["DeletionPolicy"], expanded[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")

    def test_removals_are_notified_too(self, resolved):
        buckets = of_type(resolved, "AWS::S3::Bucket")
        events = {each["Event"] for each in buckets["UploadBucket"]["NotificationConfiguration"]["QueueConfigurations"]}
        assert events == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"}


def test_the_local_defaults_name_parameters_of_the_template():
    from pixlake.localcloud.parameters import local_parameters

    assert local_parameters().keys() <= templates.read(PATH)["Parameters"].keys()
