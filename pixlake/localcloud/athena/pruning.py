"""Which of a query's conditions bear on the partition keys of each scan.

Conditions are pushed from the outside in: through views, subqueries, CTEs and set operations, down to the scans, as
Trino does, and never further than the result allows (LIMIT, window functions, outer joins). What cannot be followed is
not pushed: a scan then reads more than it needs, never less. Equal columns of a join share their conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
from sqlglot import exp
from sqlglot.errors import SqlglotError

from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.lineage import (
    Conditions,
    Source,
    conjuncts,
    innermost,
    nested_queries,
    owner,
    partitions_by,
    projected,
    renamed_conditions,
)
from pixlake.localcloud.athena.relations import Scan

_VOLATILE = (exp.Rand, exp.Uuid)


def conditions_on_scans(engine: Engine, tree: exp.Query, scans: Mapping[str, Scan]) -> dict[str, list[Conditions]]:
    """For each scan, the alternatives under which its rows are wanted: conditions over partition keys, all to hold.

    An empty list of conditions means every partition. A scan that was not reached is wanted whole.
    """
    search = _Search(engine, scans)
    search.query(tree, [], {})
    return {name: search.found.get(name, [[]]) for name in scans}


class _Search:
    def __init__(self, engine: Engine, scans: Mapping[str, Scan]) -> None:
        self._engine = engine
        self._scans = scans
        self.found: dict[str, list[Conditions]] = {}

    def query(self, node: exp.Expr, conditions: Conditions, ctes: dict[str, exp.CTE]) -> None:
        """Visit a query of which only the rows with `conditions` (over its output names) are wanted."""
        with_ = node.args.get("with_")
        if with_ is not None:
            ctes = {**ctes, **{cte.alias.lower(): cte for cte in with_.expressions}}
            if with_.args.get("recursive"):
                for cte in with_.expressions:
                    self.query(cte.this, [], {k: v for k, v in ctes.items() if v is not cte})
                ctes = {k: v for k, v in ctes.items() if v not in with_.expressions}
        if node.args.get("limit") or node.args.get("offset") or node.args.get("fetch"):
            conditions = []
        if isinstance(node, exp.Subquery):
            self.query(node.this, conditions, ctes)
        elif isinstance(node, exp.SetOperation):
            self._set_operation(node, conditions, ctes)
        elif isinstance(node, exp.Select):
            self._select(node, conditions, ctes)

    def _set_operation(self, node: exp.SetOperation, conditions: Conditions, ctes: dict[str, exp.CTE]) -> None:
        names = self._output_names(node, ctes)
        for side in (node.this, node.expression):
            side_names = self._output_names(side, ctes)
            known = names is not None and side_names is not None and len(names) == len(side_names)
            renamed = dict(zip(names or [], side_names or [], strict=False)) if known else {}
            self.query(side, renamed_conditions(conditions, renamed) if known else [], ctes)

    def _select(self, select: exp.Select, conditions: Conditions, ctes: dict[str, exp.CTE]) -> None:
        sources = self._sources(select, ctes)
        where = select.args.get("where")
        wanted = [*conjuncts(where.this if where else None), *self._through(select, conditions, sources)]
        for source in sources:
            shared = self._with_equal_columns(wanted, sources, source)
            local = [c for c in (self._local(condition, source, sources) for condition in shared) if c is not None]
            if source.outer_joined:
                local = [c for c in local if self._rejects_nulls(c, source)]
            local += [c for c in (self._local(on, source, sources) for on in source.on_conditions) if c is not None]
            if source.scan is not None:
                keys = {key.name for key in source.scan.table.partition_keys}
                on_keys = [c for c in local if {column.name.lower() for column in c.find_all(exp.Column)} <= keys]
                self.found.setdefault(source.scan.name, []).append(on_keys)
            elif source.query is not None:
                inner = local if source.inner_names is None else renamed_conditions(local, source.inner_names)
                self.query(source.query, inner, ctes)
        in_from = {id(innermost(source.query)) for source in sources if source.query is not None}
        for nested in nested_queries(select):
            if id(nested) not in in_from:
                self.query(nested, [], ctes)

    def _sources(self, select: exp.Select, ctes: dict[str, exp.CTE]) -> list[Source]:
        from_ = select.args.get("from_")
        if from_ is None:
            return []
        sources: list[Source] = []
        self._add_source(from_.this, None, sources, ctes)
        for join in select.args.get("joins") or []:
            self._add_source(join.this, join, sources, ctes)
        return sources

    def _add_source(
        self, item: exp.Expr, join: exp.Join | None, sources: list[Source], ctes: dict[str, exp.CTE]
    ) -> None:
        before = list(sources)
        if isinstance(item, exp.Subquery) and isinstance(item.this, exp.Table | exp.Subquery) and not item.alias:
            self._add_source(item.this, None, sources, ctes)  # a parenthesized join
        else:
            sources.append(self._source(item, ctes))
        for inner in item.args.get("joins") or []:
            self._add_source(inner.this, inner, sources, ctes)
        if join is None:
            return
        added = sources[len(before) :]
        side = (join.side or "").upper()
        for source in added if side == "LEFT" else before if side == "RIGHT" else sources if side == "FULL" else []:
            source.outer_joined = True
        on = conjuncts(join.args.get("on"))
        for source in {"LEFT": added, "RIGHT": before, "FULL": []}.get(side, sources):
            if side or not source.outer_joined:
                source.on_conditions += on

    def _source(self, item: exp.Expr, ctes: dict[str, exp.CTE]) -> Source:
        alias = item.alias_or_name.lower()
        named = item.args.get("alias")
        renamed = [column.name.lower() for column in named.columns] if named else []
        if isinstance(item, exp.Table):
            if item.name in self._scans:
                scan = self._scans[item.name]
                return Source(alias, [name.lower() for name, _ in scan.columns()], scan=None if renamed else scan)
            cte = ctes.get(item.name.lower())
            if cte is not None:
                alias_columns = cte.args["alias"].columns
                return self._query_source(alias, cte.this, renamed or [c.name.lower() for c in alias_columns], ctes)
        if isinstance(item, exp.Subquery):
            return self._query_source(alias, item.this, renamed, ctes)
        if isinstance(item, exp.Lateral) and isinstance(item.this, exp.Subquery):
            return self._query_source(alias, item.this.this, renamed, ctes)
        return Source(alias, renamed or None)

    def _query_source(self, alias: str, query: exp.Expr, renamed: list[str], ctes: dict[str, exp.CTE]) -> Source:
        names = self._output_names(query, ctes)
        if renamed and names is not None and len(renamed) == len(names):
            return Source(alias, renamed, query=query, inner_names=dict(zip(renamed, names, strict=True)))
        if renamed:
            return Source(alias, renamed, query=query, inner_names={})  # nothing is pushed, but it is visited
        return Source(alias, names, query=query)

    def _output_names(self, query: exp.Expr, ctes: dict[str, exp.CTE]) -> list[str] | None:
        """A query's column names; None where a star hides them."""
        query = innermost(query)
        with_ = query.args.get("with_")
        if with_ is not None:
            ctes = {**ctes, **{cte.alias.lower(): cte for cte in with_.expressions}}
        if isinstance(query, exp.SetOperation):
            return self._output_names(query.this, ctes)
        if not isinstance(query, exp.Select):
            return None
        sources: list[Source] | None = None
        names: list[str] = []
        for projection in query.expressions:
            if isinstance(projection, exp.Star) or (
                isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
            ):
                sources = self._sources(query, ctes) if sources is None else sources
                table = projection.table.lower() if isinstance(projection, exp.Column) else ""
                left_out = {name.name for name in projection.find_all(exp.Identifier)}
                for source in [s for s in sources if not table or s.alias == table]:
                    if source.columns is None:
                        return None
                    names += [name for name in source.columns if name not in left_out]
            else:
                names.append(projection.alias_or_name.lower())
        return names

    def _through(self, select: exp.Select, conditions: Conditions, sources: Sequence[Source]) -> Conditions:
        """Conditions over a query's output, in terms of its sources; those that cannot be put so are left out."""
        group = select.args.get("group")
        if group and group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
            return []
        distinct = select.args.get("distinct")
        if distinct and distinct.args.get("on"):
            return []
        windows = [*select.find_all(exp.Window)]
        kept: Conditions = []
        for condition in conditions:
            inner = condition.copy()
            holder = exp.Paren(this=inner)
            for column in list(holder.find_all(exp.Column)):
                meant = projected(select, column.name.lower(), sources)
                if meant is None or not all(partitions_by(window, meant) for window in windows):
                    break
                column.replace(meant.copy())
            else:
                kept.append(holder.this)
        return kept

    def _with_equal_columns(self, conditions: Conditions, sources: Sequence[Source], target: Source) -> Conditions:
        """Conditions, and those that follow for `target` from columns that a join makes equal."""
        equal: list[tuple[exp.Column, exp.Column]] = []
        for condition in [*conditions, *target.on_conditions]:
            if (
                isinstance(condition, exp.EQ)
                and isinstance(condition.left, exp.Column)
                and isinstance(condition.right, exp.Column)
            ):
                equal += [(condition.left, condition.right), (condition.right, condition.left)]
        derived: Conditions = []
        for own, other in equal:
            if owner(own, sources) is not target or owner(other, sources) in (None, target):
                continue
            for condition in conditions:
                columns = list(condition.find_all(exp.Column))
                if columns and all(
                    c.name.lower() == other.name.lower() and owner(c, sources) is owner(other, sources) for c in columns
                ):
                    derived.append(
                        condition.copy().transform(lambda n, own=own: own.copy() if isinstance(n, exp.Column) else n)
                    )
        return [*conditions, *derived]

    def _local(self, condition: exp.Expr, source: Source, sources: Sequence[Source]) -> exp.Expr | None:
        """The condition with bare column names, if it bears on this source alone; None otherwise."""
        if condition.find(exp.Query, exp.AggFunc, exp.Window, *_VOLATILE):
            return None
        columns = list(condition.find_all(exp.Column))
        if not columns or any(owner(column, sources) is not source for column in columns):
            return None
        return condition.copy().transform(
            lambda node: (
                exp.column(exp.to_identifier(node.name.lower(), quoted=True)) if isinstance(node, exp.Column) else node
            )
        )

    def _rejects_nulls(self, condition: exp.Expr, source: Source) -> bool:
        """Whether a row of NULLs, which an outer join adds, fails the condition: only then may it be pushed."""
        kinds = dict(source.scan.columns()) if source.scan else {}

        def null(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column):
                return exp.cast(exp.null(), kinds.get(node.name, "VARCHAR"), dialect="duckdb")
            return node

        try:
            return self._engine.rows(exp.select(condition.copy().transform(null)).sql("duckdb")) != [(True,)]
        except (duckdb.Error, SqlglotError):  # what the engine cannot say is not pushed
            return False
