"""URLs as Java's URI and URLEncoder read and write them."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

# RFC 3986, appendix B, with the authority's parts.
_URL = re.compile(
    r"(?:(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*):)?"
    r"(?://(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>[0-9]*))?(?=[/?#]|$))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?"
)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")


def url_encode(text: str) -> str:
    """A space becomes `+`; letters, digits and `.-*_` stay."""
    return quote(text, safe="* ").replace("~", "%7E").replace(" ", "+")


def url_decode(text: str) -> str:
    """Its inverse."""
    if broken := re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError(
            f"INVALID_FUNCTION_ARGUMENT: URLDecoder: Illegal hex characters in escape (%) pattern at {broken.start()}"
        )
    return unquote(text.replace("+", " "))


def url_part(url: str, part: str) -> str | None:
    """`protocol`, `host`, `path`, `query` or `fragment`, decoded; NULL for what is no URL, empty where it has none."""
    found = _parsed(url)
    if found is None:
        return None
    if part == "path" and found["protocol"] and not found["path"].startswith("/"):
        return ""  # mailto:… has no path
    return unquote(found[part] or "")


def url_port(url: str) -> int | None:
    """The port, if one is stated."""
    found = _parsed(url)
    return int(found["port"]) if found and found["port"] else None


def url_parameter(url: str, name: str) -> str | None:
    """The first parameter of that name; NULL without one."""
    found = _parsed(url)
    for pair in (found["query"] or "").split("&") if found else ():
        key, _, value = pair.partition("=")
        if key == name:
            return unquote(value)
    return None


def _parsed(url: str) -> re.Match[str] | None:
    return None if _FORBIDDEN.search(url) else _URL.fullmatch(url)


SIGNATURES = {
    url_encode: "VARCHAR -> VARCHAR",
    url_decode: "VARCHAR -> VARCHAR",
    url_part: "VARCHAR, VARCHAR -> VARCHAR",
    url_port: "VARCHAR -> BIGINT",
    url_parameter: "VARCHAR, VARCHAR -> VARCHAR",
}
