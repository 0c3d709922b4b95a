"""Lambda functions: the types of their variables, and their bodies put in another function's words."""

from __future__ import annotations

from sqlglot import exp

from pixlake.localcloud.athena.scopes import Scope, children


def lambda_variables(node: exp.Expr, scope: Scope | None = None) -> list[tuple[exp.Lambda, list[str]]]:
    """The lambdas among a call's arguments, each with its variables' DuckDB types ('' where unknown or not asked)."""
    functions = [value for value in _arguments(node) if isinstance(value, exp.Lambda)]
    if not functions or scope is None:
        return [(function, []) for function in functions]
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    first = next((value for value in _arguments(node) if not isinstance(value, exp.Lambda)), None)
    inside = _element_types(first, scope)
    if isinstance(node, exp.Reduce):
        state = scope.type_of(node.args["initial"])
        kinds = [str(state) if state else "", *inside]
        return [(function, kinds) for function in functions]
    if name == "zip_with":
        second = _element_types(node.expressions[1], scope)
        return [(functions[0], [*inside[:1], *second[:1]])]
    if name == "map_zip_with":
        second = _element_types(node.expressions[1], scope)
        return [(functions[0], [*inside, *second[1:]])]
    return [(function, inside) for function in functions]


def substituted(function: exp.Expr, *values: exp.Expr) -> exp.Expr:
    """The lambda's body with expressions in place of its variables."""
    meant: dict[str, exp.Expr] = dict(zip((name.name.lower() for name in function.expressions), values, strict=True))

    def put(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Identifier) and node.name.lower() in meant and not _is_member(node):
            return meant[node.name.lower()].copy()
        return node

    body: exp.Expr = function.this.copy().transform(put)
    return body


def _is_member(node: exp.Identifier) -> bool:
    parent = node.parent
    return (isinstance(parent, exp.Dot) and parent.expression is node) or (
        isinstance(parent, exp.Column) and parent.args.get("table") is not None and parent.this is node
    )


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    for value in node.args.values():
        found += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expr)]
    return found


def _element_types(collection: exp.Expr | None, scope: Scope) -> list[str]:
    type_ = scope.type_of(collection) if collection is not None else None
    return [str(child) for _, child in children(type_)] if type_ is not None and type_.id in ("list", "map") else [""]
