"""Vega-Lite description → SVG that may stand in a page.

vl-convert draws in this process, without a browser and without a network. What it gives is rewritten to what a page
needs: colours are CSS variables, so that one drawing serves light and dark; a mark's description becomes its tooltip
(`<title>`); nothing that is not known to be harmless passes.
"""

from __future__ import annotations

import itertools
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "text", "title", "tspan"})
ATTRIBUTES = frozenset(
    {"viewBox", "d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "transform", "opacity", "fill", "stroke"}
    | {"fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"}
    | {"stroke-miterlimit", "text-anchor", "font-size", "font-weight", "font-style", "dx", "dy"}
)
NAMESPACE = "{http://www.w3.org/2000/svg}"
_numbers = itertools.count(1)


def draw(spec: dict[str, Any], label: str) -> Markup:
    """The drawing, with `label` as its name for those who do not see it.

    Raises
    ------
    ValueError
        The drawing has an element or a reference that is not known to be harmless.
    """
    import vl_convert  # noqa: PLC0415 - 80 MB that only a report needs

    root = ET.fromstring(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))  # noqa: S314 - drawn here, just now
    _clean(root)
    name = f"drawing-{next(_numbers)}"
    for attribute in ("width", "height"):  # the page's to decide; viewBox keeps the proportions
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-labelledby", name)
    title = ET.Element("title", {"id": name})
    title.text = label
    root.insert(0, title)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialised from a tree of harmless elements


def _clean(element: ET.Element) -> None:
    element.tag = element.tag.removeprefix(NAMESPACE)
    if element.tag not in ELEMENTS:
        raise ValueError(f"a drawing has an element <{element.tag}>")
    tooltip = element.get("aria-label") if element.get("aria-roledescription") in TOLD else None
    for name in list(element.attrib):
        if name not in ATTRIBUTES:
            del element.attrib[name]
        elif "url(" in element.attrib[name]:
            raise ValueError(f"a drawing refers to something: {name}={element.attrib[name]}")
    for child in list(element):
        if child.get("opacity") == "0" or child.get("display") == "none" or _empty(child):
            element.remove(child)
        else:
            _clean(child)
    if tooltip:
        title = ET.Element("title")
        title.text = tooltip
        element.insert(0, title)


TOLD = frozenset({"bar", "point", "circle"})
"""Marks whose description is a tooltip."""


def _empty(element: ET.Element) -> bool:
    """Paths that Vega leaves for its own sake: without a colour or without a length."""
    return element.tag == f"{NAMESPACE}path" and not (element.get("fill") or element.get("stroke"))
