"""Reads the words of a statement around its query: names, properties, and where the query stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from pixlake.localcloud.athena.query_text import Source, StatementRejected

Property = str | int | bool | list[str]

QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "("})
"""What a query begins with."""

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/
    |(?P<string>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)|(?P<word>\w+)|(?P<sign>[^\s])""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Name:
    """A table or view as a statement names it: lower case; no database means that of the execution's context."""

    database: str | None
    table: str
    place: str


class StatementReader:
    """Goes through a statement's words. What does not fit is a syntax error at its place."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = [found for found in _TOKEN.finditer(source.sql) if found.lastgroup]
        while self._tokens and self._tokens[-1][0] == ";":
            self._tokens.pop()
        self._next = 0

    def peek(self, ahead: int = 0) -> str:
        """The next token in upper case; empty at the end."""
        at = self._next + ahead
        return self._tokens[at][0].upper() if at < len(self._tokens) else ""

    def take(self, *words: str) -> bool:
        """Pass these words, if they come next."""
        found = all(self.peek(ahead) == word for ahead, word in enumerate(words))
        self._next += len(words) if found else 0
        return found

    def expect(self, *words: str) -> None:
        """Pass these words; a syntax error if others come."""
        for word in words:
            if not self.take(word):
                self.fail(f"'{word}'")

    def expect_end(self) -> None:
        """A syntax error if there is more."""
        if self.peek():
            self.fail("<EOF>")

    def name(self) -> Name:
        """`[database.]table`; a catalogue in front may be AwsDataCatalog."""
        at = self._tokens[self._next].start() if self.peek() else len(self._source.sql)
        parts = [self._identifier()]
        while self.take("."):
            parts.append(self._identifier())
        if len(parts) > 3 or (len(parts) == 3 and parts[0] != "awsdatacatalog"):
            self.fail("a table of AwsDataCatalog")
        return Name(parts[-2] if len(parts) > 1 else None, parts[-1], self._source.place(at))

    def names(self) -> list[str]:
        """`(column, …)`."""
        self.expect("(")
        found = [self._identifier()]
        while self.take(","):
            found.append(self._identifier())
        self.expect(")")
        return found

    def string(self) -> str:
        """A string in single quotes."""
        if not self.peek().startswith("'"):
            self.fail("<string>")
        return self._pass()[1:-1].replace("''", "'")

    def properties(self) -> dict[str, Property]:
        """`(name = value, …)`; values are strings, numbers, booleans and ARRAY['…', …]."""
        self.expect("(")
        found: dict[str, Property] = {}
        while True:
            name = self._identifier()
            self.expect("=")
            found[name] = self._value()
            if not self.take(","):
                break
        self.expect(")")
        return found

    def query(self, ends_with: int = 0) -> Source:
        """The text from here to the end (less so many words), at the same places: what is before it becomes blank."""
        tokens = self._tokens[self._next : len(self._tokens) - ends_with]
        self._next = len(self._tokens) - ends_with
        if not tokens or tokens[0][0].upper() not in QUERY_WORDS:
            self._next -= len(tokens)
            self.fail("<query>")
        return self._part(tokens[0].start(), tokens[-1].end())

    def query_in_parentheses(self) -> Source:
        """`(query)`: the text inside."""
        self.expect("(")
        begin, depth = self._next, 1
        while depth:
            if not self.peek():
                self.fail("')'")
            depth += {"(": 1, ")": -1}.get(self._pass(), 0)
        return self._part(self._tokens[begin].start(), self._tokens[self._next - 1].start())

    def ends_with(self, *words: str) -> bool:
        """Whether the statement's last words are these."""
        last = [token[0].upper() for token in self._tokens[-len(words) :]]
        return last == list(words) and len(self._tokens) - self._next > len(words)

    def fail(self, expected: str) -> NoReturn:
        """Refuse the next token."""
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        place = self._source.place(token.start() if token else len(self._source.sql.rstrip()))
        raise StatementRejected(f"{place}: mismatched input '{token[0] if token else '<EOF>'}'. Expecting: {expected}")

    def _part(self, start: int, end: int) -> Source:
        sql = self._source.sql
        return Source(re.sub(r"[^\n]", " ", sql[:start]) + sql[start:end])

    def _pass(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1][0]

    def _identifier(self) -> str:
        token = self._tokens[self._next] if self.peek() else None
        if token is None or token.lastgroup not in ("word", "quoted"):
            self.fail("<identifier>")
        text = self._pass()
        if token.lastgroup == "quoted":
            text = text[1:-1].replace(text[0] * 2, text[0])
        return text.lower()

    def _value(self) -> Property:
        if self.take("ARRAY"):
            self.expect("[")
            values = [self.string()]
            while self.take(","):
                values.append(self.string())
            self.expect("]")
            return values
        if self.peek() in ("TRUE", "FALSE"):
            return self._pass().upper() == "TRUE"
        if self.peek().isdigit():
            return int(self._pass())
        return self.string()
