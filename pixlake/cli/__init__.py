"""The `pixlake` command: a local cloud to try on, and the tools to put images in and ask questions."""

from __future__ import annotations

import sys

import typer

from pixlake.cli import (
    connect,
    cost,
    demo,
    doctor,
    env,
    ledger,
    queries,
    query,
    redrive,
    replay_errors,
    report,
    score,
    status,
    up,
    upload,
)
from pixlake.cli.terminal import CommandError, fail

app = typer.Typer(
    name="pixlake",
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "upload and query speak plain AWS: `eval $(pixlake env)` points them at `pixlake up`, "
        "`eval $(pixlake env --stack NAME)` at a deployed stack."
    ),
)
app.command(name="demo")(demo.demo)
app.command(name="up")(up.up)
app.command(name="env")(env.env)
app.command(name="upload")(upload.upload)
app.command(name="query")(query.query)
app.command(name="queries")(queries.queries)
app.command(name="report")(report.report)
app.command(name="score")(score.score)
app.command(name="connect")(connect.connect)
app.command(name="disconnect")(connect.disconnect)
app.command(name="doctor")(doctor.doctor)
app.command(name="status")(status.status)
app.command(name="cost")(cost.cost)
app.command(name="ledger")(ledger.ledger)
app.command(name="redrive")(redrive.redrive)
app.command(name="replay-errors")(replay_errors.replay_errors)


def main() -> None:
    """Run the command; what goes wrong by the user's or the cloud's doing is one line, not a traceback."""
    try:
        app()
    except CommandError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `pixlake query … | head`
        sys.stderr.close()
        sys.exit(141)
