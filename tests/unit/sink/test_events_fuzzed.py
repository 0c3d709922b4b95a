"""Whatever a queue message holds: events that make sound rows, or `UnreadableMessage`. Never another exception."""

import copy
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sink.contract import RowContract
from sink.errors import ObjectMissing, UnreadableMessage
from sink.events import parse_body
from sink.packing import pack
from sink.rows import RowBuilder
from tests.conftest import ROOT

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
NAMES = ["s3_object_created", "s3_object_removed", "s3_key_form_encoded", "sns_wrapped_s3"]
NAMES += ["eventbridge_object_created", "eventbridge_object_deleted", "s3_test_event"]
PAYLOADS = [json.loads((ROOT / "tests" / "events" / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES]
ODD = ["", "null", "\ud800", "\0", "%", "%FF", "%ed%a0%80", "+", "../../etc/passwd", "'; DROP TABLE image_scores; --"]
ODD += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-03", "1e999", "ObjectCreated:", "x" * 5000]
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -1, 2**63, 1e308])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text() | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FUZZED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(document, path=()):
    """Paths of everything in a JSON document."""
    yield path
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in children:
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


@st.composite
def changed(draw):
    """A real payload with one to three values replaced or left out; an SNS envelope's inside too."""
    document = copy.deepcopy(draw(st.sampled_from(PAYLOADS)))
    wrapped = "Message" in document and draw(st.booleans())
    inner = json.loads(document["Message"]) if wrapped else document
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in places(inner) if path] or [()]))
        if not path:
            break
        parent = inner
        for key in path[:-1]:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.integers(0, 4)) == 0:
            del parent[path[-1]]
        else:
            parent[path[-1]] = draw(VALUES)
    if wrapped:
        document["Message"] = json.dumps(inner)
    return json.dumps(document)


def check(body: str) -> None:
    """Parse, and make of every event a row that keeps the contract and can be packed."""
    try:
        events = parse_body(body)
    except UnreadableMessage:
        return
    contract = RowContract.load()
    for event in events:
        row = RowBuilder(date(2026, 1, 1)).build(
            event, "missing", now=NOW, error=(ObjectMissing.code, "The specified key does not exist.")
        )
        assert list(contract.violations(row.values)) == []
        (record,) = pack([row])
        assert json.loads(record.data)["object_key"] == event.key


@FUZZED
@given(changed())
def test_given_a_payload_with_odd_values_when_read_then_it_is_sound_or_unreadable(body):
    check(body)


@FUZZED
@given(st.text() | VALUES.map(json.dumps))
def test_given_any_text_when_read_then_it_is_unreadable_or_holds_events(body):
    check(body)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PAYLOADS), st.data())
def test_given_a_body_with_characters_changed_when_read_then_it_is_sound_or_unreadable(payload, data):
    body = list(json.dumps(payload))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[place] = data.draw(st.sampled_from([*'{}[]",:\\u0e9-', "\ud800", "é"]))
    check("".join(body))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"size": 1024', '"size": 1e999'),
        ('"size": 1024', '"size": -1'),
        ('"size": 1024', '"size": 9223372036854775808'),
        ('"sequencer": "0055AED6DCD90281E5"', '"sequencer": 7'),
        ('"sequencer": "0055AED6DCD90281E5"', '"sequencer": "\\ud800"'),
        ('"versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko"', '"versionId": []'),
        ('"eTag": "d41d8cd98f00b204e9800998ecf8427e"', '"eTag": "\\udfff"'),
        ('"eventTime": "1970-01-01T00:00:00.000Z"', '"eventTime": "0001-01-01T00:00:00+14:00"'),
    ],
)
def test_given_what_the_fuzzers_found_when_read_then_it_is_unreadable(event, old, new):
    body = json.dumps(json.loads(event("s3_object_created")))
    assert old in body

    with pytest.raises(UnreadableMessage):
        parse_body(body.replace(old, new))
