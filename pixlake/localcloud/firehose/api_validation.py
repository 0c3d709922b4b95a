"""The constraints of the public API (required members, lengths, ranges, patterns, enumerations), worded as AWS does.

They are read from botocore's model of the service, so that they are AWS's own and need no copy here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from pixlake.localcloud.clients import core_session
from pixlake.localcloud.protocol import ServiceError

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "double": (int, float),
}


@cache
def service_model() -> ServiceModel:
    """Return botocore's description of the API."""
    model: ServiceModel = core_session().get_service_model("firehose")
    return model


def validate(action: str, payload: dict[str, Any]) -> None:
    """Raise AWS's `ValidationException` (all violations in one message) or `SerializationException`."""
    shape = service_model().operation_model(action).input_shape
    violations = list(_structure(shape, payload, "")) if shape else []
    if violations:
        plural = "s" if len(violations) > 1 else ""
        raise ServiceError(
            "ValidationException", f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"
        )


def decode_blob(path: str, value: str) -> bytes:
    """Return a blob's bytes: they travel as base64."""
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ServiceError("SerializationException", f"{path} is not base64: {error}") from error


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        member_path = f"{path}.{_camel(name)}".lstrip(".")
        if value.get(name) is not None:
            yield from _violations(member, value[name], member_path)
        elif name in shape.required_members:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if not _is_of(kind, value):
        raise ServiceError("SerializationException", f"{path} must be of type {kind}, not {type(value).__name__}")
    yield from _constraints(shape, value, path)
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        for index, element in enumerate(value, start=1):
            yield from _violations(shape.member, element, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        for name, element in value.items():
            yield from _violations(shape.key, name, f"{path}.key")
            yield from _violations(shape.value, element, f"{path}.{name}")


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, bool):  # Python takes it for a number
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, (object,)))


def _constraints(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind, metadata = shape.type_name, shape.metadata
    if kind in ("integer", "long", "double"):
        measured, what = value, "have value"
    elif kind == "blob":
        measured, what = len(decode_blob(path, value)), "have length"
    elif kind in ("string", "list", "map"):
        measured, what = len(value), "have length"
    else:
        return
    failed = f"Value {_shown(kind, value, measured)} at '{path}' failed to satisfy constraint: Member must"
    if "min" in metadata and measured < metadata["min"]:
        yield f"{failed} {what} greater than or equal to {metadata['min']}"
    if "max" in metadata and measured > metadata["max"]:
        yield f"{failed} {what} less than or equal to {metadata['max']}"
    if kind == "string" and "enum" in metadata and value not in metadata["enum"]:
        yield f"{failed} satisfy enum value set: [{', '.join(metadata['enum'])}]"
    pattern = metadata.get("pattern", "") if kind == "string" else ""
    # Java's classes \p{…}, which Python has not, stand only in the patterns of tags: these have no effect here.
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, value):
        yield f"{failed} satisfy regular expression pattern: {pattern}"


def _shown(kind: str, value: Any, measured: float) -> str:
    if kind == "blob":  # what AWS's Java prints of a buffer
        return f"'java.nio.HeapByteBuffer[pos=0 lim={measured} cap={measured}]'"
    return f"'[{measured} members]'" if kind in ("list", "map") else f"'{value}'"


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
