"""The valid and invalid examples of the S3 user guide, and their neighbours."""

import json

import pytest

from pixlake.connection.difference import difference, lines
from pixlake.connection.entry import EVENTS, Keys, Kind, Wanted
from pixlake.connection.overlap import conflicts
from pixlake.connection.policies import Verdict, judge

QUEUE = "arn:aws:sqs:us-east-1:123456789012:uploads"
THUMBS = "arn:aws:lambda:us-east-1:123456789012:function:thumbs"


def theirs(*events, prefix="", suffix="", name="Prefix"):
    rules = [{"Name": name, "Value": prefix}, {"Name": "Suffix", "Value": suffix}]
    entry = {"Id": "thumbs", "LambdaFunctionArn": THUMBS, "Events": list(events)}
    return {"LambdaFunctionConfigurations": [{**entry, "Filter": {"Key": {"FilterRules": rules}}}]}


def ours(prefix="", suffix=""):
    return Wanted("lake", Kind.NOTIFICATION, QUEUE, prefix, suffix).entry()


@pytest.mark.parametrize(
    ("prefix", "suffix", "own_prefix", "own_suffix", "refused"),
    [
        ("", "", "", "", True),
        ("images/", "", "logs/", "", False),
        ("", ".jpg", "", ".png", False),
        ("images", ".jpg", "images", ".png", False),
        ("", "", "images", "", True),  # no prefix overlaps with any
        ("", "jpg", "", "pg", True),  # a key can end with both
        ("images", "jpg", "", "jpg", True),
        ("images/", "", "", ".jpg", True),
        ("images/2026/", ".jpg", "images/", "", True),
        ("images/", ".jpg", "images/2026/", ".png", False),
        ("image", "", "images/", "", True),
        ("my+images/", "", "my images/2026/", "", True),  # S3 keeps a space as a plus
    ],
)
def test_two_entries_overlap_where_a_key_can_have_both_prefixes_and_both_suffixes(
    prefix, suffix, own_prefix, own_suffix, refused
):
    found = conflicts(theirs("s3:ObjectCreated:Put", prefix=prefix, suffix=suffix), ours(own_prefix, own_suffix))

    assert bool(found) == refused
    assert found == conflicts(
        theirs("s3:ObjectCreated:Put", prefix=prefix, suffix=suffix, name="prefix"), ours(own_prefix, own_suffix)
    )


@pytest.mark.parametrize(
    ("events", "shared"),
    [
        (["s3:ObjectCreated:*"], ("s3:ObjectCreated:*",)),
        (["s3:ObjectTagging:*", "s3:ObjectRemoved:Delete"], ("s3:ObjectRemoved:Delete",)),
        (["s3:ObjectTagging:*", "s3:ObjectRestore:Post", "s3:LifecycleTransition"], ()),
    ],
)
def test_entries_overlap_for_the_same_type_of_event_only(events, shared):
    found = conflicts(theirs(*events), ours())

    assert tuple(event for conflict in found for event in conflict.events) == shared


def test_a_conflict_is_told_with_id_events_keys_and_destination():
    (found,) = conflicts(theirs("s3:ObjectCreated:*", prefix="im", suffix=".jpg"), ours())

    assert found.keys == Keys("im", ".jpg")
    assert str(found) == f"'thumbs' sends s3:ObjectCreated:* of prefix 'im' and suffix '.jpg' to {THUMBS}"


def test_our_own_entry_is_not_in_its_own_way():
    assert conflicts({"QueueConfigurations": [ours()]}, ours("photos/")) == []


def test_a_difference_shows_our_entry_and_leaves_out_what_means_nothing():
    before = theirs("s3:ObjectTagging:*")
    after = {**before, "QueueConfigurations": [ours("photos/")]}

    told = difference(before, after, "archive")

    added = [line[1:].strip() for line in told if line.startswith("+") and not line.startswith("+++")]
    assert added == [
        "entry pixlake-lake",
        f"queue:    {QUEUE}",
        f"events:   {', '.join(sorted(EVENTS))}",
        "keys:     prefix 'photos/'",
    ]
    assert not [line for line in told if line.startswith("-") and not line.startswith("---")]
    assert difference(before, {**before, "TopicConfigurations": []}, "archive") == []
    assert list(lines({})) == ["EventBridge: off"]


def statement(**changes):
    base = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "SQS:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::photos-*"]}},
    }
    return {**base, **changes}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([statement()], Verdict.ALLOWED),
        ([statement(), statement(Effect="Deny", Principal="*")], Verdict.DENIED),
        ([statement(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}})], Verdict.NOT_NAMED),
        ([statement(Condition={"NumericLessThan": {"x": "1"}})], Verdict.NOT_NAMED),
        ([statement(Principal={"Service": "sns.amazonaws.com"})], Verdict.NOT_NAMED),
        ([statement(Action=["sqs:Receive*"])], Verdict.NOT_NAMED),
        ([statement(Resource="arn:aws:sqs:us-east-1:123456789012:other")], Verdict.NOT_NAMED),
        ([], Verdict.NOT_NAMED),
    ],
)
def test_a_policy_lets_in_whom_a_statement_names_and_none_denies(statements, verdict):

    request = {"aws:sourcearn": "arn:aws:s3:::photos-1"}
    policy = json.dumps({"Statement": statements}) if statements else ""

    assert judge(policy, "s3.amazonaws.com", "sqs:sendmessage", QUEUE, request) is verdict
