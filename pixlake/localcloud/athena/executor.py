"""From a kind of statement to the code that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixlake.localcloud.athena import definitions, parameters
from pixlake.localcloud.athena.catalog import Catalog
from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.metadata import MetadataRunner
from pixlake.localcloud.athena.results import Result
from pixlake.localcloud.athena.select import Running, SelectRunner
from pixlake.localcloud.athena.statements import (
    CreateTableAs,
    CreateView,
    Drop,
    Explain,
    Insert,
    MetadataStatement,
    OtherStatement,
    Query,
    Statement,
    Unload,
)
from pixlake.localcloud.athena.writes import WriteRunner

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


class Executor:
    """Runs statements. A further kind of statement is a class in statements.py and a case here."""

    def __init__(self, glue: GlueClient, selects: SelectRunner, writes: WriteRunner) -> None:
        self._glue = glue
        self._selects = selects
        self._writes = writes

    def run(self, statement: Statement, values: Sequence[str], running: Running) -> Result:
        """Run a statement to its result; raises `QueryEnded`."""
        catalog = Catalog(self._glue)
        match statement:
            case Query():
                return self._selects.run(parameters.bind(statement, values), catalog, running)
            case MetadataStatement():
                return MetadataRunner(catalog, running.database).run(statement)
            case CreateView():
                parameters.bind(statement.query, values)
                return definitions.create_view(self._glue, self._selects, statement, running)
            case Drop():
                return definitions.drop(self._glue, statement, running)
            case CreateTableAs():
                return self._writes.create_table_as(statement, parameters.bind(statement.query, values), running)
            case Unload():
                return self._writes.unload(statement, parameters.bind(statement.query, values), running)
            case Insert():
                return self._writes.insert(statement, parameters.bind(statement.query, values), running)
            case Explain():
                return self._selects.explain(parameters.bind(statement.query, values), catalog, running)
            case OtherStatement():
                raise NotSupported(statement.title)
        raise NotSupported(type(statement).__name__)
