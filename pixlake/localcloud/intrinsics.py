"""CloudFormation's intrinsic functions, evaluated on plain values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pixlake.localcloud.errors import TemplateError, UnsupportedError

NO_VALUE = object()
"""`AWS::NoValue`: the property that holds it is left out."""

_SUB_VARIABLE = re.compile(r"\$\{(!?)\s*([A-Za-z0-9:._]+)\s*\}")


class Pending(str):
    """A value known only once its resource exists; it stands in while a template is checked before creation."""

    resource_type: str

    def __new__(cls, text: str, resource_type: str = "") -> Pending:
        """Make a placeholder that reads as `text` and remembers what kind of resource will give the value."""
        value = super().__new__(cls, f"«{text}»")
        value.resource_type = resource_type
        return value


class References(Protocol):
    """What `Ref` and `Fn::GetAtt` find in a stack's resources."""

    def ref(self, logical_id: str) -> Any:
        """Return the resource's `Ref`; raise KeyError for an unknown logical id."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return an attribute; raise KeyError for an unknown logical id or attribute."""


class Resolver:
    """Evaluates the functions in a template's values.

    Parameters
    ----------
    values
        Parameters and pseudo parameters by name.
    mappings, conditions
        The template's sections of those names.
    references
        Where the resources' own values come from.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        mappings: Mapping[str, Any],
        conditions: Mapping[str, Any],
        references: References,
    ) -> None:
        self._values = values
        self._mappings = mappings
        self._conditions = conditions
        self._references = references
        self._decided: dict[str, bool | None] = {}
        self._functions: dict[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda argument, where: base64.b64encode(
                str(self.resolve(argument, where)).encode()
            ).decode(),
            "Fn::If": self._if,
            "Fn::Equals": lambda argument, where: self._test({"Fn::Equals": argument}, where),
            "Fn::Not": lambda argument, where: self._test({"Fn::Not": argument}, where),
            "Fn::And": lambda argument, where: self._test({"Fn::And": argument}, where),
            "Fn::Or": lambda argument, where: self._test({"Fn::Or": argument}, where),
        }

    def resolve(self, value: Any, where: str) -> Any:
        """Return `value` with every function evaluated; `where` names the place in error messages."""
        if isinstance(value, dict):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name in self._functions:
                    return self._functions[name](argument, where)
                if isinstance(name, str) and name.startswith("Fn::"):
                    raise UnsupportedError(
                        f"{where}: {name} is not known to the local cloud; write the value with "
                        "Ref, Fn::Sub, Fn::GetAtt, Fn::Join, Fn::If or a parameter instead."
                    )
            resolved = {key: self.resolve(item, f"{where}.{key}") for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not NO_VALUE}
        if isinstance(value, list):
            items = [self.resolve(item, f"{where}[{index}]") for index, item in enumerate(value)]
            return [item for item in items if item is not NO_VALUE]
        return value

    def condition(self, name: str, where: str) -> bool:
        """Evaluate a named condition, once."""
        if name not in self._conditions:
            raise TemplateError(f"{where}: there is no condition named {name}.")
        if name in self._decided:
            decided = self._decided[name]
            if decided is None:
                raise TemplateError(f"Conditions.{name} depends on itself.")
            return decided
        self._decided[name] = None
        result = self._test(self._conditions[name], f"Conditions.{name}")
        self._decided[name] = result
        return result

    def _test(self, expression: Any, where: str) -> bool:
        if not isinstance(expression, dict) or len(expression) != 1:
            raise TemplateError(f"{where}: a condition is one of Fn::Equals, Fn::Not, Fn::And, Fn::Or, Condition.")
        name, argument = next(iter(expression.items()))
        if name == "Condition":
            return self.condition(argument, where)
        if name == "Fn::Equals":
            left, right = (self.resolve(item, where) for item in self._arguments(argument, name, where, 2, 2))
            return as_text(left) == as_text(right)
        if name == "Fn::Not":
            return not self._test(self._arguments(argument, name, where, 1, 1)[0], where)
        if name in {"Fn::And", "Fn::Or"}:
            results = [self._test(item, where) for item in self._arguments(argument, name, where, 2, 10)]
            return all(results) if name == "Fn::And" else any(results)
        raise UnsupportedError(f"{where}: {name} is not a condition function the local cloud knows.")

    def _ref(self, name: Any, where: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._values:
            return self._values[name]
        try:
            return self._references.ref(name)
        except KeyError:
            raise TemplateError(f"{where}: Ref {name} names no parameter and no resource.") from None

    def _get_att(self, argument: Any, where: str) -> Any:
        logical_id, _, name = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        name = str(self.resolve(name, where))
        try:
            return self._references.attribute(logical_id, name)
        except KeyError as missing:
            raise TemplateError(f"{where}: Fn::GetAtt {logical_id}.{name}: {missing.args[0]}") from None

    def _sub(self, argument: Any, where: str) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {name: self.resolve(value, where) for name, value in own.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in own:
                return as_text(own[name])
            return as_text(self._get_att(name, where) if "." in name else self._ref(name, where))

        return _SUB_VARIABLE.sub(replace, text)

    def _join(self, argument: Any, where: str) -> str:
        delimiter, items = self._arguments(argument, "Fn::Join", where, 2, 2)
        return str(delimiter).join(as_text(item) for item in self._list(items, where))

    def _split(self, argument: Any, where: str) -> list[str]:
        delimiter, text = self._arguments(argument, "Fn::Split", where, 2, 2)
        return str(self.resolve(text, where)).split(delimiter)

    def _select(self, argument: Any, where: str) -> Any:
        index, items = self._arguments(argument, "Fn::Select", where, 2, 2)
        values = self._list(items, where)
        position = int(self.resolve(index, where))
        if not 0 <= position < len(values):
            raise TemplateError(f"{where}: Fn::Select {position} of a list of {len(values)}.")
        return values[position]

    def _find_in_map(self, argument: Any, where: str) -> Any:
        keys = [str(self.resolve(key, where)) for key in self._arguments(argument, "Fn::FindInMap", where, 3, 3)]
        found: Any = self._mappings
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                raise TemplateError(f"{where}: Fn::FindInMap {' / '.join(keys)}: there is no {key}.")
            found = found[key]
        return found

    def _if(self, argument: Any, where: str) -> Any:
        name, then, otherwise = self._arguments(argument, "Fn::If", where, 3, 3)
        return self.resolve(then if self.condition(name, where) else otherwise, where)

    def _list(self, items: Any, where: str) -> list[Any]:
        values = self.resolve(items, where)
        if not isinstance(values, list):
            raise TemplateError(f"{where}: a list is wanted, not {values!r}.")
        return values

    @staticmethod
    def _arguments(argument: Any, function: str, where: str, least: int, most: int) -> list[Any]:
        if not isinstance(argument, list) or not least <= len(argument) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            raise TemplateError(f"{where}: {function} takes a list of {count} items.")
        return argument


def as_text(value: Any) -> str:
    """Return a scalar as CloudFormation writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    return str(value)
