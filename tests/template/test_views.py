"""The views as the template writes them to Glue, and the policy that they are generated from."""

import base64
import json
import re
import shutil

import pytest

from pixlake.localcloud import template as templates
from pixlake.localcloud.hive_types import parse_hive_type
from pixlake.localcloud.intrinsics import Resolver
from pixlake.localcloud.trino_types import trino_type
from tests.conftest import ROOT
from tools.schemas.__main__ import generated
from tools.schemas.contract import read
from tools.schemas.policy import Policy, literal
from tools.schemas.views import View

VIEWS = sorted((ROOT / "athena" / "views").glob("*.sql"))
CONTRACT = read(ROOT / "schemas" / "image_scores.json")
POLICY = ROOT / "schemas" / "policy.json"
RESOURCES = templates.read(ROOT / "athena" / "catalog.yaml")["Resources"]


def stored(view):
    """What Glue is given of a view, in a database named `lake`."""
    [logical_id] = [
        logical_id
        for logical_id, resource in RESOURCES.items()
        if resource["Properties"].get("TableInput", {}).get("Name") == view
    ]
    resolver = Resolver({"DatabaseName": "lake", "AWS::AccountId": "123456789012"}, {}, {}, None)
    return resolver.resolve(RESOURCES[logical_id]["Properties"]["TableInput"], logical_id)


@pytest.fixture
def policy(tmp_path):
    """Write a copy of the policy with changes to its thresholds (None: without its comment)."""

    def write(**changes):
        document = json.loads(POLICY.read_text(encoding="utf-8"))
        for name, value in changes.items():
            document["thresholds"][name] = {"value": 1} if value is None else {"value": value, "comment": "changed"}
        path = tmp_path / "policy.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_a_view_is_kept_as_athena_and_trino_keep_it(path):
    table = stored(path.stem)

    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["Parameters"]["presto_view"] == "true"
    assert table["Parameters"]["pixlake.policy_version"] == str(Policy.read(POLICY).version)
    assert len(table["ViewOriginalText"]) <= 409_600, "Glue's limit of a view's text"
    text = re.fullmatch(r"/\* Presto View: (\S+) \*/", table["ViewOriginalText"])[1]
    definition = json.loads(base64.b64decode(text))
    assert (definition["catalog"], definition["schema"]) == ("awsdatacatalog", "lake")
    assert definition["originalSql"] == View.read(path, CONTRACT, Policy.read(POLICY)).sql
    assert [(column["name"], column["type"]) for column in definition["columns"]] == [
        (column["Name"], trino_type(parse_hive_type(column["Type"])))
        for column in table["StorageDescriptor"]["Columns"]
    ]


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("timestamp", "timestamp(3)"),
        ("int", "integer"),
        ("map<string,string>", "map(varchar, varchar)"),
        (
            "struct<top:array<struct<label:string,score:double>>>",
            'row("top" array(row("label" varchar, "score" double)))',
        ),
        ("decimal(10,2)", "decimal(10,2)"),
    ],
)
def test_types_are_written_in_trinos_words(hive, trino):
    assert trino_type(parse_hive_type(hive)) == trino


def test_a_thresholds_change_changes_views_and_nothing_else(tmp_path):
    for name in ("schemas", "athena"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    path = tmp_path / "schemas" / "policy.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"value": 0.8', '"value": 0.75'), encoding="utf-8")

    texts = generated(tmp_path)

    assert texts[tmp_path / "schemas" / "image_scores.json"] == (ROOT / "schemas" / "image_scores.json").read_text()
    (tmp_path / "athena" / "catalog.yaml").write_text(texts[tmp_path / "athena" / "catalog.yaml"], encoding="utf-8")
    changed = templates.read(tmp_path / "athena" / "catalog.yaml")["Resources"]
    assert changed.keys() == RESOURCES.keys()
    assert {logical_id for logical_id in changed if changed[logical_id] != RESOURCES[logical_id]} == {
        "UploadsView",
        "ImagesView",
    }


def test_thresholds_become_typed_literals(policy):
    read = Policy.read(policy(is_nsfw=0.1 + 0.2, near_duplicate_bits=2))

    assert literal(read, "is_nsfw") == "DOUBLE '0.30000000000000004'"
    assert literal(read, "near_duplicate_bits") == "2"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"is_nsfw": "0.8 OR TRUE"}, "is_nsfw is '0.8 OR TRUE': a threshold is a finite number"),
        ({"is_nsfw": float("nan")}, "a finite number"),
        ({"is_nsfw": True}, "a finite number"),
        ({"is_nsfw": None}, "is_nsfw has no comment"),
        ({"is_nsfw": 0.1}, "needs_review lies above is_nsfw"),
        ({"near_duplicate_bits": 4}, "outside 0 to 3"),
        ({"near_duplicate_bits": 1.5}, "a count is a whole number"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(policy, changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        Policy.read(policy(**changes))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1 AS n", "starts with no header"),
        ("-- One.\n-- Columns: n.\nSELECT 1 AS n", "not of the form"),
        ("-- One.\n-- Columns: n (int).\nSELECT {{ policy.unknown }} AS n", "nothing is known of {{ policy.unknown }}"),
        ("-- One.\n-- Columns: n (int).\nSELECT '${x}' AS n", "holds `${`"),
        ("-- One.\n-- Columns: n (int).\nSELECT {{ is_nsfw }} AS n", "nothing is known of {{ is_nsfw }}"),
    ],
)
def test_a_view_that_cannot_be_read_is_refused(tmp_path, text, complaint):
    path = tmp_path / "one.sql"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=re.escape(complaint)):
        View.read(path, CONTRACT, Policy.read(POLICY))
