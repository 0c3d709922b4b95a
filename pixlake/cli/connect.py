"""`pixlake connect` and `pixlake disconnect`: pixlake's entry in the notifications of a bucket that exists."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from pixlake.cli.reading import printable
from pixlake.cli.terminal import CommandError, messages, output
from pixlake.connection.entry import Kind

if TYPE_CHECKING:
    from pixlake.connection.plan import Plan

NOT_DONE = 4
"""Exit status where something is to be changed and was not: a dry run, or an answer of no."""
STYLES = {"+": "green", "-": "red", "@": "cyan"}
Bucket = Annotated[str, typer.Argument(help="Name of the bucket; s3://NAME will do.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, show the difference, write nothing.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON document, the configurations included; asks nothing, so add --yes.")
]


def connect(
    bucket: Bucket,
    entry: Annotated[Kind | None, typer.Option(help="The way, instead of the stack's parameter Entry.")] = None,
    prefix: Annotated[str | None, typer.Option(help="Only keys that begin so, instead of KeyPrefix.")] = None,
    suffix: Annotated[str | None, typer.Option(help="Only keys that end so, instead of KeySuffix.")] = None,
    topic: Annotated[str | None, typer.Option(help="ARN of the topic, instead of UploadTopicArn.")] = None,
    skip_validation: Annotated[
        bool, typer.Option("--skip-validation", help="Let S3 try no destination: for a broken entry of somebody else.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a bucket that exists already tell pixlake of its images: adds one entry to its notifications.

    Deploy the stack with the bucket in ExistingBuckets first: that lets the bucket into the queue, and the scorer into
    the bucket. CloudFormation cannot add to the notifications of a bucket that is not its own; this command does. It
    reads them, adds the entry pixlake-STACK, shows the difference, asks, writes, and reads back what stands there.
    Entries of others stay as they are. Only new events are notified: what lies in the bucket already is not scored.

    Three ways, by the stack's parameter Entry. notification: the bucket sends to the queue; S3 lets only one entry have
    an event of a key. eventbridge: turns EventBridge on for the bucket, beside whatever entries there are. sns: the
    bucket sends to a topic, to which the queue subscribes.

    Exit status: 0 connected, by this run or before; 1 refused or failed, nothing was written; 2 wrong usage;
    3 written, but something else was read back: look at it; 4 to be written, and was not, by --dry-run or your answer.

    Safe to repeat. The permissions that it needs stand in docs/operations.md.
    """
    name = _name(bucket)
    with _asking(name):
        from pixlake.connection.bucket import BucketNotifications  # noqa: PLC0415 - keeps `pixlake --help` fast
        from pixlake.connection.plan import to_connect  # noqa: PLC0415
        from pixlake.doctor.deployment import Deployment  # noqa: PLC0415

        deployment = Deployment()
        _not_the_stacks_own(name, deployment)
        settings = deployment.uploads.but(entry, prefix, suffix, topic)
        attributes = deployment.queue_attributes(deployment.queue_url)
        queue_arn = attributes["QueueArn"]
        wanted = settings.wanted(deployment.stack, queue_arn)
        notifications = BucketNotifications(deployment.client("s3"), name, owner=queue_arn.split(":")[4])
        plan = to_connect(deployment.client, notifications, wanted, settings, (queue_arn, attributes.get("Policy", "")))
        if settings != deployment.uploads:
            plan.notes.append(
                "this is not what the stack's parameters say: deploy with the same, or `pixlake doctor` will warn"
            )
    done = f"s3://{name} tells {deployment.stack} of its images"
    _carry_out(plan, done, skip_validation=skip_validation, yes=yes, dry_run=dry_run, as_json=as_json)


