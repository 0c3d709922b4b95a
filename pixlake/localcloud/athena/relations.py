"""From names to relations: a query's tables become numbered scans, its views the queries they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from pixlake.localcloud.athena.catalog import CATALOG, Catalog, Table, View, require_readable
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.query_text import Source, StatementRejected, parse_query, unknown_function

HIDDEN_COLUMNS = {"$path": "VARCHAR", "$file_modified_time": "TIMESTAMP WITH TIME ZONE", "$file_size": "BIGINT"}
"""Trino's pseudo-columns of a file: readable by name, left out of `*`."""
_MAX_VIEW_DEPTH = 30


@dataclass
class Scan:
    """One place where a query reads a table."""

    name: str
    table: Table
    hidden: bool

    def columns(self) -> list[tuple[str, str]]:
        """Column names and DuckDB types: the table's, the partition keys', the hidden ones if the query uses any."""
        listed = [(column.name, column.duckdb) for column in (*self.table.columns, *self.table.partition_keys)]
        return listed + (list(HIDDEN_COLUMNS.items()) if self.hidden else [])


@dataclass
class Expanded:
    """A query whose tables are scans and whose views are subqueries."""

    tree: exp.Query
    scans: dict[str, Scan] = field(default_factory=dict)


def expand(catalog: Catalog, source: Source, tree: exp.Query, database: str) -> Expanded:
    """Resolve every table name of a query, recursively through views."""
    expanded = Expanded(tree)
    _require_known_functions(source, tree)
    _Expansion(catalog, expanded).query(source, tree, database, views=())
    hidden = any(column.name.lower() in HIDDEN_COLUMNS for column in tree.find_all(exp.Column))
    for scan in expanded.scans.values():
        scan.hidden = hidden
    if hidden:
        _leave_hidden_columns_out_of_stars(expanded)
    return expanded


class _Expansion:
    def __init__(self, catalog: Catalog, expanded: Expanded) -> None:
        self._catalog = catalog
        self._expanded = expanded

    def query(self, source: Source, tree: exp.Query, database: str, views: tuple[str, ...]) -> None:
        qualifiers: set[tuple[str, str]] = set()
        for table in list(tree.find_all(exp.Table)):
            if isinstance(table.this, exp.Func):
                raise NotSupported(f"{source.place_of(table.this)}: table function {table.this.sql('athena')}")
            if table.args.get("version") or table.args.get("when"):
                raise NotSupported(f"{source.place_of(table.this)}: time travel")
            if not table.args.get("db") and table.name.lower() in _visible_ctes(table):
                continue
            named = (table.db or database).lower()
            qualifiers.add((named, table.name.lower()))
            self._resolve(source, table, named, views)
        for column in tree.find_all(exp.Column):
            # `pixlake.uploads.dt`: the source is an alias now, so the database goes.
            if column.args.get("db") and (column.db.lower(), column.table.lower()) in qualifiers:
                column.set("db", None)
                column.set("catalog", None)

    def _resolve(self, source: Source, table: exp.Table, database: str, views: tuple[str, ...]) -> None:
        place = source.place_of(table.this)
        if table.catalog and table.catalog.lower() != CATALOG:
            raise NotSupported(f"{place}: catalog '{table.catalog}' (only AwsDataCatalog)")
        if database == "information_schema":
            raise NotSupported(f"{place}: information_schema")
        found = self._catalog.table(database, table.name, place)
        if isinstance(found, View):
            self._put_view(table, found, views, place)
            return
        require_readable(found)
        scan = Scan(f"scan_{len(self._expanded.scans)}", found, hidden=False)
        self._expanded.scans[scan.name] = scan
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("this", exp.to_identifier(scan.name, quoted=True))
        table.set("db", None)
        table.set("catalog", None)

    def _put_view(self, table: exp.Table, view: View, views: tuple[str, ...], place: str) -> None:
        name = f"{view.database}.{view.name}"
        if name in views or len(views) >= _MAX_VIEW_DEPTH:
            raise QueryFailed(f"VIEW_IS_RECURSIVE: {place}: Statement depends on view {name} recursively")
        source = Source(view.sql)
        try:
            inner = parse_query(source)
        except StatementRejected as error:
            raise QueryFailed(f"INVALID_VIEW: {place}: Failed analyzing stored view '{name}': {error}") from error
        _require_known_functions(source, inner)
        for node in inner.walk():
            node.meta.pop("start", None)  # places are told for the statement's own text only
        # Its tables are resolved as a tree of its own, so that the statement's CTEs are invisible to it.
        self.query(source, inner, view.schema.lower(), (*views, name))
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        subquery = exp.Subquery(this=inner, alias=alias)
        for key in ("joins", "sample", "laterals"):
            if table.args.get(key):
                subquery.set(key, table.args[key])
        table.replace(subquery)


def _require_known_functions(source: Source, tree: exp.Expr) -> None:
    if unknown := unknown_function(source, tree):
        name, place = unknown
        raise QueryFailed(f"FUNCTION_NOT_FOUND: {place}: Function '{name}' not registered")


def _visible_ctes(table: exp.Table) -> set[str]:
    """Names of the WITH queries that a table name may mean at its place."""
    names: set[str] = set()
    below: exp.Expr = table
    above = table.parent
    while above is not None:
        with_ = above.args.get("with_")
        if isinstance(with_, exp.With) and below is not with_:
            names |= {cte.alias.lower() for cte in with_.expressions}
        elif isinstance(above, exp.With):
            for cte in above.expressions:
                if cte is below:
                    if above.args.get("recursive"):
                        names.add(cte.alias.lower())
                    break
                names.add(cte.alias.lower())
        below, above = above, above.parent
    return names


def _leave_hidden_columns_out_of_stars(expanded: Expanded) -> None:
    left_out = [exp.to_identifier(name, quoted=True) for name in HIDDEN_COLUMNS]
    for select in expanded.tree.find_all(exp.Select):
        from_ = select.args.get("from_")
        sources = [from_.this if from_ else None, *(join.this for join in select.args.get("joins") or [])]
        scans = {s.alias_or_name.lower() for s in sources if isinstance(s, exp.Table) and s.name in expanded.scans}
        for projection in select.expressions:
            star = projection.this if isinstance(projection, exp.Column) else projection
            of_scan = projection.table.lower() in scans if isinstance(projection, exp.Column) else bool(scans)
            if isinstance(star, exp.Star) and of_scan:
                star.set("except_", [name.copy() for name in left_out])
