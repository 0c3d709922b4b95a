"""What connecting and disconnecting do to any configuration: pixlake's entry comes and goes, all others stay."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from pixlake.connection.configuration import connected, disconnected, normal, own_entries, sent_by_others
from pixlake.connection.entry import BRIDGE, DESTINATIONS, EVENTS, Kind, Wanted, encoded, entries, keys_of
from pixlake.connection.overlap import conflicts

QUEUE = "arn:aws:sqs:us-east-1:123456789012:uploads"
TOPIC = "arn:aws:sns:us-east-1:123456789012:uploads"
OTHERS = {
    "QueueConfigurations": [QUEUE, "arn:aws:sqs:us-east-1:123456789012:theirs"],
    "TopicConfigurations": [TOPIC, "arn:aws:sns:us-east-1:123456789012:theirs"],
    "LambdaFunctionConfigurations": ["arn:aws:lambda:us-east-1:123456789012:function:thumbs"],
}
TYPES = [*EVENTS, "s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete", "s3:ObjectTagging:*", "s3:ObjectAcl:Put"]
texts = st.sampled_from(["", "photos/", "photos/2026/", "logs/", "a b+c=~", ".jpg", "pg", ".png", "grün/"])


def rules(names=("prefix", "Prefix", "suffix", "Suffix")):
    rule = st.fixed_dictionaries({"Name": st.sampled_from(names), "Value": texts.map(encoded)})
    return st.lists(rule, max_size=2, unique_by=lambda each: each["Name"].lower())


@st.composite
def an_entry(draw, name):
    found = {
        "Id": draw(st.text("abc1-é", min_size=1, max_size=8)),
        DESTINATIONS[name]: draw(st.sampled_from(OTHERS[name])),
        "Events": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True)),
    }
    filters = draw(rules())
    return {**found, "Filter": {"Key": {"FilterRules": filters}}} if filters else found


@st.composite
def configurations(draw):
    """Whatever others may have put there; S3's rule against overlaps is not asked."""
    found = {name: draw(st.lists(an_entry(name), max_size=3)) for name in DESTINATIONS}
    found = {name: each for name, each in found.items() if each or draw(st.booleans())}
    return {**found, **({BRIDGE: {}} if draw(st.booleans()) else {})}


wanted = st.builds(
    lambda kind, prefix, suffix: Wanted(
        "lake", kind, {"sns": TOPIC, "notification": QUEUE}.get(kind, ""), prefix, suffix
    ),
    st.sampled_from(Kind),
    texts,
    texts,
)


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted)
def test_connecting_and_disconnecting_gives_what_was_there(before, wanted):
    unchanged = copy.deepcopy(before)

    after = connected(before, wanted)

    back = disconnected(after, "lake", turn_off_eventbridge=BRIDGE not in before)
    assert normal(back) == normal(before)
    assert before == unchanged


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted)
def test_connecting_keeps_every_other_entry_as_it_was_written(before, wanted):
    after = connected(before, wanted)

    for name in DESTINATIONS:
        kept = [entry for entry in after.get(name, []) if entry["Id"] != "pixlake-lake"]
        assert kept == before.get(name, [])
    assert (BRIDGE in after) == (BRIDGE in before or wanted.kind is Kind.EVENTBRIDGE)


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted)
def test_connecting_twice_equals_once(before, wanted):
    once = connected(before, wanted)

    assert connected(once, wanted) == once


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted, wanted)
def test_connecting_in_another_way_leaves_nothing_of_the_first(before, first, second):
    # EventBridge stays on: who else listens there is not known.
    known = {**before, BRIDGE: {}}

    assert normal(connected(connected(known, first), second)) == normal(connected(known, second))


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted)
def test_every_event_comes_to_the_destination_and_none_twice_from_us(before, wanted):
    after = connected(before, wanted)

    own = own_entries(after, "lake")
    if wanted.kind is Kind.EVENTBRIDGE:
        assert own == []
        return
    sent = [event for entry in own for event in entry["Events"]]
    theirs = [event for event in EVENTS if sent_by_others(after, wanted, event)]
    assert sorted(sent + theirs) == sorted(EVENTS)
    for entry in own:
        assert (keys_of(entry).prefix, keys_of(entry).suffix) == (wanted.prefix, wanted.suffix)
        # What others send to the same place for all these keys is never in the way.
        own_way = {conflict.destination for conflict in conflicts(after, entry)}
        assert own_way <= {destination for _, destination, each in entries(before)}


@settings(max_examples=60, deadline=None)
@given(configurations(), wanted)
def test_what_s3_answers_in_its_own_words_means_the_same(before, wanted):
    def as_s3_writes(entry):
        given = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        filters = [{"Name": rule["Name"].capitalize(), "Value": rule["Value"]} for rule in reversed(given)]
        changed = {**entry, "Events": entry["Events"][::-1]}
        return {**changed, "Filter": {"Key": {"FilterRules": filters}}} if filters else changed

    after = connected(before, wanted)
    answered = {
        name: [as_s3_writes(each) for each in reversed(value)] if name in DESTINATIONS else value
        for name, value in after.items()
    }

    assert normal(answered) == normal(after)
    assert normal(connected(answered, wanted)) == normal(after)


def test_what_means_something_else_is_not_equal():
    entry = {"Id": "a", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}
    filtered = {**entry, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "x"}]}}}
    different = [
        {},
        {"QueueConfigurations": [entry]},
        {"QueueConfigurations": [entry], BRIDGE: {}},
        {"QueueConfigurations": [{**entry, "Id": "b"}]},
        {"QueueConfigurations": [{**entry, "Events": ["s3:ObjectCreated:Put"]}]},
        {"QueueConfigurations": [{**entry, "QueueArn": f"{QUEUE}2"}]},
        {"QueueConfigurations": [filtered]},
        {"QueueConfigurations": [entry, entry]},
    ]

    assert all(normal(a) != normal(b) for place, a in enumerate(different) for b in different[place + 1 :])


def test_an_event_that_somebody_else_brings_to_the_queue_is_left_to_him():
    theirs = {"Id": "by hand", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}
    puts = {**theirs, "Events": ["s3:ObjectCreated:Put"]}
    narrow = {**theirs, "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "photos/"}]}}}

    def own(entry):
        (found,) = own_entries(
            connected({"QueueConfigurations": [entry]}, Wanted("lake", Kind.NOTIFICATION, QUEUE)), "lake"
        )
        return found["Events"]

    assert own(theirs) == ["s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
    # Other keys, or other kinds of creation, would be missed; S3 refuses, and the overlap is named.
    assert own(narrow) == own(puts) == list(EVENTS)


def test_characters_of_a_filter_are_encoded_as_s3_wants_them():
    entry = Wanted("lake", Kind.NOTIFICATION, QUEUE, "my photos/dt=2026+~/", "_(1).jpg").entry()

    rules = entry["Filter"]["Key"]["FilterRules"]
    assert [rule["Value"] for rule in rules] == ["my+photos/dt%3D2026%2B%7E/", "_(1).jpg"]
    assert keys_of(entry).prefix == "my photos/dt=2026+~/"
