"""`pixlake upload`: files and folders into the upload bucket."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pixlake.cli import environment
from pixlake.cli.terminal import CommandError, counted, human_bytes, messages, progress_bar

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
    | {".avif", ".heic", ".heif", ".hif"}
)


@dataclass(frozen=True)
class Upload:
    """A file and the key it gets."""

    path: Path
    key: str


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", exists=True, readable=True)],
    bucket: Annotated[
        str | None,
        typer.Option(help="Bucket to upload to; wanted if there are several.", show_default="$PIXLAKE_UPLOAD_BUCKET"),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Put before every key, e.g. 2026/11/.")] = "",
    every_file: Annotated[
        bool, typer.Option("--all", help="Take every file of a folder, not only those named like images.")
    ] = False,
    concurrency: Annotated[int, typer.Option(help="Uploads at once.", min=1, max=256)] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line an uploaded file.")] = False,
) -> None:
    """Upload files or folders; keys are paths relative to the folder named, or the file's own name.

    Uses your AWS environment: the local cloud's after `eval $(pixlake env)`, or a real account's.
    """
    uploads = plan(paths, prefix, every_file=every_file)
    bucket = bucket or environment.upload_bucket()
    failed = 0
    for done, error in run(uploads, bucket, concurrency):
        if error is not None:
            failed += 1
            messages.print(f"[red]failed[/] {escape(f'{done.path}: {error}')}", soft_wrap=True)
        elif as_json:
            typer.echo(json.dumps({"path": str(done.path), "bucket": bucket, "key": done.key}, ensure_ascii=False))
    size = sum(each.path.stat().st_size for each in uploads)
    messages.print(
        f"{len(uploads) - failed} of {counted(len(uploads), 'file')} uploaded to s3://{bucket}/ ({human_bytes(size)})"
    )
    if failed:
        raise CommandError(f"{counted(failed, 'file')} not uploaded; run the same command again, it is safe to repeat")


def plan(paths: list[Path], prefix: str = "", *, every_file: bool = False, quiet: bool = False) -> list[Upload]:
    """Which file gets which key.

    Raises
    ------
    CommandError
        There is nothing to upload, or two files would get the same key.
    """
    uploads: dict[str, Upload] = {}
    left_out = 0
    for path in paths:
        for file in sorted(_files(path)):
            if path.is_dir() and not every_file and file.suffix.lower() not in IMAGE_SUFFIXES:
                left_out += 1
                continue
            key = prefix + (file.relative_to(path).as_posix() if path.is_dir() else file.name)
            if key in uploads and uploads[key].path.resolve() != file.resolve():
                raise CommandError(
                    f"{uploads[key].path} and {file} would both become the key {key}: "
                    "upload them in two calls with different --prefix",
                    status=2,
                )
            uploads[key] = Upload(file, key)
    if left_out and not quiet:
        messages.print(f"left out {counted(left_out, 'file')} not named like an image (--all takes every file)")
    if not uploads:
        raise CommandError(f"no image in {', '.join(map(str, paths))}; --all takes every file", status=2)
    return list(uploads.values())


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in path.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden:
            yield file


def run(uploads: list[Upload], bucket: str, concurrency: int = 16) -> Iterator[tuple[Upload, Exception | None]]:
    """Upload concurrently; give each upload as it ends, with its error if it failed."""
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = boto3.client("s3", config=Config(max_pool_connections=concurrency, retries={"mode": "standard"}))

    def one(each: Upload) -> None:
        kind = mimetypes.guess_type(each.path.name)[0] or "application/octet-stream"
        client.upload_file(str(each.path), bucket, each.key, ExtraArgs={"ContentType": kind})

    with progress_bar() as bar, ThreadPoolExecutor(concurrency) as pool:
        task = bar.add_task("uploading", total=len(uploads))
        futures = {pool.submit(one, each): each for each in uploads}
        for future in as_completed(futures):
            bar.advance(task)
            error = future.exception()
            if error is not None and not isinstance(error, Boto3Error | BotoCoreError | ClientError | OSError):
                raise error
            yield futures[future], error
