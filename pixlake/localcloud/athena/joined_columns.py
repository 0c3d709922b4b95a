"""The columns of a JOIN … USING: once, first in `*`, and of neither side alone."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pixlake.localcloud.athena.errors import COLUMN_NOT_FOUND, NotSupported, QueryFailed


def translate_stars(select: exp.Select) -> None:
    """Put the columns of USING in front of the others, where DuckDB leaves them in their places."""
    using = _using(select)
    if not using:
        return
    projections: list[exp.Expr] = []
    for projection in select.expressions:
        if isinstance(projection, exp.Star):
            projections += [exp.Column(this=name.copy()) for name in using]
            projection.set("except_", [*(projection.args.get("except_") or []), *(name.copy() for name in using)])
        elif projection.is_star:
            raise NotSupported(f"{projection.sql('athena')} over JOIN … USING", "name the columns, or join ON")
        projections.append(projection)
    select.set("expressions", projections)


def refuse_qualified(select: exp.Select, place: Callable[[exp.Expr], str]) -> None:
    """Refuse `a.x` after `a JOIN b USING (x)`, as Trino does."""
    names = {name.name.lower() for name in _using(select)}
    if not names:
        return
    from_, joins = select.args["from_"], select.args["joins"]
    last = max(index for index, join in enumerate(joins) if join.args.get("using"))
    sides = {item.alias_or_name.lower() for item in (from_.this, *(join.this for join in joins[: last + 1]))}
    for clause in ("expressions", "where", "group", "having", "order"):
        value = select.args.get(clause)
        for part in value if isinstance(value, list) else [value] if value else []:
            for column in part.find_all(exp.Column):
                if (
                    column.name.lower() in names
                    and column.table.lower() in sides
                    and column.find_ancestor(exp.Select) is select
                ):
                    raise QueryFailed(COLUMN_NOT_FOUND.format(f"{column.table}.{column.name}", at=place(column)))


def _using(select: exp.Select) -> list[exp.Identifier]:
    """The columns in the order that `*` has them: the last join's first."""
    found: dict[str, exp.Identifier] = {}
    for join in reversed(select.args.get("joins") or []):
        for name in join.args.get("using") or []:
            found.setdefault(name.name.lower(), name if isinstance(name, exp.Identifier) else name.this)
    return list(found.values())
