"""A template's rules: what must hold between parameters before anything is created.

Source: "Rule functions" in the CloudFormation template reference. The functions that look up VPCs and the like are not
known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixlake.localcloud.errors import TemplateError, UnsupportedError


def broken(rules: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[str]:
    """Return the description of every assertion that does not hold."""
    problems: list[str] = []
    for name, rule in rules.items():
        where = f"Rules.{name}"
        if "RuleCondition" in rule and not _value(rule["RuleCondition"], parameters, where):
            continue
        problems.extend(
            f"{where}: {assertion.get('AssertDescription', 'the assertion does not hold')}"
            for assertion in rule["Assertions"]
            if not _value(assertion["Assert"], parameters, where)
        )
    return problems


def _value(expression: Any, parameters: Mapping[str, Any], where: str) -> Any:
    if isinstance(expression, list):
        return [_value(item, parameters, where) for item in expression]
    if not isinstance(expression, dict):
        return expression
    ((name, argument),) = expression.items()
    if name == "Ref":
        if argument not in parameters:
            raise TemplateError(f"{where}: Ref {argument} names no parameter.")
        return parameters[argument]
    if name not in _FUNCTIONS:
        raise UnsupportedError(f"{where}: {name} is not a rule function that the local cloud knows.")
    return _FUNCTIONS[name](*_value(argument, parameters, where))


_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "Fn::And": lambda *all_of: all(all_of),
    "Fn::Or": lambda *any_of: any(any_of),
    "Fn::Not": lambda holds: not holds,
    "Fn::Equals": lambda one, other: one == other,
    "Fn::Contains": lambda members, one: one in members,
    "Fn::EachMemberEquals": lambda members, one: all(member == one for member in members),
    "Fn::EachMemberIn": lambda members, others: all(member in others for member in members),
}
