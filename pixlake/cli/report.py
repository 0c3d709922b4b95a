"""`pixlake report`: what is in the lake, as one HTML file."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from pixlake.cli import environment
from pixlake.cli.named_queries import deployed, literals
from pixlake.cli.query import records, run
from pixlake.cli.terminal import CommandError, counted, human_bytes, messages, progress_bar

if TYPE_CHECKING:
    from pixlake.report.answers import Ask, Question, Record


def report(
    days: Annotated[int, typer.Option(help="Days to report on, today included (UTC).", min=1, max=366)] = 7,
    out: Annotated[Path, typer.Option(help="File to write; an older one is replaced.", dir_okay=False)] = Path(
        "pixlake-report.html"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line: path, bytes, seconds, unanswered …")] = False,
) -> None:
    """Write a report on the lake: totals, charts and contact sheets in one HTML file that needs no network.

        pixlake report --days 30 --out november.html

    It asks the named queries of the work group and fetches the pictures it shows from their buckets. Uses your AWS
    environment: the local cloud's after `eval $(pixlake env)`, or a real account's.
    """
    start = time.monotonic()
    facts = make(days, out)
    seconds = round(time.monotonic() - start, 1)
    if as_json:
        typer.echo(json.dumps(facts | {"seconds": seconds}, ensure_ascii=False))
    else:
        typer.echo(f"{out}  {human_bytes(facts['bytes'])}  {seconds:.1f} s")


def make(days: int, out: Path) -> dict[str, Any]:
    """Write the report; give its path, size, and what it holds and lacks.

    Raises
    ------
    CommandError
        The environment is missing, no query was answered, or the file cannot be written.
    """
    database, workgroup = environment.required("PIXLAKE_DATABASE"), environment.required("PIXLAKE_WORKGROUP")
    buckets = ", ".join(environment.upload_buckets())
    if not out.parent.is_dir():
        raise CommandError(f"{out}: the folder {out.parent} does not exist", status=2)
    import boto3  # noqa: PLC0415 - these and all below keep `pixlake --help` fast
    from botocore.config import Config  # noqa: PLC0415

    from pixlake.report import file, page  # noqa: PLC0415
    from pixlake.report.answers import Answers, questions  # noqa: PLC0415
    from pixlake.report.making import answered, pictured, put_together  # noqa: PLC0415
    from pixlake.report.period import Period  # noqa: PLC0415
    from pixlake.report.thumbnails import AT_ONCE  # noqa: PLC0415

    now = datetime.now(UTC)
    period = Period.ending(now.date(), days)
    asked = questions(period)
    ask = _asker(deployed(workgroup), workgroup)
    with progress_bar() as bar:
        task = bar.add_task("asking Athena", total=len(asked))
        answers: Answers = answered(asked, ask, lambda: bar.advance(task))
        if not answers.rows:
            raise CommandError("no query was answered: " + next(iter(answers.problems.values())))
        client = boto3.client("s3", config=Config(max_pool_connections=AT_ONCE, retries={"mode": "standard"}))
        draft = put_together(answers, period, now, database=database, bucket=buckets)
        task = bar.add_task("fetching pictures", total=len(draft.places))
        report_ = pictured(draft, client, lambda: bar.advance(task))
    for name, problem in answers.problems.items():
        messages.print(f"[yellow]left out[/] {name}: {escape(problem)}", soft_wrap=True)
    try:
        size = file.write(out, page.render(report_))
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror}") from error
    shown = list(report_.thumbnails.values())
    absent = sum(bool(each.reason) for each in shown)
    if absent:
        messages.print(f"{counted(absent, 'picture')} of {len(shown)} could not be had; the report says why")
    return {
        "path": str(out),
        "bytes": size,
        "first_day": period.bounds[0],
        "last_day": period.bounds[1],
        "pictures": len(shown) - absent,
        "pictures_absent": absent,
        "unanswered": sorted(answers.problems),
    }


def _asker(named: dict[str, str], workgroup: str) -> Ask:
    """Asks the deployed queries, with a session of its own in every thread."""
    import boto3  # noqa: PLC0415

    from pixlake.report.answers import Unanswered  # noqa: PLC0415

    own = threading.local()

    def ask(question: Question) -> list[Record]:
        if question.query not in named:
            raise Unanswered(
                f"The work group {workgroup} has no named query {question.query}: deploy this version of the stack."
            )
        sql = named[question.query]
        if not hasattr(own, "session"):
            own.session = boto3.Session()
        try:
            return records(run(sql, literals(sql, question.values), own.session))
        except CommandError as error:
            raise Unanswered(f"The query {question.query} was not answered: {error}") from error

    return ask
