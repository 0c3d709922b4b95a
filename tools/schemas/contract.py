"""The table contract, schemas/image_scores.json: fixed columns by hand, a struct column a model from its model.toml."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference import Catalog


def with_model_columns(contract: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """The contract with the catalogue's columns: those it has stay where they are, new ones go to the end.

    Raises
    ------
    ValueError
        A model's column stands in the contract but the model's directory is gone, or a name is taken.
    """
    by_name = {model.name: model for model in catalog.models}
    columns: list[dict[str, Any]] = []
    for column in contract["columns"]:
        if "model" not in column:
            columns.append(column)
        elif column["name"] in by_name:
            columns.append(_model_column(by_name.pop(column["name"])))
        else:
            raise ValueError(
                f"the column {column['name']!r} of schemas/image_scores.json has no model directory any more: "
                "a released column is never removed. Bring the directory back with `retired = true` in its model.toml."
            )
    taken = {column["name"] for column in columns} | {key["name"] for key in contract["partition_keys"]}
    for model in sorted(by_name.values(), key=lambda model: model.order):
        if model.name in taken:
            raise ValueError(f"the model {model.name!r} has the name of a fixed column: rename its directory")
        columns.append(_model_column(model))
    return {**contract, "columns": columns}


def _model_column(model: Any) -> dict[str, Any]:
    fields = model.column.fields
    struct = ",".join(f"{field.name}:{field.type}" for field in fields)
    comment = "; ".join([model.column.comment, *(f"{field.name}: {field.comment}" for field in fields)])
    return {"name": model.name, "type": f"struct<{struct}>", "comment": comment, "model": model.name}


def numbered(contract: dict[str, Any], released: dict[str, Any]) -> dict[str, Any]:
    """The contract with its `schema_version`: the released one, or the next where columns were added since."""
    version = released.get("schema_version", 1)  # release 0.1.0 had no number
    version += _readable(contract) != _readable(released)
    rest = {name: value for name, value in contract.items() if name not in ("table", "comment")}
    return {"table": contract["table"], "comment": contract["comment"], **rest, "schema_version": version}


def _readable(contract: dict[str, Any]) -> list[tuple[str, str]]:
    """What a query can tell of a contract: comments may be mended without a new version."""
    return [(column["name"], column["type"]) for column in contract["columns"] + contract["partition_keys"]]


def changes_against_released(released: dict[str, Any], current: dict[str, Any]) -> Iterable[str]:
    """What a released reader would stumble over: removed, moved or retyped columns. Empty when only added to."""
    for index, column in enumerate(released["columns"]):
        now = current["columns"][index] if index < len(current["columns"]) else None
        if now is None or now["name"] != column["name"]:
            yield f"column {column['name']} stood at place {index + 1} and is now gone or moved"
        elif not _only_added_to(column["type"], now["type"]):
            yield f"column {column['name']} was {column['type']} and is now {now['type']}"
    if released["partition_keys"] != current["partition_keys"]:
        yield "the partition keys have changed"


def _only_added_to(released: str, current: str) -> bool:
    """A struct may get fields at its end; every other type stays as it is."""
    if released == current:
        return True
    return released.startswith("struct<") and current.startswith(released[:-1] + ",")


def read(path: Path) -> dict[str, Any]:
    """Read a contract file."""
    contract: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return contract


def text(contract: dict[str, Any]) -> str:
    """The contract as the file holds it."""
    return json.dumps(contract, indent=2, ensure_ascii=False) + "\n"
