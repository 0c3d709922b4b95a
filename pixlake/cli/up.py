"""`pixlake up`: the local cloud in the foreground."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pixlake.cli.terminal import CommandError

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def up(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=0, max=65535)] = 4566,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps objects and messages over a restart (default: nothing kept).")
    ] = None,
    template: Annotated[
        Path,
        typer.Option(help="Template to run; its code and nested templates lie beside it.", exists=True, dir_okay=False),
    ] = TEMPLATE,
    parameter: Annotated[
        list[str] | None, typer.Option(help="Template parameter as Name=Value; may be given several times.")
    ] = None,
    python: Annotated[
        Path,
        typer.Option(
            help="Interpreter that runs the functions; for what `make build` has built, .venv-runtime/bin/python.",
            exists=True,
            dir_okay=False,
            show_default="this command's",
        ),
    ] = Path(sys.executable),
    check_release: Annotated[
        bool, typer.Option(help="Let the scorer score a test picture first, as an update on AWS does, and fail if not.")
    ] = False,
) -> None:
    """Run the local cloud from template.yaml until Ctrl-C.

    Prints `pixlake ready http://127.0.0.1:PORT` when everything serves. In another terminal:

        eval $(pixlake env)
        pixlake upload samples/
        pixlake query "SELECT object_key, status FROM image_scores"

    Objects, messages and rows are kept in memory, and with --data written there when it stops; a process that is
    killed loses what came since its start.
    """
    from pixlake.localcloud import serve  # noqa: PLC0415 - keeps `pixlake --help` fast

    def announce(line: str) -> None:
        typer.echo(line)
        ready_port = line.rpartition(":")[2]
        option = "" if ready_port == "4566" else f" --port {ready_port}"
        typer.echo(f"In another terminal: eval $(pixlake env{option}). Ctrl-C stops it.", err=True)

    given = parsed(parameter or [])
    status = serve(
        port=port,
        data_dir=data,
        template_path=template,
        parameters=given,
        announce=announce,
        python=python,
        check_releases=check_release,
    )
    raise typer.Exit(status)


def parsed(parameters: list[str]) -> dict[str, str]:
    """`Name=Value` pairs as a dictionary."""
    pairs = dict(pair.partition("=")[::2] for pair in parameters)
    for pair in parameters:
        if "=" not in pair:
            raise CommandError(f"--parameter {pair}: write Name=Value, e.g. BatchSize=5", status=2)
    return pairs
