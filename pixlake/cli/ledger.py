"""`pixlake ledger`: whether every upload has ended somewhere."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from pixlake.cli import environment
from pixlake.cli.reading import printable
from pixlake.cli.terminal import CommandError, counted, messages, output

STATUSES = ("scored", "rejected", "superseded", "missing")
NO_ROW = {
    "waiting": "queued again",
    "dead_letters": "dead letters",
    "error_output": "error output",
    "unaccounted": "unaccounted",
}
DELETED_SQL = """\
SELECT count(DISTINCT row_id) AS deleted FROM image_scores WHERE dt BETWEEN '{first}' AND '{last}'
AND status = 'deleted' AND bucket IN ({buckets})"""


def ledger(
    days: Annotated[int, typer.Option(help="Days of upload to add up, the last one today (UTC).", min=1)] = 7,
    now: Annotated[
        bool, typer.Option("--now", help="Compare bucket and lake now, instead of showing the last run.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Balance the uploads: each ends in a row, in the dead-letter queue or in the error output.

    A scheduled function compares the bucket with the lake (parameter ReconcileSchedule), and puts on the queue again
    what is in the bucket and nowhere else; what stays lost after ReconcileAttempts is unaccounted for. Its last result
    is shown, with the queues and the error output as they are now. Uploads of the last hour or so are not judged: they
    may be on their way.

    Dead letters: `pixlake redrive`. Error output: `pixlake replay-errors`. The exit status is 1 if anything is
    unaccounted for.
    """
    last = datetime.now(UTC).date()
    wanted = [last - timedelta(days=shift) for shift in reversed(range(days))]
    notes = _run_now() if now else []
    document = {**_known(wanted), **_live(), "deleted": _deleted(str(wanted[0]), str(last)), "notes": notes}
    typer.echo(json.dumps(document, ensure_ascii=False)) if as_json else _show(document, days)
    if document["unaccounted"]:
        raise typer.Exit(1)