def disconnect(
    bucket: Bucket,
    turn_off_eventbridge: Annotated[
        bool, typer.Option("--turn-off-eventbridge", help="Turn EventBridge off too: nobody else listens there.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take pixlake's entry out of a bucket's notifications again; everything else stays as it is.

    Removes the entry pixlake-STACK and nothing more. EventBridge stays on, since S3 cannot tell whether others use it:
    where `connect` turned it on and nobody else came, say --turn-off-eventbridge. Do this before you take the bucket
    out of ExistingBuckets or delete the stack: an entry whose queue is gone can keep others from changing theirs.

    Rows, images and waiting messages stay. Exit status as of `pixlake connect`. Safe to repeat.
    """
    name = _name(bucket)
    with _asking(name):
        from pixlake.connection.bucket import BucketNotifications  # noqa: PLC0415 - keeps `pixlake --help` fast
        from pixlake.connection.plan import to_disconnect  # noqa: PLC0415
        from pixlake.doctor.deployment import Deployment  # noqa: PLC0415

        deployment = Deployment()
        # The queue may be gone already: the account is asked for, not read off it.
        owner = deployment.client("sts").get_caller_identity()["Account"]
        notifications = BucketNotifications(deployment.client("s3"), name, owner)
        plan = to_disconnect(notifications, deployment.stack, turn_off_eventbridge=turn_off_eventbridge)
    done = f"s3://{name} has no entry of {deployment.stack}"
    # What stays was there before: S3 need not try it, and a broken entry of somebody else is in nobody's way.
    _carry_out(plan, done, skip_validation=True, yes=yes, dry_run=dry_run, as_json=as_json)


def _carry_out(plan: Plan, done: str, *, skip_validation: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Show the plan, ask, write, tell."""
    changes = plan.difference
    if not as_json:
        for line in changes:
            output.print(Text(printable(line), style=STYLES.get(line[:1], "")), soft_wrap=True)
        for note in plan.notes:
            messages.print(f"note: {printable(note)}", markup=False, soft_wrap=True)
    agreed = not dry_run and (not changes or yes or (not as_json and _asked(plan.notifications.bucket)))
    if changes and agreed:
        with messages.status("writing and reading back"):
            plan.notifications.replace(plan.before, plan.after, skip_validation=skip_validation)
    if as_json:
        document = {
            "bucket": plan.notifications.bucket,
            "changes": bool(changes),
            "written": bool(changes and agreed),
            "difference": changes,
            "notes": plan.notes,
            "before": plan.before,
            "after": plan.after,
        }
        typer.echo(json.dumps(document, ensure_ascii=False))
    elif not changes:
        messages.print(f"nothing to do: {printable(done)}", markup=False, soft_wrap=True)
    elif agreed:
        messages.print(f"{printable(done)}; S3 may take some minutes to follow", markup=False, soft_wrap=True)
    else:
        messages.print("nothing was written")
    if changes and not agreed:
        raise typer.Exit(NOT_DONE)


def _asked(bucket: str) -> bool:
    if not sys.stdin.isatty():
        raise CommandError("nobody can be asked here: add --yes to write, or --dry-run to look only", status=NOT_DONE)
    return typer.confirm(f"Write this to s3://{bucket}?", err=True)


def _name(bucket: str) -> str:
    name = bucket.removeprefix("s3://").rstrip("/")
    if not name or "/" in name:
        raise CommandError(f"{bucket!r} is not a bucket: give its name, and --prefix for a part of it", status=2)
    return name


def _not_the_stacks_own(bucket: str, deployment: Any) -> None:
    if not deployment.uploads.existing and bucket in deployment.upload_buckets:
        raise CommandError(
            f"{bucket} is the stack's own bucket: template.yaml sets its notifications. `pixlake doctor` checks them"
        )


@contextmanager
def _asking(bucket: str) -> Iterator[None]:
    """Turn what AWS answers besides S3's notifications into one line."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        with messages.status(f"looking at s3://{bucket} and the stack"):
            yield
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"the stack's parts cannot be asked: {error}; `pixlake doctor` says which part fails. Nothing was written"
        ) from error
