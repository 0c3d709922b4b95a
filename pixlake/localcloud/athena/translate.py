"""From Trino's SQL to DuckDB's: a walk over the syntax tree, innermost first, that mends what sqlglot leaves to types.

The walk knows each expression's scope, so that a rule (rules.py) can ask for the types of its operands. It changes
the tree in place; `sql()` of the result is what runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from pixlake.localcloud.athena import joined_columns, rules
from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.errors import COLUMN_NOT_FOUND, NotSupported, QueryFailed
from pixlake.localcloud.athena.expressions import TypeMismatch
from pixlake.localcloud.athena.lambdas import lambda_variables
from pixlake.localcloud.athena.query_text import Source
from pixlake.localcloud.athena.scopes import Scope
from pixlake.localcloud.athena.unnest import translate_unnest

_IN_SETS = (exp.Column, exp.Tuple)
_CLAUSES = ("where", "group", "having", "windows", "expressions", "distinct", "order", "limit", "offset", "fetch")


def translate(engine: Engine, source: Source, tree: exp.Query) -> exp.Query:
    """Translate a query whose tables are scans known to the engine."""
    translation = _Translation(source)
    scope = Scope(engine)
    translation.query(tree, scope)
    return tree


def to_sql(tree: exp.Expr) -> str:
    """Write a translated tree; what sqlglot cannot say in DuckDB's dialect is refused by name."""
    try:
        return tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise NotSupported(f"this use of SQL ({error})") from error


