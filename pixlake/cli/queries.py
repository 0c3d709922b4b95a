"""`pixlake queries`: what the deployed queries answer."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from pixlake.cli import environment
from pixlake.cli.named_queries import Header, deployed
from pixlake.cli.terminal import output


def queries(
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines with name, question, parameters, sql.")] = False,
) -> None:
    """List the queries deployed with the stack: run one with `pixlake query NAME --param …`."""
    found = {name: (Header.of(sql), sql) for name, sql in deployed(environment.required("PIXLAKE_WORKGROUP")).items()}
    if as_json:
        for name, (header, sql) in found.items():
            parameters = [{"name": p.name, "type": p.type} for p in header.parameters]
            line = {"name": name, "question": header.question, "parameters": parameters, "sql": sql}
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("query", no_wrap=True)
    table.add_column("question", overflow="fold")
    table.add_column("parameters", overflow="fold")
    for name, (header, _) in found.items():
        table.add_row(Text(name), Text(header.question), Text(", ".join(p.name for p in header.parameters) or "–"))
    output.print(table)
