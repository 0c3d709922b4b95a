"""The table contract, what is generated from it, and the promise to readers of released columns."""

import json
import re

import pytest

from pixlake.cli.named_queries import Header
from pixlake.localcloud import template as templates
from tests.conftest import ROOT
from tools.schemas.__main__ import generated
from tools.schemas.catalog_template import NamedQuery
from tools.schemas.contract import changes_against_released, numbered, read

CONTRACT = read(ROOT / "schemas" / "image_scores.json")

# https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html, DDL and SELECT lists together.
RESERVED = frozenset(
    """
    all alter and array as authorization between bigint binary boolean both by case cashe cast char column comment
    commit conf constraint create cross cube current current_catalog current_date current_path current_schema
    current_time current_timestamp current_user cursor database date dayofweek deallocate decimal delete describe
    distinct div double drop else end escape except exchange execute exists extended external extract false fetch
    first float floor following for foreign from full function grant group grouping having if import in inner insert
    int integer intersect interval into is join json_array json_exists json_object json_query json_table json_value
    last lateral left less like listagg local localtime localtimestamp macro map more natural none normalize not null
    numeric of on only or order out outer over partialscan partition percent preceding precision prepare preserve
    primary procedure range reads recursive reduce references regexp revoke right rlike rollback rollup row rows
    select set skip smallint start table tablesample then time timestamp to transform trigger trim true truncate
    uescape unbounded union uniquejoin unnest update user using utc_timestamp values varchar views when where window
    with
    """.split()  # noqa: SIM905 - a list literal of 150 words would hide the words
)


def test_generated_files_are_up_to_date():
    stale = [path.name for path, text in generated(ROOT).items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "run `make schemas`"


def test_no_column_or_field_is_a_reserved_word_of_athena():
    names = [column["name"] for column in CONTRACT["columns"] + CONTRACT["partition_keys"]]
    fields = [
        part.split(":")[0] for column in CONTRACT["columns"] for part in column["type"].replace("<", ",").split(",")
    ]

    reserved_fields = RESERVED & {name.strip(">") for name in fields if name not in ("map", "array", "struct")}
    assert RESERVED & set(names) == set()
    assert reserved_fields - {"int", "bigint", "double", "timestamp"} == set()


def test_the_glue_table_is_the_contract():
    catalog = templates.read(ROOT / "athena" / "catalog.yaml")["Resources"]
    table = catalog["ImageScores"]["Properties"]["TableInput"]

    glue = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    assert glue == [(column["name"], column["type"]) for column in CONTRACT["columns"]]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["dt"]
    assert all(len(column["Comment"].encode()) <= 255 for column in table["StorageDescriptor"]["Columns"])


def test_released_columns_are_only_added_to_at_the_end():
    released = read(ROOT / "schemas" / "released" / "image_scores.json")

    assert list(changes_against_released(released, CONTRACT)) == []


def test_the_table_says_which_version_of_the_schema_it_has():
    catalog = templates.read(ROOT / "athena" / "catalog.yaml")["Resources"]
    parameters = catalog["ImageScores"]["Properties"]["TableInput"]["Parameters"]

    assert parameters["pixlake.schema_version"] == str(CONTRACT["schema_version"])
    assert isinstance(CONTRACT["schema_version"], int)


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        (lambda c: c["columns"].append({"name": "redness", "type": "struct<score:double>", "comment": ""}), 1),
        (lambda c: c["columns"][-1].update(type=c["columns"][-1]["type"][:-1] + ",margin:double>"), 1),
        (lambda c: c["columns"][0].update(comment="said better"), 0),
        (lambda c: c.update(schema_version=99), 0),
    ],
)
def test_a_change_of_columns_is_a_new_version_of_the_schema(change, steps):
    released = {**CONTRACT, "schema_version": 7}
    changed = json.loads(json.dumps(released))
    change(changed)

    assert numbered(changed, released)["schema_version"] == 7 + steps


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c["columns"].pop(3), "stood at place 4"),
        (lambda c: c["columns"].insert(0, c["columns"].pop()), "stood at place 1"),
        (lambda c: c["columns"][7].update(type="string"), "was bigint and is now string"),
        (lambda c: c["columns"][-1].update(type="struct<sfw:double,score:double>"), "and is now struct<sfw"),
        (lambda c: c["partition_keys"].append({"name": "hour"}), "partition keys"),
    ],
)
def test_a_change_that_breaks_readers_is_found(change, complaint):
    changed = json.loads(json.dumps(CONTRACT))
    change(changed)

    assert complaint in " ".join(changes_against_released(CONTRACT, changed))


def test_a_new_column_and_a_new_field_at_the_end_break_nobody():
    changed = json.loads(json.dumps(CONTRACT))
    changed["columns"][-1]["type"] = changed["columns"][-1]["type"][:-1] + ",margin:double>"
    changed["columns"].append({"name": "redness", "type": "struct<score:double>", "comment": ""})

    assert list(changes_against_released(CONTRACT, changed)) == []


@pytest.mark.parametrize("path", sorted((ROOT / "athena" / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_a_query_says_its_question_parameters_and_columns(path):
    query = NamedQuery.read(path)

    header = [line for line in query.sql.splitlines() if line.startswith("--")]
    assert query.description.endswith("?")
    assert any(line.startswith("-- Parameters:") for line in header)
    assert any(line.startswith("-- Columns:") for line in header)
    assert len(query.description) <= 1024, "Athena's limit of a named query's description"


@pytest.mark.parametrize("path", sorted((ROOT / "athena" / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_each_parameter_of_a_query_has_a_name_and_a_type_in_its_header(path):
    sql = path.read_text(encoding="utf-8")

    parameters = Header.of(sql).parameters
    assert len(parameters) == re.sub(r"--.*", "", sql).count("?")
    assert len(parameters) <= 25, "Athena's limit"
    assert all(parameter.name and parameter.type for parameter in parameters)
