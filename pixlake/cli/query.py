"""`pixlake query`: ask Athena."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixlake.cli import environment
from pixlake.cli.named_queries import NAME, deployed, literals
from pixlake.cli.tables import records_table
from pixlake.cli.terminal import CommandError, counted, human_bytes, messages, output

if TYPE_CHECKING:
    import boto3
    import pandas as pd


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def query(
    sql: Annotated[
        str, typer.Argument(help="SQL, the path of a .sql file, the name of a deployed query, or - for standard input.")
    ],
    param: Annotated[
        list[str] | None,
        typer.Option(help="Value of the next `?`, checked against the query's header and quoted as it needs."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TABLE,
) -> None:
    """Ask the lake in Athena's SQL and print the answer; `pixlake queries` lists the deployed ones.

        pixlake query top_categories --param 2026-11-01 --param 2026-11-30

    Uses your AWS environment: the local cloud's after `eval $(pixlake env)`, or a real account's.
    """
    statement = text(sql)
    frame = run(statement, literals(statement, param or []))
    if form is Format.CSV:
        frame.to_csv(sys.stdout, index=False)
    elif form is Format.JSON:
        typer.echo(json.dumps(records(frame), ensure_ascii=False, indent=1, default=str))
    else:
        output.print(records_table(list(frame.columns), (record.values() for record in records(frame)), output.width))
        statistics = getattr(frame, "query_metadata", {}).get("Statistics", {})
        seconds = statistics.get("TotalExecutionTimeInMillis", 0) / 1000
        scanned = human_bytes(statistics.get("DataScannedInBytes", 0))
        messages.print(f"{counted(len(frame), 'row')} · {seconds:.1f} s · {scanned} scanned")


def text(sql: str) -> str:
    """The statement itself, out of a file or standard input where that is meant."""
    if sql == "-":
        return sys.stdin.read()
    if sql.endswith(".sql"):
        try:
            return Path(sql).read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{sql}: {error.strerror}", status=2) from error
    if NAME.fullmatch(sql):
        named = deployed(environment.required("PIXLAKE_WORKGROUP"))
        if sql not in named:
            raise CommandError(f"no deployed query is called {sql}; `pixlake queries` lists them", status=2)
        return named[sql]
    return sql


def run(sql: str, parameters: list[str] | None = None, session: boto3.Session | None = None) -> pd.DataFrame:
    """The statement's result by awswrangler, in the work group and database of the environment.

    A `session` is wanted where several threads ask: boto3's default one is not made for that.
    """
    database = environment.required("PIXLAKE_DATABASE")
    workgroup = environment.required("PIXLAKE_WORKGROUP")
    import awswrangler as wr  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return wr.athena.read_sql_query(
            sql.strip().rstrip(";"),
            database=database,
            workgroup=workgroup,
            ctas_approach=False,
            boto3_session=session,
            params=parameters or None,
            paramstyle="qmark" if parameters else "named",
        )
    except (wr.exceptions.QueryFailed, wr.exceptions.QueryCancelled) as error:
        raise CommandError(f"the query failed: {error}") from error
    except ClientError as error:
        raise CommandError(f"Athena refused the query: {error.response['Error']['Message']}") from error
    except BotoCoreError as error:
        raise CommandError(f"Athena did not answer: {error}") from error


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values; NULL is None."""
    import pandas as pd  # noqa: PLC0415

    def plain(value: Any) -> Any:
        if pd.api.types.is_scalar(value) and pd.isna(value):
            return None
        return value.item() if hasattr(value, "item") else value

    return [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
