"""A creator: what one CloudFormation type accepts, and the calls that make one."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixlake.localcloud.resources.properties import Spec, Struct

ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class Created:
    """A resource that exists: what `Ref` and `Fn::GetAtt` give."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """Where resources are created: clients of the local endpoint, and what runs beside it."""

    client: Callable[[str], Any]
    """A boto3 client of the local endpoint, by service name."""
    region: str
    python: Path = Path(sys.executable)
    """The interpreter that runs functions."""
    functions: list[Any] = field(default_factory=list)
    """`lambda_runtime.FunctionSettings` of the template's functions."""
    mappings: list[Any] = field(default_factory=list)
    """`event_source.MappingSettings` of the template's event source mappings."""
    releases: list[Any] = field(default_factory=list)
    """`releases.ReleaseSettings` of the aliases that CodeDeploy would move."""
    schedules: list[Any] = field(default_factory=list)
    """`schedules.ScheduleSettings` of the template's rules and schedules that invoke by time."""


@dataclass(frozen=True)
class Request:
    """One resource to create; its properties conform to the creator's description."""

    logical_id: str
    properties: dict[str, Any]
    stack_name: str
    folder: Path
    site: Site
    update_policy: Mapping[str, Any] = field(default_factory=dict)

    def name(self, property_name: str, most: int = 64, lower: bool = False) -> str:
        """Return the name the template gives, or one made like CloudFormation's, but the same at every start."""
        given = self.properties.get(property_name)
        if given:
            return str(given)
        suffix = hashlib.sha256(f"{self.stack_name}/{self.logical_id}".encode()).hexdigest()[:12]
        stem = f"{self.stack_name}-{self.logical_id}"[: most - 13]
        name = f"{stem}-{suffix}"
        return name.lower() if lower else name

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the stack's region and account."""
        return f"arn:aws:{service}:{self.site.region}:{ACCOUNT_ID}:{resource}"


@dataclass(frozen=True)
class Creator:
    """How one CloudFormation type comes to be."""

    type: str
    properties: Struct
    attributes: frozenset[str]
    """The names `Fn::GetAtt` knows."""
    create: Callable[[Request], Created]
    check: Callable[[Mapping[str, Any]], Iterable[str]]
    """Says what is wrong with conforming properties, beyond their shape, before anything is created."""


REGISTRY: dict[str, Creator] = {}


def _nothing_more(properties: Mapping[str, Any]) -> Iterable[str]:  # noqa: ARG001
    return ()


def creates(
    type_name: str,
    properties: Mapping[str, Spec],
    required: Iterable[str] = (),
    attributes: Iterable[str] = (),
    check: Callable[[Mapping[str, Any]], Iterable[str]] = _nothing_more,
) -> Callable[[Callable[[Request], Created]], Callable[[Request], Created]]:
    """Register the decorated function as the creator of a type."""

    def register(create: Callable[[Request], Created]) -> Callable[[Request], Created]:
        REGISTRY[type_name] = Creator(
            type=type_name,
            properties=Struct(properties, frozenset(required)),
            attributes=frozenset(attributes),
            create=create,
            check=check,
        )
        return create

    return register
