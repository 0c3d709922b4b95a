"""`pixlake demo`: the whole path on this machine, from photos to a SQL answer."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.rule import Rule
from rich.syntax import Syntax

from pixlake.cli import environment, report
from pixlake.cli import query as athena
from pixlake.cli.named_queries import literals
from pixlake.cli.tables import records_table, scores_table
from pixlake.cli.terminal import CommandError, human_bytes, messages, output, progress_bar
from pixlake.cli.upload import Upload, plan, run

if TYPE_CHECKING:
    from pixlake.localcloud import LocalCloud

ROOT = Path(__file__).parents[2]
ROWS_SQL = """\
SELECT object_key, status, error.code AS error_code, image.format, image.width, image.height,
       category.label AS category_label, category.score AS category_score,
       quality.score AS quality_score, text.coverage AS text_coverage, nsfw.score AS nsfw_score
FROM image_scores
WHERE dt >= '{day}'
ORDER BY object_key"""


def demo(
    samples: Annotated[Path, typer.Argument(help="Folder of images.", exists=True)] = ROOT / "samples",
    wait: Annotated[int, typer.Option(help="Longest wait for the rows, in seconds.", min=1)] = 120,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Write the report on the rows there.", dir_okay=False)
    ] = None,
) -> None:
    """Start the local cloud from template.yaml, upload images, wait for their rows, ask Athena, stop."""
    from pixlake.localcloud import LocalCloud, LocalCloudError  # noqa: PLC0415 - keeps `pixlake --help` fast

    for name in environment.in_the_way():
        del os.environ[name]
    uploads = plan([samples], quiet=True)
    start = time.monotonic()
    try:
        with (
            messages.status("starting the local cloud from template.yaml") as status,
            LocalCloud(ROOT / "template.yaml") as cloud,
        ):
            status.stop()
            _say(f"local cloud ready at {cloud.endpoint_url}, built from template.yaml", start)
            _run(cloud, uploads, wait, start, report_file)
    except LocalCloudError as error:
        raise CommandError(str(error)) from error
    _say("local cloud stopped, nothing left running", start)


def _run(cloud: LocalCloud, uploads: list[Upload], wait: int, start: float, report_file: Path | None) -> None:
    os.environ.update(environment.of_local_cloud(cloud.endpoint_url, cloud.outputs))
    bucket = environment.upload_bucket()
    errors = [f"{each.path}: {error}" for each, error in run(uploads, bucket) if error is not None]
    if errors:
        raise CommandError("upload failed: " + "; ".join(errors))
    _say(f"{len(uploads)} files uploaded to s3://{bucket}/", start)

    # Days are UTC; yesterday is included for a run over midnight.
    today = datetime.now(UTC).date()
    days = [str(today - timedelta(days=1)), str(today)]
    sql = ROWS_SQL.format(day=days[0])
    rows = _wait_for_rows(sql, len(uploads), wait)
    _say(f"{len(rows)} rows queryable: S3 → SQS → Lambda → Firehose → Parquet → Glue → Athena", start)
    output.print(
        scores_table({**row, "object": row["object_key"], "status": row["error_code"] or row["status"]} for row in rows)
    )

    question = (ROOT / "athena" / "queries" / "top_categories.sql").read_text(encoding="utf-8").strip()
    output.print(Rule("athena/queries/top_categories.sql", style="dim"))
    output.print(Syntax(question, "sql", theme="ansi_dark", background_color="default"))
    frame = athena.run(question, literals(question, days))
    output.print(
        records_table(list(frame.columns), (record.values() for record in athena.records(frame)), output.width)
    )
    if report_file is not None:
        facts = report.make(len(days), report_file)
        _say(f"report written: {report_file}, {human_bytes(facts['bytes'])}", start)


def _wait_for_rows(sql: str, expected: int, wait: int) -> list[dict[str, object]]:
    """Ask until every upload has its row."""
    deadline = time.monotonic() + wait
    with progress_bar() as bar:
        task = bar.add_task("waiting for rows", total=expected)
        while True:
            rows = athena.records(athena.run(sql))
            bar.update(task, completed=len(rows))
            if len(rows) >= expected:
                return rows
            if time.monotonic() > deadline:
                raise CommandError(
                    f"only {len(rows)} of {expected} rows came within {wait} s. Run `pixlake up` and look at the "
                    "scorer's log, whose place it prints; a slow machine may need --wait 300"
                )
            time.sleep(0.3)


def _say(what: str, start: float) -> None:
    messages.print(f"[dim]{time.monotonic() - start:5.1f} s[/]  {what}", soft_wrap=True)
