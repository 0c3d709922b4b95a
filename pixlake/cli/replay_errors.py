"""`pixlake replay-errors`: rows in Firehose's error output become rows of the lake."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pixlake.cli import environment
from pixlake.cli.reading import printable
from pixlake.cli.terminal import CommandError, counted, messages, output


def replay_errors(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look and tell; put nothing and move nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Put the rows of the error output to the delivery stream again, once what stopped them is mended.

    Firehose writes a row there that it could not convert or file, with the reason: a column that Glue lacked, a table
    or a permission that was missing, too many days at once. Mend that first; the codes shown and the log of the
    delivery stream say what it was.

    Only when all rows of an error object were accepted is it moved below replayed/ in the lake bucket, so a run that
    was interrupted is simply repeated: rows may then come twice, which the views count once. What is no JSON or breaks
    the contract stays where it is, with its reason.
    """
    lake, stream = environment.required("PIXLAKE_LAKE_BUCKET"), environment.required("PIXLAKE_STREAM")
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from adapters.error_output import S3ErrorOutput  # noqa: PLC0415
    from adapters.firehose import FirehoseRowSink  # noqa: PLC0415
    from sink.contract import RowContract  # noqa: PLC0415
    from sink.errors import SinkError  # noqa: PLC0415
    from sink.replay_errors import ReplayErrors  # noqa: PLC0415

    with messages.status("reading the error output") as status:
        replay = ReplayErrors(
            objects=S3ErrorOutput(boto3.client("s3"), lake),
            sink=FirehoseRowSink(boto3.client("firehose"), stream),
            contract=RowContract.load(),
            seen=lambda key: status.update(f"done with {printable(key)}"),
        )
        try:
            report = replay(dry_run=dry_run)
        except (SinkError, ClientError, BotoCoreError) as error:
            raise CommandError(f"the replay stopped: {error}. Run it again, it is safe to repeat") from error
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "dry_run": dry_run,
                    "objects": report.objects,
                    "rows": report.rows,
                    "refused": report.refused,
                    "stay": report.stay,
                    "reasons": report.reasons,
                    "codes": report.codes,
                    "sample": report.samples,
                },
                ensure_ascii=False,
            )
        )
    else:
        for code, count in report.codes.most_common():
            output.print(f"{count:>8,}  {printable(code) or 'without a code'}", markup=False)
        for reason, count in report.reasons.most_common():
            output.print(f"{count:>8,}  stays: {printable(reason)}", markup=False, soft_wrap=True)
        done = "would be replayed" if dry_run else "replayed"
        messages.print(
            f"{counted(report.objects, 'error object')}: {counted(report.rows, 'row')} {done}, "
            f"{counted(report.stay, 'line')} not replayable"
        )
    if report.refused:
        raise CommandError(
            f"the stream {stream} refused {counted(report.refused, 'row')}; the error objects stay. Run it again"
        )
    if report.stay and not dry_run:
        raise CommandError(f"{counted(report.stay, 'line')} cannot be replayed and stay below errors/")