class _Translation:
    def __init__(self, source: Source) -> None:
        self._source = source

    def query(self, node: exp.Expr, scope: Scope) -> None:
        """Translate a query in place; `scope` holds the CTEs seen here and the query around, no sources of its own."""
        with_ = node.args.get("with_")
        for cte in with_.expressions if with_ else []:
            if with_ and with_.args.get("recursive") and not cte.alias_column_names and _reads(cte.this, cte.alias):
                raise QueryFailed(
                    f"MISSING_COLUMN_ALIASES: {self._place(cte)}: missing column aliases in recursive WITH query"
                )
            self.query(cte.this, scope.inside(scope.ctes))
            scope = Scope(scope.engine, (*scope.ctes, cte), outer=scope.outer, in_try=scope.in_try)
        if isinstance(node, exp.Select):
            self._select(node, scope)
        elif isinstance(node, exp.SetOperation):
            self.query(node.this, scope.inside(scope.ctes))
            self.query(node.expression, scope.inside(scope.ctes))
            self._require_like_columns(node, scope)
        elif isinstance(node, exp.Subquery):
            self.query(node.this, scope.inside(scope.ctes))
        elif isinstance(node, exp.Values):
            self._children(node, scope)

    def _require_like_columns(self, node: exp.SetOperation, scope: Scope) -> None:
        """DuckDB coerces the columns of a UNION to text; Trino refuses."""
        pairs = zip(scope.columns_of(node.this), scope.columns_of(node.expression), strict=False)
        for number, (one, other) in enumerate(pairs, start=1):
            if rules.differ(one, other):
                raise QueryFailed(
                    f"TYPE_MISMATCH: {self._place(node)}: column {number} in {node.key.upper()} query has incompatible "
                    f"types: {rules.trino_name(one)}, {rules.trino_name(other)}"
                )

    def _select(self, select: exp.Select, scope: Scope) -> None:
        if from_ := select.args.get("from_"):
            from_.set("this", self._source_item(from_.this, scope))
            scope = scope.with_source(from_.this)
            scope = self._joins(from_.this, scope)
        scope = self._joins(select, scope)
        self._refuse_fields_of_rows(select)
        self._refuse_computed_sets(select)
        joined_columns.translate_stars(select)
        joined_columns.refuse_qualified(select, self._place)
        self._refuse_names_of_aliases(select, scope)
        for clause in _CLAUSES:
            value = select.args.get(clause)
            if isinstance(value, list):
                select.set(clause, [self._expression(item, scope) for item in value])
            elif isinstance(value, exp.Expr):
                self._children(value, scope)
                if isinstance(value, exp.Where | exp.Having):
                    self._require_boolean(value.this, scope, f"{value.key.upper()} clause")

    def _joins(self, node: exp.Expr, scope: Scope) -> Scope:
        for join in [*(node.args.get("laterals") or []), *(node.args.get("joins") or [])]:
            if isinstance(join, exp.Lateral):
                raise NotSupported("LATERAL VIEW")
            join.set("this", self._source_item(join.this, scope))
            if node.parent is None or isinstance(node, exp.Select):
                scope = scope.with_source(join)
            if join.args.get("on"):
                join.set("on", self._expression(join.args["on"], scope))
                self._require_boolean(join.args["on"], scope, "JOIN ON clause")
        return scope

    def _require_boolean(self, condition: exp.Expr, scope: Scope, what: str) -> None:
        if (type_ := rules.not_boolean(condition, scope)) is not None:
            actual = rules.trino_name(type_)
            raise QueryFailed(
                f"TYPE_MISMATCH: {self._place(condition)}: {what} must evaluate to a boolean: actual type {actual}"
            )

    def _source_item(self, item: exp.Expr, scope: Scope) -> exp.Expr:
        """Translate one FROM item; return what stands in its place."""
        if isinstance(item, exp.Unnest):
            item.set("expressions", [self._expression(array, scope) for array in item.expressions])
            return translate_unnest(item, scope)
        if isinstance(item, exp.Lateral):
            inner = item.this
            self.query(inner.this if isinstance(inner, exp.Subquery) else inner, scope.inside(scope.ctes))
            return item
        if isinstance(item, exp.Subquery):
            if isinstance(item.this, exp.Table | exp.Subquery | exp.Unnest):  # a parenthesized join
                item.set("this", self._source_item(item.this, scope))
                return item
            # A FROM item sees no sources beside it, but what is around the whole query.
            apart = Scope(scope.engine, scope.ctes, outer=scope.outer, in_try=scope.in_try)
            self.query(item.this, apart)
            self._joins(item, scope)
            return item
        if isinstance(item, exp.Table):
            self._joins(item, scope.with_source(item))
        if isinstance(item, exp.Values):
            self.query(item, scope)
        return item

    def _expression(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        """Translate an expression, innermost first; return what stands in its place."""
        if isinstance(node, exp.Query) and not isinstance(node, exp.Table):
            self.query(node, Scope(scope.engine, scope.ctes, outer=scope, in_try=scope.in_try))
            return node
        inner = scope.trying() if isinstance(node, exp.Try) else scope
        variables = lambda_variables(node)
        if variables:
            self._lambda_call(node, inner)
        else:
            self._children(node, inner)
        try:
            return rules.apply(node, scope)
        except TypeMismatch as mismatch:
            raise QueryFailed(f"TYPE_MISMATCH: {self._place(node)}: {mismatch}") from mismatch

    def _children(self, node: exp.Expr, scope: Scope) -> None:
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Lambda):
                continue
            if isinstance(value, exp.Expr):
                node.set(key, self._expression(value, scope))
            elif isinstance(value, list):
                node.set(
                    key,
                    [
                        self._expression(item, scope)
                        if isinstance(item, exp.Expr) and not isinstance(item, exp.Lambda)
                        else item
                        for item in value
                    ],
                )

    def _lambda_call(self, node: exp.Expr, scope: Scope) -> None:
        self._children(node, scope)
        for function, types in lambda_variables(node, scope):
            names = [name.name for name in function.expressions]
            typed = [(name, kind) for name, kind in zip(names, types, strict=False) if kind]
            function.set("this", self._expression(function.this, scope.with_variables(typed)))

    def _refuse_fields_of_rows(self, select: exp.Select) -> None:
        """`r.*` is of a FROM item; in DuckDB it is of a row, too."""
        known = _sources(select)
        for column in select.expressions:
            if column.is_star and column.args.get("db"):
                raise NotSupported(f"{self._place(column)}: all fields of a row by `*`", "name them")
            if column.is_star and isinstance(column, exp.Column) and column.table.lower() not in known:
                raise QueryFailed(f"TABLE_NOT_FOUND: {self._place(column)}: Unable to resolve reference {column.table}")

    def _refuse_computed_sets(self, select: exp.Select) -> None:
        """ROLLUP, CUBE and GROUPING SETS are of columns; a struct's field, or a column's number, is none."""
        group, known = select.args.get("group"), _sources(select)
        for node in group.find_all(exp.Rollup, exp.Cube, exp.GroupingSets) if group else ():
            for item in node.expressions:
                members = item.expressions if isinstance(item, exp.Tuple) else [item]
                for member in members:
                    inner = member.unnest()
                    of_row = isinstance(inner, exp.Column) and inner.table and inner.table.lower() not in known
                    if of_row or not isinstance(inner, _IN_SETS):
                        raise QueryFailed(
                            f"INVALID_COLUMN_REFERENCE: {self._place(member)}: GROUP BY expression must be a column "
                            f"reference: {member.sql('athena')}"
                        )

    def _refuse_names_of_aliases(self, select: exp.Select, scope: Scope) -> None:
        """DuckDB lets WHERE, GROUP BY and other columns use a column's alias; Athena does not."""
        aliases = {p.alias.lower() for p in select.expressions if isinstance(p, exp.Alias)}
        if not aliases:
            return
        clauses: Sequence[exp.Expr | None] = [
            *(select.args.get(name) for name in ("where", "group", "having")),
            *select.expressions,
        ]
        for clause in clauses:
            for column in clause.find_all(exp.Column) if clause else ():
                if column.name.lower() not in aliases or column.table or column.find_ancestor(exp.Select) is not select:
                    continue
                if not scope.resolves(column):
                    raise QueryFailed(COLUMN_NOT_FOUND.format(column.name, at=self._place(column)))

    def _place(self, node: exp.Expr) -> str:
        starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
        return self._source.place(min(starts)) if starts else "line 1:1"


def _reads(query: exp.Expr, name: str) -> bool:
    return any(table.name.lower() == name.lower() and not table.db for table in query.find_all(exp.Table))


def _sources(select: exp.Select) -> set[str]:
    """The names of the FROM items, without what is inside of their queries."""
    from_ = select.args.get("from_")
    items = [from_.this] if from_ else []
    return {
        item.alias_or_name.lower()
        for top in [*items, *select.args.get("joins", [])]
        for item in top.walk(prune=lambda node: isinstance(node, exp.Query) and not isinstance(node, exp.Table))
    }
