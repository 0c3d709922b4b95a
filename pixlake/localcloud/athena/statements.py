"""From the text of a statement to one kind of statement, or the syntax error that Athena answers at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from pixlake.localcloud.athena.query_text import (
    COMMENT,
    EXPECTED,
    STATEMENT_WORDS,
    Source,
    StatementRejected,
    parse_query,
)
from pixlake.localcloud.athena.statement_reader import QUERY_WORDS, Name, Property, StatementReader

_DDL_WORDS = {"ALTER", "CREATE", "DROP", "MSCK", "COMMENT", "TRUNCATE"}
_UTILITY_WORDS = {"SHOW", "DESCRIBE", "DESC", "EXPLAIN"}


@dataclass(frozen=True)
class Statement:
    """One statement."""

    source: Source

    @cached_property
    def words(self) -> list[str]:
        """The text's words in upper case, comments left out."""
        return COMMENT.sub(" ", self.source.sql).strip().rstrip(";").upper().split()

    @property
    def statement_type(self) -> str:
        """`StatementType` of GetQueryExecution: DML, DDL or UTILITY."""
        word = self.words[0]
        return "DDL" if word in _DDL_WORDS else "UTILITY" if word in _UTILITY_WORDS else "DML"

    @property
    def substatement_type(self) -> str:
        """`SubstatementType` of GetQueryExecution."""
        return self.words[0]

    def output_name(self, query_execution_id: str) -> str:
        """What the result's object is called below the output location."""
        return f"{query_execution_id}.txt"


@dataclass(frozen=True)
class Query(Statement):
    """SELECT, WITH, VALUES or TABLE."""

    tree: exp.Query

    @property
    def substatement_type(self) -> str:
        """Athena says SELECT for WITH and VALUES too."""
        return "SELECT"

    def output_name(self, query_execution_id: str) -> str:
        """Rows are CSV."""
        return f"{query_execution_id}.csv"


@dataclass(frozen=True)
class MetadataStatement(Statement):
    """SHOW … or DESCRIBE …: answered from the catalogue."""

    @property
    def substatement_type(self) -> str:
        """E.g. SHOW_TABLES, DESCRIBE_TABLE."""
        if self.words[0] == "SHOW":
            return "_".join(self.words[: 3 if self.words[1:2] == ["CREATE"] else 2])
        return "DESCRIBE_TABLE"


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN of a query."""

    query: Query


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE [OR REPLACE] VIEW name AS query."""

    name: Name
    query: Query
    replace: bool

    @property
    def substatement_type(self) -> str:
        """CREATE_VIEW."""
        return "CREATE_VIEW"


@dataclass(frozen=True)
class Drop(Statement):
    """DROP TABLE or DROP VIEW [IF EXISTS] name."""

    kind: str
    name: Name
    if_exists: bool

    @property
    def substatement_type(self) -> str:
        """DROP_TABLE or DROP_VIEW."""
        return f"DROP_{self.kind}"


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE name [WITH (…)] AS query [WITH [NO] DATA]."""

    name: Name
    query: Query
    properties: dict[str, Property] = field(default_factory=dict)
    with_data: bool = True

    @property
    def substatement_type(self) -> str:
        """CREATE_TABLE_AS_SELECT."""
        return "CREATE_TABLE_AS_SELECT"

    def output_name(self, query_execution_id: str) -> str:
        """Beside the table's default location."""
        return f"tables/{query_execution_id}"


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO name [(columns)] query."""

    name: Name
    query: Query
    columns: list[str] | None = None

    def output_name(self, query_execution_id: str) -> str:
        """No object of this name is written: the manifest and the metadata begin with it."""
        return query_execution_id


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD (query) TO 'location' WITH (…)."""

    query: Query
    location: str
    properties: dict[str, Property]

    def output_name(self, query_execution_id: str) -> str:
        """No object of this name is written: the manifest and the metadata begin with it."""
        return query_execution_id


