"""The text of a query: parsed as Athena does, with the places of its words, or refused with the syntax error."""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.dialects import Athena
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from pixlake.localcloud.athena.decimals import name_sizes
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.quantified import spell_out_values
from pixlake.localcloud.athena.trino_names import FUNCTIONS, RESERVED

# sqlglot warns when it hands a statement over unparsed (as a Command); such statements are sorted out before.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

STATEMENT_WORDS = """
    ALTER ANALYZE CALL COMMENT COMMIT CREATE DEALLOCATE DELETE DENY DESC DESCRIBE DROP EXECUTE EXPLAIN GRANT INSERT
    MERGE MSCK OPTIMIZE PREPARE REFRESH REVOKE ROLLBACK SET SHOW START TRUNCATE UNLOAD UPDATE USE VACUUM
    """.split()  # noqa: SIM905
EXPECTED = ", ".join(f"'{word}'" for word in STATEMENT_WORDS) + ", <query>"
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


class StatementRejected(Exception):
    """What StartQueryExecution answers with InvalidRequestException."""


class Source:
    """A statement's text, and where things are in it."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def place(self, offset: int) -> str:
        """An offset as Athena writes places: `line 1:8`."""
        line = self.sql.count("\n", 0, offset) + 1
        return f"line {line}:{offset - (self.sql.rfind(chr(10), 0, offset) + 1) + 1}"

    def place_of(self, node: exp.Expr | None) -> str:
        """The place of a parsed node; the statement's begin if it is not known (as inside a view)."""
        start = node.meta.get("start") if node is not None else None
        return self.place(start) if start is not None else "line 1:1"

    def place_of_query(self) -> str:
        """The place of the first word."""
        return self.place(len(self.sql) - len(self.sql.lstrip()))

    def place_of_name(self, name: str) -> str:
        """The first place of an identifier or function name."""
        found = re.search(rf"(?<![\w']){re.escape(name)}(?![\w'])", self.sql, re.IGNORECASE)
        return self.place(found.start()) if found else "line 1:1"


