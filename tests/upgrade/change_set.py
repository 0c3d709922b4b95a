"""What CloudFormation does to a stack when its template changes: one change a resource, as a change set tells it.

Which properties cannot be updated is CloudFormation's own knowledge: `createOnlyProperties` of the resource types'
schemas, which come with cfn-lint.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from pixlake.localcloud import template as templates
from pixlake.localcloud.intrinsics import Resolver
from pixlake.localcloud.references import NESTED
from pixlake.localcloud.template import Template
from tests.template.conftest import PSEUDO, Named

REGION = "us-east-1"
BESIDES = {
    # Glue renames no database, and the schema's DatabaseName is another way to say the same.
    "AWS::Glue::Database": ["/properties/DatabaseInput/Name"],
    # "you cannot enable it for an existing stream, nor disable it again": the update would fail.
    "AWS::KinesisFirehose::DeliveryStream": [
        "/properties/ExtendedS3DestinationConfiguration/DynamicPartitioningConfiguration/Enabled"
    ],
}
"""Properties that the schemas leave out, though no update can change them."""


class Action(StrEnum):
    """What happens to a resource."""

    CREATED = "created"
    UPDATED = "updated in place"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    """`logical_id` is `Catalog/Database` for a resource of a nested stack; `why`: the properties that differ."""

    action: Action
    logical_id: str
    type: str
    why: tuple[str, ...] = ()


def change_set(old: Path, new: Path, **parameters: Any) -> list[Change]:
    """The changes from one template to another, whose stack keeps its parameters; in order of the logical ids."""
    before = _load(old, parameters)
    after = _load(new, _kept(before.parameters, new))
    return sorted(_changes(before, after, ""), key=lambda change: change.logical_id)


def _kept(values: Mapping[str, Any], new: Path) -> dict[str, Any]:
    """Values of a deployed stack: an update keeps them, whatever the new defaults; new parameters have defaults."""
    known = templates.read(new).get("Parameters", {})
    return {name: value for name, value in values.items() if name in known}


def _changes(before: Template, after: Template, prefix: str) -> Iterator[Change]:
    was = resources(before)
    replaced: set[str] = set()
    while True:  # a property that refers to a replaced resource changes too, and may replace its own
        now = resources(after, replaced)
        found = {
            name
            for name in was.keys() & now.keys()
            if was[name]["Type"] != now[name]["Type"] or _fixed(was[name], now[name])
        }
        if found <= replaced:
            break
        replaced |= found
    for name in was.keys() | now.keys():
        of_type = (now.get(name) or was[name])["Type"]
        if name not in now:
            yield Change(Action.REMOVED, prefix + name, of_type)
        elif name not in was:
            yield Change(Action.CREATED, prefix + name, of_type)
        elif name in replaced:
            yield Change(Action.REPLACED, prefix + name, of_type, tuple(_fixed(was[name], now[name])))
        elif was[name] != now[name]:
            yield Change(Action.UPDATED, prefix + name, of_type, tuple(_differing(was[name], now[name])))
        if of_type == NESTED and name in was and name in now:
            yield from _changes(_nested(before, was[name]), _nested(after, now[name]), f"{prefix}{name}/")


def resources(template: Template, replaced: set[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """The template's resources with their functions evaluated; those whose condition is false are left out."""
    resolver = Resolver(
        PSEUDO | template.parameters, template.mappings, template.conditions, _Physical(frozenset(replaced))
    )
    return {
        name: resolver.resolve(resource, name)
        for name, resource in template.resources.items()
        if "Condition" not in resource or resolver.condition(resource["Condition"], name)
    }


@dataclass(frozen=True)
class _Physical(Named):
    """References by logical id; a replaced resource is another one."""

    replaced: frozenset[str]

    def ref(self, logical_id: str) -> str:
        return f"new {logical_id}" if logical_id in self.replaced else logical_id

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{self.ref(logical_id)}.{name}"


def _nested(parent: Template, resource: Mapping[str, Any]) -> Template:
    properties = resource["Properties"]
    return _load(parent.path.parent / properties["TemplateURL"], properties.get("Parameters", {}))


def _load(path: Path, given: Mapping[str, Any]) -> Template:
    key = path, json.dumps(given, sort_keys=True)
    if key not in _loaded:  # SAM's transform takes a while
        _loaded[key] = templates.load(path, given, REGION)
    return _loaded[key]


_loaded: dict[tuple[Path, str], Template] = {}


def _fixed(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The create-only properties that differ."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, now["Type"]).schema
    paths = [
        *schema.get("createOnlyProperties", []),
        *schema.get("conditionalCreateOnlyProperties", []),  # not always; it cannot be told from the template
        *BESIDES.get(now["Type"], []),
    ]
    names = [path.removeprefix("/properties/") for path in paths]
    return [name for name in names if _at(was, name) != _at(now, name)]


def _at(resource: Mapping[str, Any], path: str) -> Any:
    value: Any = resource.get("Properties", {})
    for step in path.split("/"):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs, by the name of the property, or of the attribute beside `Properties`."""
    for part, other in ((was, now), (was.get("Properties", {}), now.get("Properties", {}))):
        yield from (
            name
            for name in sorted(part.keys() | other.keys())
            if name != "Properties" and part.get(name) != other.get(name)
        )
