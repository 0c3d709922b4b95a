"""What references between resources name, and what they give: before anything exists, and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pixlake.localcloud.intrinsics import Pending
from pixlake.localcloud.resources import Created, Creator

NESTED = "AWS::CloudFormation::Stack"


def names(value: Any) -> Iterable[str]:
    """Yield every name that Ref, Fn::GetAtt and Fn::Sub mention in a value."""
    if isinstance(value, list):
        for item in value:
            yield from names(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "Ref" and isinstance(item, str):
                yield item
            elif name == "Fn::GetAtt":
                yield item.split(".")[0] if isinstance(item, str) else item[0]
            elif name == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                yield from (found.split(".")[0] for found in re.findall(r"\$\{([^!}]+)\}", text))
            yield from names(item)


class Expected:
    """Stands in for resources that do not exist yet: every known attribute is a `Pending` value."""

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        known: Mapping[str, Creator],
        nested_outputs: Mapping[str, set[str]],
    ) -> None:
        self._resources, self._creators, self._outputs = resources, known, nested_outputs

    def ref(self, logical_id: str) -> Pending:
        """See `intrinsics.References`."""
        return Pending(logical_id, self._resources[logical_id].get("Type", ""))

    def attribute(self, logical_id: str, name: str) -> Pending:
        """See `intrinsics.References`."""
        if logical_id not in self._resources:
            raise KeyError(f"there is no resource {logical_id}.")
        kind = self._resources[logical_id].get("Type", "")
        if kind == NESTED:
            outputs = self._outputs.get(logical_id)
            known = None if outputs is None else {f"Outputs.{output}" for output in outputs}
        else:
            known = set(self._creators[kind].attributes) if kind in self._creators else None
        if known is not None and name not in known:
            raise KeyError(f"{kind} gives {', '.join(sorted(known)) or 'no attributes'} in the local cloud.")
        return Pending(f"{logical_id}.{name}", kind)


class Existing:
    """The resources created so far."""

    def __init__(self, created: Mapping[str, Created]) -> None:
        self._created = created

    def ref(self, logical_id: str) -> str:
        """See `intrinsics.References`."""
        return self._created[logical_id].ref

    def attribute(self, logical_id: str, name: str) -> str:
        """See `intrinsics.References`."""
        if logical_id not in self._created:
            raise KeyError(f"{logical_id} was not created: its condition is false.")
        attributes = self._created[logical_id].attributes
        if name not in attributes:
            raise KeyError(f"it has {', '.join(sorted(attributes))}.")
        return attributes[name]
