"""Running a query: names, types and places first, then the files it needs, then its rows."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from pixlake.localcloud.athena.catalog import Catalog
from pixlake.localcloud.athena.column_names import UNNAMED, name_columns
from pixlake.localcloud.athena.column_types import athena_type
from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.errors import QueryCancelled, from_duckdb
from pixlake.localcloud.athena.files import DataFile, FileCache, list_files
from pixlake.localcloud.athena.partitions import wanted_partitions
from pixlake.localcloud.athena.pruning import conditions_on_scans
from pixlake.localcloud.athena.reading import fill_scan
from pixlake.localcloud.athena.relations import Scan, expand
from pixlake.localcloud.athena.rendering import renderer
from pixlake.localcloud.athena.results import Result, ResultColumn, Row, text_result
from pixlake.localcloud.athena.statements import Query
from pixlake.localcloud.athena.translate import to_sql, translate
from pixlake.localcloud.athena.workgroups import QuerySettings

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType
    from mypy_boto3_s3 import S3Client


@dataclass
class Running:
    """A query while it runs: where it may write, what it read so far, and how to stop it."""

    database: str
    settings: QuerySettings
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
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


@dataclass
class Prepared:
    """A query that the engine has bound: its SQL there, and its columns (None: without a name). `fill` reads files."""

    engine: Engine
    sql: str
    columns: list[tuple[str | None, DuckDBPyType]]
    fill: Callable[[], None]


class SelectRunner:
    """Runs queries over the Glue catalogue's tables."""

    def __init__(self, s3: S3Client, cache: FileCache, directory: Path, now: Callable[[], dt.datetime]) -> None:
        self._s3 = s3
        self._cache = cache
        self._directory = directory
        self._now = now

    def run(self, query: Query, catalog: Catalog, running: Running) -> Result:
        """Run a query to its result; raises `QueryEnded`."""
        with self.prepared(query, catalog, running) as prepared:
            columns = [
                ResultColumn(f"_col{index}" if name is None else name, athena_type(str(kind)))
                for index, (name, kind) in enumerate(prepared.columns)
            ]
            prepared.fill()
            return Result(columns, _rows(prepared.engine, prepared.sql, running))

    def explain(self, query: Query, catalog: Catalog, running: Running) -> Result:
        """The plan of a query: the local engine's, as its first line says. As on Athena, nothing counts as scanned."""
        with self.prepared(query, catalog, running) as prepared:
            prepared.fill()  # over empty tables every plan would be empty
            plan = "\n".join(row[1] for row in prepared.engine.rows(f"EXPLAIN {prepared.sql}"))
        running.files_opened = []
        return text_result(["Query Plan"], ["The local engine's plan (DuckDB), not Trino's:", *plan.splitlines()])

    @contextmanager
    def prepared(self, query: Query, catalog: Catalog, running: Running) -> Iterator[Prepared]:
        """A query whose names are resolved, its columns known, no file read yet; raises `QueryEnded`."""
        source = query.source
        with Engine(self._directory) as engine:
            running.attach(engine)
            try:
                expanded = expand(catalog, source, query.tree, running.database)
                for scan in expanded.scans.values():
                    engine.create_empty(scan.name, scan.columns())
                tree = translate(engine, source, expanded.tree)
                engine.relation(to_sql(tree))  # names that cannot be resolved fail here, before columns get names
                name_columns(tree)
                sql = to_sql(tree)
                relation = engine.relation(sql)
                names = [None if name.startswith(UNNAMED) else name for name in relation.columns]
                columns = list(zip(names, relation.types, strict=True))
                del relation
                fill = partial(self._fill, engine, catalog, tree, expanded.scans, running)
                yield Prepared(engine, sql, columns, fill)
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
        limit = running.settings.scan_limit
        if limit is not None and sum(file.size for file in opened.values()) > limit:
            raise QueryCancelled(
                f"Query cancelled! : Bytes scanned limit was exceeded ({limit} bytes, the work group's "
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
