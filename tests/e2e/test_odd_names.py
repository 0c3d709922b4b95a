"""Keys and metadata are text to carry: not SQL, not a path, not markup, nothing for a terminal to obey."""

import csv
import io
import json
from email.header import decode_header, make_header

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
CAT = (ROOT / "samples" / "cat.jpg").read_bytes()
PREFIX = "strange/"
LONG = "long-" + "é" * ((1024 - len(PREFIX) - 5) // 2)  # S3 counts bytes of UTF-8

# S3 also takes `../` and line feeds, to which moto has no route; awswrangler reads a carriage return as a line feed.
KEYS = [
    "'; DROP TABLE image_scores; --.jpg",
    "' OR '1'='1",
    '"double" `back` $(id) ${jndi:ldap://x} {{7*7}} %s %n',
    "..%2f..%2fetc%2fpasswd",
    "....//a//b/.hidden/",
    "back\\slash\\..\\x",
    "percent%20%2F%FF%00+plus&a=b?c#d",
    "tab\tbell\x07escape\x1b[31m\x7f\x9b1m",
    "bidi\u202egnp.exe\u200b",
    "[red]markup[/red] <script>alert(1)</script>",
    "=HYPERLINK(1,2)",
    "nul-byte-\\u0000 as text",
    "e\u0301 is not é",
    "\U0001f431.jpg",
    " spaces at both ends ",
    LONG,
]
METADATA = {
    "sql": "'); DELETE FROM uploads; --",
    "long": "x" * 1900,
    "encoded": "=?UTF-8?B?w6l0w6k=?=",
    "markup": "[bold]\t{}",
}
"""S3 takes 2 KB of metadata an object, names and values together, and sends what is not ASCII as RFC 2047."""


def test_odd_keys_and_metadata_stand_in_their_rows_as_they_are_and_nothing_else_happens(cloud):
    s3 = cloud.client("s3")
    assert len((PREFIX + LONG).encode()) in (1023, 1024)
    tables = cloud.aws("glue", "get-tables", "--database-name", cloud.variables["PIXLAKE_DATABASE"])["TableList"]
    dead = cloud.dead_letters()

    for number, key in enumerate(KEYS):
        metadata = {"note": list(METADATA.values())[number % len(METADATA)], "listing-id": str(number), "secret": "no"}
        s3.put_object(Bucket=cloud.bucket, Key=PREFIX + key, Body=CAT, Metadata=metadata, ContentType="x/[red]\t';--")
    rows = cloud.rows(
        "DISTINCT object_key, status, content_type, metadata['note'] AS note, metadata['listing-id'] AS listing, "
        "cardinality(metadata) AS names",
        PREFIX,
        len(KEYS),
    )

    found = {row["object_key"].removeprefix(PREFIX): row for row in rows}
    assert sorted(found) == sorted(KEYS)
    for number, key in enumerate(KEYS):
        note = list(METADATA.values())[number % len(METADATA)]
        expected = {
            "status": "scored",
            "listing": str(number),
            "note": note,
            "content_type": "x/[red]\t';--",
            "names": 2,
        }
        assert found[key] == expected | {"object_key": PREFIX + key}
    assert str(make_header(decode_header(METADATA["encoded"]))) == "été"  # left to the reader, as S3 sends it
    assert (
        cloud.aws("glue", "get-tables", "--database-name", cloud.variables["PIXLAKE_DATABASE"])["TableList"] == tables
    )
    wait_for(lambda: cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"]) == 0, "an empty queue")
    assert cloud.dead_letters() == dead

    # and what is printed cannot steer the terminal it is printed on
    sql = f"SELECT DISTINCT object_key FROM image_scores WHERE starts_with(object_key, '{PREFIX}')"
    shown = cloud.pixlake("query", sql).stdout
    assert [character for character in shown if not (character.isprintable() or character == "\n")] == []
    assert "[red]markup[/red]" in shown
    assert r"tab\tbell\x07escape\x1b[31m\x7f\x9b1m" in shown
    assert r"bidi\u202egnp.exe" in shown
    exact = {PREFIX + key for key in KEYS}
    assert {row["object_key"] for row in json.loads(cloud.pixlake("query", sql, "--format", "json").stdout)} == exact

    # and a value of a parameter is a value, whatever it looks like
    for key in KEYS[:4]:
        question = "SELECT object_key FROM image_scores WHERE object_key = ? AND dt > '2000-01-01' GROUP BY object_key"
        answer = cloud.pixlake("query", question, "--param", PREFIX + key, "--format", "csv").stdout
        assert list(csv.reader(io.StringIO(answer))) == [["object_key"], [PREFIX + key]]
