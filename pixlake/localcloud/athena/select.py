"""Running a query: names, types and places first, then the files it needs, then its rows."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from pixlake.localcloud.athena.catalog import Catalog
from pixlake.localcloud.athena.column_types import athena_type
from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.errors import QueryCancelled, from_duckdb
from pixlake.localcloud.athena.files import DataFile, FileCache, list_files
from pixlake.localcloud.athena.partitions import wanted_partitions
from pixlake.localcloud.athena.pruning import conditions_on_scans
from pixlake.localcloud.athena.reading import fill_scan
from pixlake.localcloud.athena.relations import Scan, expand
from pixlake.localcloud.athena.rendering import renderer
from pixlake.localcloud.athena.results import Result, ResultColumn, Row
from pixlake.localcloud.athena.statements import Query
from pixlake.localcloud.athena.translate import to_sql, translate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_UNNAMED = "_unnamed_"


@dataclass
class Running:
    """A query while it runs: what it read so far, and how to stop it."""

    database: str
    scan_limit: int | None = None
    files_opened: list[DataFile] = field(default_factory=list)
    cancelled: bool = False
    _engine: Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Interrupt what the engine does now, and begin nothing more."""
        self.cancelled = True
        with self._lock:
            if self._engine is not None:
                self._engine.interrupt()

    def attach(self, engine: Engine | None) -> None:
        """Know the engine while it is open, so that a cancellation reaches it."""
        with self._lock:
            self._engine = engine

    def check(self) -> None:
        """Raise if the query was cancelled."""
        if self.cancelled:
            raise QueryCancelled("Query cancelled by user")

    @property
    def bytes_scanned(self) -> int:
        """Sizes of the files opened. Athena counts the columns read only: this is the most that it would count."""
        return sum(file.size for file in self.files_opened)


class SelectRunner:
    """Runs queries over the Glue catalogue's tables."""

    def __init__(self, s3: S3Client, cache: FileCache, directory: Path, now: Callable[[], dt.datetime]) -> None:
        self._s3 = s3
        self._cache = cache
        self._directory = directory
        self._now = now

    def run(self, query: Query, catalog: Catalog, running: Running) -> Result:
        """Run a query to its result; raises `QueryEnded`."""
        source = query.source
        with Engine(self._directory) as engine:
            running.attach(engine)
            try:
                expanded = expand(catalog, source, query.tree, running.database)
                for scan in expanded.scans.values():
                    engine.create_empty(scan.name, scan.columns())
                tree = translate(engine, source, expanded.tree)
                engine.relation(to_sql(tree))  # names that cannot be resolved fail here, before columns get names
                _name_columns(tree)
                sql = to_sql(tree)
                relation = engine.relation(sql)
                columns = _columns(relation.columns, [str(kind) for kind in relation.types])
                del relation
                self._fill(engine, catalog, tree, expanded.scans, running)
                running.check()
                return Result(columns, _rows(engine, sql, running))
            except duckdb.InterruptException as error:
                running.check()
                raise from_duckdb(error, source.place_of_name) from error
            except duckdb.Error as error:
                raise from_duckdb(error, source.place_of_name) from error
            finally:
                running.attach(None)

    def _fill(
        self, engine: Engine, catalog: Catalog, tree: exp.Query, scans: dict[str, Scan], running: Running
    ) -> None:
        wanted = conditions_on_scans(engine, tree, scans)
        listed: dict[str, list[DataFile]] = {}
        for name, scan in scans.items():
            running.check()
            partitions = wanted_partitions(catalog, engine, scan.table, wanted[name], self._now())
            listed[name] = list_files(self._s3, partitions) if partitions else []
        opened = {(file.bucket, file.key): file for files in listed.values() for file in files}
        if running.scan_limit is not None and sum(file.size for file in opened.values()) > running.scan_limit:
            raise QueryCancelled(
                f"Query cancelled! : Bytes scanned limit was exceeded ({running.scan_limit} bytes, the work group's "
                "BytesScannedCutoffPerQuery)"
            )
        for name, files in listed.items():
            local = []
            for file in files:
                running.check()
                local.append((file, self._cache.fetch(file)))
            fill_scan(engine, scans[name], local)
        running.files_opened = list(opened.values())


def _rows(engine: Engine, sql: str, running: Running) -> list[Row]:
    rows: list[Row] = []
    for batch in engine.batches(sql):
        running.check()
        columns = []
        for column in batch.columns:
            render = renderer(column.type)
            columns.append([None if value is None else render(value) for value in column.to_pylist()])
        rows += [list(row) for row in zip(*columns, strict=True)]
    return rows


def _columns(names: list[str], kinds: list[str]) -> list[ResultColumn]:
    """Columns without a name are `_col0`, `_col1`, … by their place."""
    return [
        ResultColumn(f"_col{index}" if name.startswith(_UNNAMED) else name, athena_type(kind))
        for index, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ]


def _name_columns(tree: exp.Query) -> None:
    """Name the output columns as Trino does: a column by its (last) name as written, other expressions not at all."""
    select: exp.Expr = tree
    while not isinstance(select, exp.Select):
        select = select.this
    from_ = select.args.get("from_")
    if from_ is not None and isinstance(from_.this, exp.Values) and not from_.this.alias:
        width = len(from_.this.expressions[0].expressions)
        names = [exp.to_identifier(f"{_UNNAMED}{index}") for index in range(width)]
        from_.this.set("alias", exp.TableAlias(this=exp.to_identifier("_values"), columns=names))
    named = []
    for index, projection in enumerate(select.expressions):
        is_star = isinstance(projection, exp.Star) or (
            isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
        )
        if is_star or isinstance(projection, exp.Alias):
            named.append(projection)
            continue
        last = projection.expression if isinstance(projection, exp.Dot) else projection.this
        is_name = isinstance(projection, exp.Column | exp.Dot) and isinstance(last, exp.Identifier)
        name = last.name if is_name else f"{_UNNAMED}{index}"
        named.append(exp.alias_(projection, exp.to_identifier(name, quoted=True)))
    select.set("expressions", named)
