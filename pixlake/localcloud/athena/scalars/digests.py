"""Hashes and encodings of binary values."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib

_MASK = 2**64 - 1
_PRIMES = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)


def md5(data: bytes) -> bytes:
    """MD5."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def sha1(data: bytes) -> bytes:
    """SHA-1."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def sha512(data: bytes) -> bytes:
    """SHA-512."""
    return hashlib.sha512(data).digest()


def hmac_of(algorithm: str, data: bytes, key: bytes) -> bytes:
    """HMAC by `md5`, `sha1`, `sha256` or `sha512`."""
    return hmac.new(key, data, algorithm).digest()


def crc32(data: bytes) -> int:
    """CRC-32."""
    return zlib.crc32(data)


def xxhash64(data: bytes) -> bytes:
    """XXH64 of seed 0 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), big-endian."""
    one, two, three, four, five = _PRIMES
    at = 0
    if len(data) >= 32:
        lanes = [(one + two) & _MASK, two, 0, -one & _MASK]
        while at + 32 <= len(data):
            lanes = [_round(lane, _word(data, at + 8 * n, 8)) for n, lane in enumerate(lanes)]
            at += 32
        mixed = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            mixed = ((mixed ^ _round(0, lane)) * one + four) & _MASK
    else:
        mixed = five
    mixed = (mixed + len(data)) & _MASK
    while at + 8 <= len(data):
        mixed = (_rotated(mixed ^ _round(0, _word(data, at, 8)), 27) * one + four) & _MASK
        at += 8
    if at + 4 <= len(data):
        mixed = (_rotated(mixed ^ (_word(data, at, 4) * one & _MASK), 23) * two + three) & _MASK
        at += 4
    for byte in data[at:]:
        mixed = _rotated(mixed ^ (byte * five & _MASK), 11) * one & _MASK
    mixed = (mixed ^ mixed >> 33) * two & _MASK
    mixed = (mixed ^ mixed >> 29) * three & _MASK
    return (mixed ^ mixed >> 32).to_bytes(8, "big")


def _word(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _MASK


def _round(lane: int, word: int) -> int:
    one, two, *_ = _PRIMES
    return _rotated((lane + word * two) & _MASK, 31) * one & _MASK


def to_base64url(data: bytes) -> str:
    """Base64 of the URL's alphabet, padded."""
    return base64.urlsafe_b64encode(data).decode()


def to_base32(data: bytes) -> str:
    """Base32, padded."""
    return base64.b32encode(data).decode()


def from_base64url(text: str) -> bytes:
    """Its inverse; padding may be missing."""
    return _decoded(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), "base64url")


def from_base32(text: str) -> bytes:
    """Its inverse."""
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: {error}") from error


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: from_{name}: {error}") from error


def from_hex(text: str) -> bytes:
    """Two digits a byte."""
    try:
        return binascii.unhexlify(text)
    except binascii.Error as error:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: from_hex('{text}'): {error}") from error


def from_utf8(data: bytes, replacement: str) -> str:
    """The text; what is no UTF-8 becomes the replacement."""
    return data.decode(errors="replace").replace("\ufffd", replacement)


def to_big_endian(value: int, width: int) -> bytes:
    """An integer in that many bytes."""
    return value.to_bytes(width, "big", signed=True)


def from_big_endian(data: bytes, width: int) -> int:
    """Its inverse."""
    if len(data) != width:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: expected {width}-byte input")
    return int.from_bytes(data, "big", signed=True)


SIGNATURES = {
    md5: "BLOB -> BLOB",
    sha1: "BLOB -> BLOB",
    sha512: "BLOB -> BLOB",
    hmac_of: "VARCHAR, BLOB, BLOB -> BLOB",
    crc32: "BLOB -> BIGINT",
    xxhash64: "BLOB -> BLOB",
    to_base64url: "BLOB -> VARCHAR",
    to_base32: "BLOB -> VARCHAR",
    from_base64url: "VARCHAR -> BLOB",
    from_base32: "VARCHAR -> BLOB",
    from_hex: "VARCHAR -> BLOB",
    from_utf8: "BLOB, VARCHAR -> VARCHAR",
    to_big_endian: "BIGINT, INTEGER -> BLOB",
    from_big_endian: "BLOB, INTEGER -> BIGINT",
}