def parse_query(source: Source) -> exp.Query:
    """Parse a query; `StatementRejected` with the place and the offending word if it is none."""
    if (tick := re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", lambda m: " " * len(m[0]), source.sql).find("`")) >= 0:
        place = source.place(tick)
        raise StatementRejected(
            f"{place}: backquoted identifiers are not supported; use double quotes to quote identifiers"
        )
    try:
        _refuse_other_dialects(source)
        trees = [tree for tree in sqlglot.parse(source.sql, read="athena") if tree is not None]
    except ParseError as error:
        raise StatementRejected(_syntax_error(source, error)) from error
    except TokenError as error:
        raise StatementRejected(f"{source.place(len(source.sql))}: mismatched input '<EOF>': {error}") from error
    if len(trees) != 1:
        raise StatementRejected(f"Only one sql statement is allowed. Got: {source.sql}")
    tree = trees[0]
    spell_out_values(tree)
    if isinstance(tree, exp.Values):
        tree = exp.select("*").from_(tree)
    if not isinstance(tree, exp.Query):
        raise StatementRejected(f"line 1:1: mismatched input '{source.sql.split()[0]}'. Expecting: {EXPECTED}")
    _refuse_reserved_words(source, tree)
    _refuse_other_trees(source, tree)
    name_sizes(tree, source.sql)
    return tree


def unknown_function(source: Source, tree: exp.Expr) -> tuple[str, str] | None:
    """The first called function that Trino does not have: (name, place)."""
    for node in tree.find_all(exp.Func):
        start, end = node.meta.get("start"), node.meta.get("end")
        if start is None or end is None:
            continue
        name = source.sql[start : end + 1]
        if re.fullmatch(r"\w+", name) and name.lower() not in FUNCTIONS:
            return name.lower(), source.place(start)
    return None


def _syntax_error(source: Source, error: ParseError) -> str:
    detail = error.errors[0] if error.errors else {}
    word = str(detail.get("highlight") or "<EOF>")
    offset = len(str(detail.get("start_context", "")))
    # sqlglot's column is that of the word's last character, counted from one.
    place = f"line {detail.get('line', 1)}:{max(1, int(detail.get('col') or offset + 1) - len(word) + 1)}"
    if offset + len(word) >= len(source.sql.rstrip()) and "Expecting" in str(detail.get("description")):
        word, place = "<EOF>", source.place(len(source.sql.rstrip()))
    return f"{place}: mismatched input '{word}'. {detail.get('description') or 'Expecting: <query>'}"


_NOT_TRINO = {TokenType.DCOLON, TokenType.ILIKE}
_FIELDS = frozenset("MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR".split())  # noqa: SIM905
_PARSED = frozenset(Athena().parser_class.FUNCTION_PARSERS)


def _refuse_other_dialects(source: Source) -> None:
    """Refuse what sqlglot reads and Trino does not: `::`, ILIKE, `==`, a comma before FROM, and OFFSET behind LIMIT."""
    limit_depth, depth = -1, 0
    before: Token | None = None
    previous: Token | None = None
    for token in sqlglot.tokenize(source.sql, read="athena"):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        limit_depth = depth if token.token_type is TokenType.LIMIT else limit_depth if depth >= limit_depth else -1
        trailing_comma = token.token_type is TokenType.FROM and previous and previous.token_type is TokenType.COMMA
        offset_last = token.token_type is TokenType.OFFSET and limit_depth == depth
        if token.token_type is TokenType.L_PAREN and previous and _is_others_function(previous, before):
            place = source.place(previous.start)
            raise QueryFailed(f"FUNCTION_NOT_FOUND: {place}: Function '{previous.text.lower()}' not registered")
        unknown = token.text.upper() == "UNKNOWN" and previous and previous.text.upper() in ("IS", "NOT")
        if unknown or token.token_type in _NOT_TRINO or token.text == "==" or trailing_comma or offset_last:
            expected = "<EOF>" if offset_last else "<expression>"
            raise StatementRejected(
                f"{source.place(token.start)}: mismatched input '{token.text}'. Expecting: {expected}"
            )
        before, previous = previous, token


def _is_others_function(name: Token, before: Token | None) -> bool:
    """A name that sqlglot has a parser of its own for, whose node does not tell its place, and Trino does not know."""
    if before and before.token_type is TokenType.ALIAS:
        return False
    return name.text.upper() in _PARSED and name.text.lower() not in FUNCTIONS


def _refuse_reserved_words(source: Source, tree: exp.Expr) -> None:
    """Refuse reserved words as names, as Athena does unless they are in double quotes; sqlglot takes them."""
    for name in tree.find_all(exp.Identifier):
        start, end = name.meta.get("start"), name.meta.get("end")
        if name.quoted or start is None or end is None:
            continue
        text = source.sql[start : end + 1]
        if text.upper() in RESERVED and text.upper() == name.name.upper():
            raise StatementRejected(f"{source.place(start)}: mismatched input '{text}'. Expecting: <identifier>")


def _refuse_other_trees(source: Source, tree: exp.Expr) -> None:
    for node in tree.find_all(exp.Join, exp.Pivot):
        word = node.kind or node.method if isinstance(node, exp.Join) else "PIVOT"
        if word not in ("", "CROSS", "INNER", "OUTER", "NATURAL"):
            raise StatementRejected(f"{source.place_of_name(word)}: mismatched input '{word}'. Expecting: <EOF>")
    for node in tree.find_all(exp.MatchRecognize, exp.LimitOptions, exp.Join):
        if isinstance(node, exp.MatchRecognize):
            raise NotSupported("MATCH_RECOGNIZE")
        if isinstance(node, exp.LimitOptions) and node.args.get("with_ties"):
            raise NotSupported("FETCH FIRST … WITH TIES", "rank() is")
        if isinstance(node, exp.Join) and node.method == "NATURAL":
            place = source.place_of_name("NATURAL")
            raise QueryFailed(f"NOT_SUPPORTED: {place}: Natural join not supported")
    for test in tree.find_all(exp.Is):
        if isinstance(test.expression, exp.Boolean):
            word = test.expression.sql().upper()
            raise StatementRejected(f"{source.place_of_name(word)}: mismatched input '{word}'. Expecting: 'NULL'")
    for group in tree.find_all(exp.Group):
        if group.args.get("all") and not group.expressions:
            place = source.place_of_name("ALL")
            raise QueryFailed(
                f"COLUMN_NOT_FOUND: {place}: Column 'all' cannot be resolved (GROUP BY ALL is no Trino's)"
            )
    for group in tree.find_all(exp.Group):
        group.set("all", None)  # GROUP BY ALL (a): the counterpart of DISTINCT, and the default
    for timed in tree.find_all(exp.TimestampTrunc, exp.DateTrunc, exp.DateDiff, exp.DateAdd):
        unit = timed.args.get("unit")
        if isinstance(unit, exp.Var) and unit.name.upper() not in _FIELDS:
            raise QueryFailed(f"INVALID_FUNCTION_ARGUMENT: '{unit.name.lower()}' is not a valid TIMESTAMP field")
    if tree.find(exp.JSONPath):
        _refuse_single_quotes_in_paths(source)
    for star in tree.find_all(exp.Star):
        if found := next((name for name in ("except_", "replace", "rename") if star.args.get(name)), None):
            word = found.strip("_").upper()
            raise StatementRejected(f"{source.place_of_name(word)}: mismatched input '{word}'. Expecting: <EOF>")
    for select in tree.find_all(exp.Select):
        if (distinct := select.args.get("distinct")) and distinct.args.get("on"):
            raise StatementRejected(f"{source.place_of_name('ON')}: mismatched input 'ON'. Expecting: <expression>")
        if not select.expressions:
            raise StatementRejected(f"{source.place_of_name('FROM')}: mismatched input 'FROM'. Expecting: <expression>")


def _refuse_single_quotes_in_paths(source: Source) -> None:
    """Refuse `$['a']`: Trino takes `$["a"]` alone; sqlglot reads both and forgets which it was."""
    for token in sqlglot.tokenize(source.sql, read="athena"):
        if token.token_type is TokenType.STRING and re.match(r"\$.*\[\s*'", token.text):
            raise QueryFailed(f"INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{token.text}'")
