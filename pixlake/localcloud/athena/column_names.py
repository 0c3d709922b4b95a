"""What a query's columns are called in Trino: by the (last) name as written; other expressions have no name."""

from __future__ import annotations

from sqlglot import exp

UNNAMED = "_unnamed_"
"""What the engine calls columns that have no name; a result shows `_col0`, `_col1`, … by their place."""


def name_columns(tree: exp.Query) -> None:
    """Name the columns of a translated query, in place; also of the queries inside it, whose `*` may pass them on."""
    for values in tree.find_all(exp.Values):
        alias = values.args.get("alias")
        if alias is None or not alias.columns:
            _name_values(values)
    top: exp.Expr = tree
    while not isinstance(top, exp.Select):
        top = top.this
    for select in tree.find_all(exp.Select):
        select.set("expressions", [_named(item, i, select is top) for i, item in enumerate(select.expressions)])


def _name_values(values: exp.Values) -> None:
    first = values.expressions[0]
    width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
    names = [exp.to_identifier(f"{UNNAMED}{index}") for index in range(width)]
    table = values.args["alias"].this if values.args.get("alias") else exp.to_identifier("_values")
    values.set("alias", exp.TableAlias(this=table, columns=names))


def _named(projection: exp.Expr, index: int, is_result: bool) -> exp.Expr:
    is_column = isinstance(projection, exp.Column)
    if isinstance(projection, exp.Alias | exp.Star) or (is_column and isinstance(projection.this, exp.Star)):
        return projection
    last = projection.expression if isinstance(projection, exp.Dot) else projection.this
    if _is_path(projection) and isinstance(last, exp.Identifier):
        # The engine names it so by itself, but for the letters' case, which only a result shows.
        return exp.alias_(projection, exp.to_identifier(last.name, quoted=True)) if is_result else projection
    return exp.alias_(projection, exp.to_identifier(f"{UNNAMED}{index}", quoted=True))


def _is_path(expression: exp.Expr) -> bool:
    """Whether it is names and dots alone: `category.label` has a name, `category.top[1].label` has none."""
    while isinstance(expression, exp.Dot):
        expression = expression.this
    return isinstance(expression, exp.Column | exp.Identifier)
