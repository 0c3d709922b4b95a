"""Where the columns of a query come from: its FROM items, and what a name means among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from pixlake.localcloud.athena.relations import Scan

Conditions = list[exp.Expr]


@dataclass
class Source:
    """A FROM item: a scan, a query with the names its columns have outside, or something that is only named."""

    alias: str
    columns: list[str] | None
    scan: Scan | None = None
    query: exp.Expr | None = None
    inner_names: dict[str, str] | None = None
    outer_joined: bool = False
    on_conditions: Conditions = field(default_factory=list)


def owner(column: exp.Column, sources: Sequence[Source]) -> Source | None:
    """The one source a column belongs to; None if that cannot be told. A struct's field is not its column."""
    if column.args.get("db"):
        return None
    if column.table:
        return next((s for s in sources if s.alias == column.table.lower()), None)
    if len(sources) == 1 and sources[0].columns is None:
        return sources[0]
    owners = [s for s in sources if s.columns is None or column.name.lower() in s.columns]
    return owners[0] if len(owners) == 1 and owners[0].columns is not None else None


def projected(select: exp.Select, name: str, sources: Sequence[Source]) -> exp.Column | None:
    """The source column that an output name passes on unchanged; None if it is computed or unknown."""
    found: exp.Column | None = None
    for projection in select.expressions:
        if isinstance(projection, exp.Star) or (
            isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
        ):
            table = projection.table if isinstance(projection, exp.Column) else None
            column = exp.column(exp.to_identifier(name, quoted=True), table=table or None)
            if found is None and owner(column, sources) is not None:
                found = column
        elif projection.alias_or_name.lower() == name:
            inner = projection.unalias()
            return inner if isinstance(inner, exp.Column) and owner(inner, sources) is not None else None
    return found


def partitions_by(window: exp.Window, column: exp.Column) -> bool:
    """Whether rows of another value of the column lie in other window partitions."""
    keys = window.args.get("partition_by") or []
    return any(isinstance(key, exp.Column) and key.name.lower() == column.name.lower() for key in keys)


def innermost(query: exp.Expr) -> exp.Expr:
    """A query without the parentheses around it."""
    while isinstance(query, exp.Subquery):
        query = query.this
    return query


def conjuncts(condition: exp.Expr | None) -> Conditions:
    """The conditions that all have to hold, out of one joined by AND."""
    return [
        c.unnest() for c in (condition.flatten() if isinstance(condition, exp.And) else [condition]) if c is not None
    ]


def renamed_conditions(conditions: Conditions, names: Mapping[str, str]) -> Conditions:
    """Conditions in other column names; those that use a name without another are left out."""

    def rename(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return exp.column(exp.to_identifier(names[node.name.lower()], quoted=True))
        return node

    return [
        condition.copy().transform(rename)
        for condition in conditions
        if all(column.name.lower() in names for column in condition.find_all(exp.Column))
    ]


def nested_queries(select: exp.Select) -> Iterator[exp.Expr]:
    """Queries inside a SELECT's expressions and FROM items, one level down; CTEs are visited where they are used."""
    for key, value in select.args.items():
        if key == "with_":
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expr):
                yield from _topmost_queries(item)


def _topmost_queries(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Select | exp.SetOperation):
        yield node
        return
    for child in node.iter_expressions():
        yield from _topmost_queries(child)
