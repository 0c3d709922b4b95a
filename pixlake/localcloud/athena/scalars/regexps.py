r"""Regular expressions as Trino's (Joni with Java's syntax): `\w`, `\d` and `\s` are ASCII, groups may be unmatched.

What Python's `re` lacks or means otherwise is refused, never guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {"w": "a-zA-Z0-9_", "d": "0-9", "s": r" \t\n\r\f\v"}
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|$)|\\k<(?P<named>\w+)>|\\(?P<escape>.)|\(\?<(?P<group>[A-Za-z]\w*)>|\(\?(?P<python>P|\()"
    r"|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<and>&&)|(?P<plain>.)",
    re.DOTALL,
)
_REFUSED = "pPhHvRXGNCM"  # escapes of Java's that Python has not, or has otherwise
_ANCHORS = {"z": r"\Z", "Z": r"(?=\n?\Z)"}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(_as_python(pattern))
    except re.error as error:
        raise _unsupported(pattern, str(error)) from error


def _as_python(pattern: str) -> str:
    pieces: list[str] = []
    in_class = False
    for found in _TOKEN.finditer(pattern):
        kind, text = found.lastgroup, found[0]
        if kind == "quoted":
            pieces.append(re.escape(found["quoted"]))
        elif kind == "escape":
            pieces.append(_escape(found["escape"], in_class, pattern))
        elif kind == "python" or (kind == "and" and in_class) or (kind == "open" and in_class):
            raise _unsupported(pattern, f"`{text}`")
        elif kind == "named":
            pieces.append(f"(?P={found['named']})")
        elif kind == "group" and not in_class:
            pieces.append(f"(?P<{found['group']}>")
        else:
            in_class = kind == "open" or (in_class and kind != "close")
            pieces.append(text)
    return "".join(pieces)


def _escape(letter: str, in_class: bool, pattern: str) -> str:
    if letter in _REFUSED or (in_class and letter in "WDS"):
        raise _unsupported(pattern, rf"`\{letter}`")
    if letter.lower() in _CLASSES:
        inside = _CLASSES[letter.lower()]
        return inside if in_class else f"[{'^' * letter.isupper()}{inside}]"
    return _ANCHORS.get(letter, f"\\{letter}")


def _unsupported(pattern: str, what: str) -> ValueError:
    return ValueError(f"NOT_SUPPORTED: regular expression '{pattern}': {what} is not supported by the local Athena")


def regexp_like(text: str, pattern: str) -> bool:
    """Whether it occurs."""
    return _compiled(pattern).search(text) is not None


def regexp_extract(text: str, pattern: str, group: int) -> str | None:
    """The first occurrence, or a group of it."""
    found = _with_group(pattern, group).search(text)
    return found[group] if found else None


def regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    """Every occurrence."""
    return [found[group] for found in _with_group(pattern, group).finditer(text)]


def regexp_count(text: str, pattern: str) -> int:
    """How often it occurs."""
    return sum(1 for _ in _compiled(pattern).finditer(text))


def regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """The place of the n-th occurrence from `start` on, both from 1; -1 if there is none."""
    if start < 1 or occurrence < 1:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: start and occurrence must be positive")
    places = [found.start() + 1 for found in _compiled(pattern).finditer(text, start - 1)]
    return places[occurrence - 1] if occurrence <= len(places) else -1


def regexp_split(text: str, pattern: str) -> list[str]:
    """What is between the occurrences."""
    parts, at = [], 0
    for found in _compiled(pattern).finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
    return [*parts, text[at:]]


def regexp_replace(text: str, pattern: str, replacement: str) -> str:
    r"""Every occurrence replaced; `$1` and `${name}` are groups, `\$` is a dollar."""
    compiled = _compiled(pattern)

    def replaced(found: re.Match[str]) -> str:
        def piece(token: re.Match[str]) -> str:
            if token["escaped"]:
                return token["escaped"]
            if token["number"]:
                # As Java does: more digits only while there are such groups.
                digits = token["number"]
                while len(digits) > 1 and int(digits) > compiled.groups:
                    digits = digits[:-1]
                if int(digits) > compiled.groups:
                    raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Illegal replacement sequence: unknown group {digits}")
                return (found[int(digits)] or "") + token["number"][len(digits) :]
            if token["name"] not in compiled.groupindex:
                raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Illegal replacement sequence: {token[0]}")
            return found[token["name"]] or ""

        return re.sub(r"\\(?P<escaped>.)|\$(?P<number>\d+)|\$\{(?P<name>\w+)\}|\$(?P<name2>)", piece, replacement)

    return compiled.sub(replaced, text)


def _with_group(pattern: str, group: int) -> re.Pattern[str]:
    compiled = _compiled(pattern)
    if not 0 <= group <= compiled.groups:
        raise ValueError(
            f"INVALID_FUNCTION_ARGUMENT: Pattern has {compiled.groups} groups. Cannot access group {group}"
        )
    return compiled


SIGNATURES = {
    regexp_like: "VARCHAR, VARCHAR -> BOOLEAN",
    regexp_extract: "VARCHAR, VARCHAR, BIGINT -> VARCHAR",
    regexp_extract_all: "VARCHAR, VARCHAR, BIGINT -> VARCHAR[]",
    regexp_count: "VARCHAR, VARCHAR -> BIGINT",
    regexp_position: "VARCHAR, VARCHAR, BIGINT, BIGINT -> INTEGER",
    regexp_split: "VARCHAR, VARCHAR -> VARCHAR[]",
    regexp_replace: "VARCHAR, VARCHAR, VARCHAR -> VARCHAR",
}