def _run_now() -> list[str]:
    """Invoke the function; what a reader must know of the run."""
    name = environment.required("PIXLAKE_RECONCILE_FUNCTION")
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    # One attempt, as long as the function may take: a time-out here would start a second run beside the first.
    client = boto3.client("lambda", config=Config(read_timeout=910, retries={"total_max_attempts": 1}))
    try:
        with messages.status("comparing the bucket with the lake"):
            answer = client.invoke(FunctionName=name, Payload=b"{}")
            payload: dict[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the function {name} could not be invoked: {error}") from error
    if "FunctionError" in answer:
        raise CommandError(f"the comparison failed: {payload.get('errorType')}: {payload.get('errorMessage')}")
    unseen = [
        f"s3://{each['bucket']} {each['day']}: not looked through yet; the next run goes on"
        for each in payload["unseen_days"]
    ]
    return [*payload["notes"], *unseen]


def _known(days: list[Any]) -> dict[str, Any]:
    """What the last runs found about the days, bucket by bucket."""
    table, buckets = environment.required("PIXLAKE_LEDGER_TABLE"), environment.upload_buckets()
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from adapters.attempts import DynamoDbLedger  # noqa: PLC0415

    try:
        client = boto3.client("dynamodb")
        kept = {bucket: DynamoDbLedger(client, table, bucket).days(days) for bucket in buckets}
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the table {table} cannot be read: {error}") from error
    states = [(bucket, kept[bucket][day]) for day in days for bucket in buckets]
    found = [state.result for _, state in states if state.result is not None]
    rows, no_row = Counter[str](), Counter[str]()
    for result in found:
        rows += result.rows
        no_row += result.no_row
    return {
        "uploaded": sum(result.uploaded for result in found),
        **{status: rows[status] for status in STATUSES},
        **{place: no_row[place] for place in NO_ROW},
        "requeued": sum(result.requeued for result in found),
        "lost": [key for result in found for key in result.lost],
        "run_at": max((result.at.isoformat() for result in found), default=None),
        "until": max((result.until.isoformat() for result in found), default=None),
        "unfinished_days": [
            {"bucket": bucket, "day": str(state.day)} for bucket, state in states if state.unfinished is not None
        ],
        "days": [result.to_json() for result in found],
    }


def _live() -> dict[str, Any]:
    """The queues and the error output as they are now."""
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from adapters.error_output import S3ErrorOutput  # noqa: PLC0415
    from sink.errors import SinkError  # noqa: PLC0415

    sqs = boto3.client("sqs")
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    depths = {}
    try:
        for name, variable in (("queue", "PIXLAKE_QUEUE_URL"), ("dead_letter_queue", "PIXLAKE_DLQ_URL")):
            url = environment.required(variable)
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            depths[name] = sum(map(int, answer.values()))
        lines = S3ErrorOutput(boto3.client("s3"), environment.required("PIXLAKE_LAKE_BUCKET")).uploads()
    except (BotoCoreError, ClientError, SinkError) as error:
        raise CommandError(f"the queues or the error output cannot be read: {error}") from error
    return {
        "in_flight_now": depths["queue"],
        "dead_letters_now": depths["dead_letter_queue"],
        "error_lines_now": lines.count,
        "error_lines_all_read": lines.complete,
    }


def _deleted(first: str, last: str) -> int:
    from pixlake.cli import query  # noqa: PLC0415

    buckets = ", ".join("'" + bucket.replace("'", "''") + "'" for bucket in environment.upload_buckets())
    (row,) = query.records(query.run(DELETED_SQL.format(first=first, last=last, buckets=buckets)))
    return int(row["deleted"])


def _show(document: dict[str, Any], days: int) -> None:
    buckets = list(dict.fromkeys(day["bucket"] for day in document["days"]))
    for bucket in buckets:
        if len(buckets) > 1:
            output.print(f"s3://{bucket}", markup=False)
        output.print(_table([day for day in document["days"] if day["bucket"] == bucket]))
    if document["run_at"] is None:
        messages.print(
            "no upload of these days was judged by a run yet: those of the last minutes are not, since they may be on "
            "their way; --now compares at once",
            soft_wrap=True,
        )
    else:
        parts = [f"{document[status]:,} {status}" for status in STATUSES if document[status]]
        parts += [f"{document[place]:,} {words}" for place, words in NO_ROW.items() if document[place]]
        output.print(f"{document['uploaded']:,} uploaded = {' + '.join(parts) or '0'}", soft_wrap=True)
        until, at = _time(document["until"]), _time(document["run_at"])
        messages.print(f"uploads of {counted(days, 'day')} until {until}, compared at {at}", soft_wrap=True)
    more = "" if document["error_lines_all_read"] else " or more"
    messages.print(
        f"now: {document['in_flight_now']:,} in flight, {document['dead_letters_now']:,} in the dead-letter queue, "
        f"{document['error_lines_now']:,}{more} lines in the error output; {document['deleted']:,} deleted these days",
        soft_wrap=True,
    )
    unfinished = [
        f"s3://{each['bucket']} {each['day']}: not looked through yet" for each in document["unfinished_days"]
    ]
    for note in [*document["notes"], *unfinished]:
        messages.print(f"note: {note}", markup=False, soft_wrap=True)
    for key in document["lost"]:
        output.print(f"lost: {printable(key)}", markup=False, soft_wrap=True)


def _table(days: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name in ("day", "uploaded", *STATUSES, *NO_ROW.values()):
        table.add_column(name, justify="left" if name == "day" else "right", overflow="fold")
    for day in days:
        counts = [*(day["rows"].get(status, 0) for status in STATUSES), *(day["no_row"][place] for place in NO_ROW)]
        table.add_row(day["day"], f"{day['uploaded']:,}", *(f"{count:,}" if count else "–" for count in counts))
    return table


def _time(moment: str) -> str:
    return moment[:19].replace("T", " ") + " UTC"