@dataclass(frozen=True)
class OtherStatement(Statement):
    """A statement of Athena's that the local Athena does not run."""

    @property
    def title(self) -> str:
        """What to call it in a message, e.g. CREATE TABLE, MSCK REPAIR TABLE."""
        words = [word for word in self.words if word not in ("OR", "REPLACE", "EXTERNAL", "PROTECTED", "MULTI")]
        if words[0] == "EXPLAIN":
            return " ".join(words[:2]) if words[1:2] == ["ANALYZE"] else "EXPLAIN with options"
        count = {"MSCK": 3, "EXECUTE": 1, "PREPARE": 1, "VACUUM": 1, "OPTIMIZE": 1}
        return " ".join(words[: count.get(words[0], 2)])


def parse_statement(sql: str) -> Statement:
    """Tell what kind of statement a text is; `StatementRejected` for what Athena refuses at once."""
    source = Source(sql)
    bare = Statement(source)
    if not bare.words:
        raise StatementRejected("line 1:1: mismatched input '<EOF>'. Expecting: " + EXPECTED)
    first = re.sub(r"\W.*", "", bare.words[0].lstrip("("))
    if first in ("SHOW", "DESCRIBE", "DESC"):
        return MetadataStatement(source)
    if first in _READERS:
        return _READERS[first](source, StatementReader(source)) or OtherStatement(source)
    if first in STATEMENT_WORDS:
        return OtherStatement(source)
    if first not in QUERY_WORDS:
        word = re.search(r"\S", COMMENT.sub(lambda m: " " * len(m[0]), sql))
        place = source.place(word.start() if word else 0)
        raise StatementRejected(f"{place}: mismatched input '{bare.words[0]}'. Expecting: {EXPECTED}")
    return Query(source, parse_query(source))


def _query(source: Source) -> Query:
    return Query(source, parse_query(source))


def _create(source: Source, reader: StatementReader) -> Statement | None:
    reader.expect("CREATE")
    replace = reader.take("OR", "REPLACE")
    if reader.take("VIEW"):
        name = reader.name()
        reader.expect("AS")
        return CreateView(source, name, _query(reader.query()), replace)
    if replace or not reader.take("TABLE") or reader.peek() == "IF":
        return None
    name = reader.name()
    properties = reader.properties() if reader.take("WITH") else {}
    if not reader.take("AS"):
        return None
    no_data = reader.ends_with("WITH", "NO", "DATA")
    tail = 3 if no_data else 2 if reader.ends_with("WITH", "DATA") else 0
    return CreateTableAs(source, name, _query(reader.query(tail)), properties, not no_data)


def _drop(source: Source, reader: StatementReader) -> Statement | None:
    reader.expect("DROP")
    kind = reader.peek()
    if not (reader.take("TABLE") or reader.take("VIEW")):
        return None
    if_exists = reader.take("IF", "EXISTS")
    name = reader.name()
    reader.expect_end()
    return Drop(source, kind, name, if_exists)


def _insert(source: Source, reader: StatementReader) -> Statement:
    reader.expect("INSERT", "INTO")
    name = reader.name()
    is_list = reader.peek() == "(" and reader.peek(1) not in QUERY_WORDS
    columns = reader.names() if is_list else None
    return Insert(source, name, _query(reader.query()), columns)


def _unload(source: Source, reader: StatementReader) -> Statement:
    reader.expect("UNLOAD")
    query = _query(reader.query_in_parentheses())
    reader.expect("TO")
    location = reader.string()
    reader.expect("WITH")
    properties = reader.properties()
    reader.expect_end()
    return Unload(source, query, location, properties)


def _explain(source: Source, reader: StatementReader) -> Statement | None:
    reader.expect("EXPLAIN")
    return None if reader.peek() in ("ANALYZE", "(") else Explain(source, _query(reader.query()))


_READERS = {"CREATE": _create, "DROP": _drop, "INSERT": _insert, "UNLOAD": _unload, "EXPLAIN": _explain}
