"""The page: everything of the report put into one HTML file that asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pixlake.report import words
from pixlake.report.figure import Figure
from pixlake.report.period import Period
from pixlake.report.sheets import Sheet
from pixlake.report.thumbnails import Place, Thumbnail
from pixlake.report.totals import Total
from sink.policy import Policy

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    database: str
    bucket: str  # or several, comma between
    period: Period
    made_at: datetime
    policy: Policy
    summary: str
    totals: Sequence[Total]
    figures: Mapping[str, Figure]
    sheets: Sequence[Sheet]
    thumbnails: Mapping[Place, Thumbnail]

    @property
    def places(self) -> list[Place]:
        """Every object on the sheets, once."""
        return sorted({picture.place for sheet in self.sheets for picture in sheet.pictures})


def render(report: Report) -> str:
    """The HTML text. There is no script in it; whatever comes from the lake is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"visible": words.visible, "moment": words.moment}
    style = (HERE / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        report=report,
        style=Markup(style),  # noqa: S704 - a file of ours
        policy=f"default-src 'none'; img-src data:; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'",
    )


def digest(text: str) -> str:
    """A Content-Security-Policy source that allows exactly this text inline."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
