"""`pixlake score`: what the scorer says of files on this machine. No AWS, no server."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixlake.cli.terminal import CommandError, messages, output, progress_bar
from pixlake.cli.upload import plan

if TYPE_CHECKING:
    from inference import Rejected, Scored

BATCH = 8


def score(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", exists=True, readable=True)],
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON lines: path and the row's own names, one object a model.")
    ] = False,
    every_file: Annotated[
        bool, typer.Option("--all", help="Take every file of a folder, not only those named like images.")
    ] = False,
    threads: Annotated[int, typer.Option(help="Threads of the models.", min=1, max=64)] = 2,
) -> None:
    """Score image files with the models that the pipeline uses, and print what would stand in their rows."""
    files = [each.path for each in plan(paths, every_file=every_file)]
    with progress_bar() as bar:
        results = bar.track(score_files(files, threads), total=len(files), description="scoring")
        if as_json:
            for result in results:
                typer.echo(json.dumps(result, ensure_ascii=False))
            return
        collected = list(results)
    output.print(table(collected))


def score_files(files: Iterable[Path], threads: int = 2) -> Iterator[dict[str, Any]]:
    """One dictionary a file: `path`, `status`, `error`, `image` and one struct a model."""
    from inference import InferenceError, Scorer, ScorerSettings  # noqa: PLC0415 - keeps `pixlake --help` fast

    try:
        scorer = Scorer.load(ScorerSettings(threads=threads))
        for batch in _batched(files, BATCH):
            for path, result in zip(batch, scorer.score([path.read_bytes() for path in batch]), strict=True):
                yield {"path": str(path), **as_row(result)}
    except InferenceError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error


def as_row(result: Scored | Rejected) -> dict[str, Any]:
    """The part of the row contract that inference alone knows."""
    image = None if result.image is None else dataclasses.asdict(result.image)
    if hasattr(result, "scores"):
        return {"status": "scored", "error": None, "image": image, **result.scores}
    return {"status": "rejected", "error": {"code": result.code, "message": result.message}, "image": image}


def table(results: list[dict[str, Any]]) -> Any:
    """The results for a person."""
    from pixlake.cli.tables import scores_table  # noqa: PLC0415 - rich's tables only where they are shown

    rejected = sum(result["status"] == "rejected" for result in results)
    messages.print(f"{len(results) - rejected} scored, {rejected} rejected")
    return scores_table(
        {
            "object": result["path"],
            "status": result["status"] if result["error"] is None else result["error"]["code"],
            **(result["image"] or {}),
            **{
                f"{model}_{name}": value
                for model, struct in result.items()
                if isinstance(struct, dict) and model not in ("image", "error")
                for name, value in struct.items()
            },
        }
        for result in results
    )


def _batched(items: Iterable[Path], size: int) -> Iterator[tuple[Path, ...]]:
    """What itertools.batched does from Python 3.12 on."""
    iterator = iter(items)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch
