"""`IN`, ANY, SOME and ALL over `VALUES …`, which sqlglot reads as a call or a list item: put as subqueries."""

from __future__ import annotations

from sqlglot import exp

_QUANTIFIERS: dict[str, type[exp.Any] | type[exp.All]] = {"ANY": exp.Any, "SOME": exp.Any, "ALL": exp.All}


def spell_out_values(tree: exp.Expr) -> None:
    """Turn `x < ALL (VALUES 1, 2)` into `x < ALL (SELECT * FROM (VALUES 1, 2))`, in place."""
    for node in list(tree.find_all(exp.In, exp.Any, exp.Anonymous)):
        if isinstance(node, exp.Anonymous):
            quantifier = _QUANTIFIERS.get(node.name.upper())
            values = _values(node.expressions[0]) if len(node.expressions) == 1 else None
            if quantifier and values:
                node.replace(quantifier(this=_query(values)))
        elif isinstance(node, exp.Any):
            if values := _values(node.this):
                node.set("this", _query(values))
        elif values := _values(node.args.get("query") or (node.expressions[0] if len(node.expressions) == 1 else None)):
            node.set("expressions", [])
            node.set("query", exp.Subquery(this=_query(values)))


def _values(node: exp.Expr | None) -> exp.Values | None:
    while isinstance(node, exp.Subquery | exp.Paren):
        node = node.this
    return node if isinstance(node, exp.Values) else None


def _query(values: exp.Values) -> exp.Select:
    return exp.select("*").from_(values)
