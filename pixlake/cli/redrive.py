"""`pixlake redrive`: dead letters back to the queue they came from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixlake.cli import environment
from pixlake.cli.reading import printable
from pixlake.cli.terminal import CommandError, counted, messages, output, progress_bar

if TYPE_CHECKING:
    from adapters.queues import DeadLetter

SHOWN = 20
"""Dead letters that --dry-run looks at."""
ENDED = ("COMPLETED", "CANCELLED", "FAILED")


def redrive(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how many messages there are and what some of them are; move none.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Replay the dead-letter queue: every message goes back to the upload queue and is tried anew.

    A message is dead when it failed MaxReceiveCount times. That is never a bad image's doing (a bad image is a row with
    status 'rejected'): a permission or a key was missing, the delivery stream refused rows, the scorer crashed or ran
    out of time or memory, or somebody else put a message there that is no upload notification. The scorer's log says
    which: look for "message comes again". Mend that first, or the messages come back here.

    Safe to repeat: a replay that runs already is followed, not doubled. Unreadable messages come back; to be rid of
    them, delete them in the queue.
    """
    sqs, source, destination = _queues()
    depth = _depth(sqs, environment.required("PIXLAKE_DLQ_URL"))
    if dry_run:
        _show(depth, list(_peeked(sqs)), as_json=as_json)
        return
    task = _running(sqs, source)
    if task is None and depth == 0:
        _say({"dead_letters": 0, "moved": 0, "status": "NOTHING"}, "the dead-letter queue is empty", as_json=as_json)
        return
    if task is not None:
        messages.print("a replay runs already; following it")
    else:
        task = _start(sqs, source, destination)
    ended = _follow(sqs, source, task)
    moved, status = ended.get("ApproximateNumberOfMessagesMoved", 0), ended["Status"]
    document = {"dead_letters": depth, "moved": moved, "status": status, "reason": ended.get("FailureReason")}
    _say(document, f"{counted(moved, 'message')} back on the upload queue ({status.lower()})", as_json=as_json)
    if status != "COMPLETED":
        raise CommandError(
            f"the replay ended {status.lower()}: {ended.get('FailureReason', 'somebody stopped it')}; run it again"
        )


def _say(document: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(document)) if as_json else messages.print(text)


def _queues() -> tuple[Any, str, str]:
    """A client, the ARN of the dead-letter queue and that of the upload queue."""
    urls = [environment.required(name) for name in ("PIXLAKE_DLQ_URL", "PIXLAKE_QUEUE_URL")]
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    sqs = boto3.client("sqs")
    try:
        arns = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            for url in urls
        ]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the queues cannot be read: {error}") from error
    return sqs, arns[0], arns[1]


def _depth(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def _running(sqs: Any, source: str) -> dict[str, Any] | None:
    results: list[dict[str, Any]] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results", [])
    return results[0] if results and results[0]["Status"] not in ENDED else None


def _start(sqs: Any, source: str, destination: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        # The destination is named: SQS knows no source of a message that somebody put into this queue directly.
        sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)
    except ClientError as error:
        running = _running(sqs, source)  # somebody else was faster
        if running is None:
            raise CommandError(f"the replay could not be started: {error}") from error
        return running
    newest: dict[str, Any] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"][0]
    return newest


def _follow(sqs: Any, source: str, task: dict[str, Any]) -> dict[str, Any]:
    """Wait until the task has ended."""
    with progress_bar() as bar:
        shown = bar.add_task("moving messages", total=task.get("ApproximateNumberOfMessagesToMove"))
        while True:
            (task,) = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
            bar.update(shown, completed=task.get("ApproximateNumberOfMessagesMoved", 0))
            if task["Status"] in ENDED:
                return task
            time.sleep(0.5)


def _peeked(sqs: Any) -> Iterator[dict[str, Any]]:
    """What some dead letters say."""
    from adapters.queues import SqsUploadQueue  # noqa: PLC0415

    queue = SqsUploadQueue(
        sqs, None, environment.required("PIXLAKE_QUEUE_URL"), environment.required("PIXLAKE_DLQ_URL")
    )
    for letter in queue.peek(SHOWN):
        yield {"message_id": letter.message_id, "sent": letter.sent.isoformat(), **_said(letter)}


def _said(letter: DeadLetter) -> dict[str, Any]:
    from sink.errors import UnreadableMessage  # noqa: PLC0415
    from sink.events import parse_body  # noqa: PLC0415

    try:
        events = parse_body(letter.body)
    except UnreadableMessage as error:
        return {"keys": [], "reason": f"unreadable: {error}"}
    return {"keys": [event.key for event in events], "reason": None}


def _show(depth: int, letters: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"dead_letters": depth, "sample": letters}, ensure_ascii=False))
        return
    for letter in letters:
        what = ", ".join(map(printable, letter["keys"])) or printable(letter["reason"] or "no upload")
        output.print(f"{letter['sent'][:19]}  {what}", markup=False, soft_wrap=True)
    messages.print(f"{counted(depth, 'message')} in the dead-letter queue, {len(letters)} shown; none was moved")
