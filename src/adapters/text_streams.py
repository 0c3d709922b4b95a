"""Lines of text out of an object's body, a piece at a time."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator

PIECE = 1 << 20
"""Bytes read at a time."""


def lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines of UTF-8 with their ends. Only a line feed ends one: a key may hold what else Unicode takes for an end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (line + "\n" for line in whole)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip has packed; a file may hold several members.

    Raises
    ------
    zlib.error, EOFError
        It is no gzip, or it ends too early.
    """
    member = zlib.decompressobj(wbits=31)
    begun = False
    for piece in pieces:
        left = piece
        while left:
            begun = True
            yield member.decompress(left)
            left = member.unused_data
            if member.eof:
                member, begun = zlib.decompressobj(wbits=31), False
    if begun:
        raise EOFError("the gzip file ends too early")
