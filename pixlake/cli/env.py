"""`pixlake env`: export lines for a shell."""

from __future__ import annotations

import json
import shlex
import urllib.error
import urllib.request
from typing import Annotated, Any

import typer

from pixlake.cli import environment
from pixlake.cli.terminal import CommandError


def env(
    port: Annotated[int, typer.Option(help="Port of the running `pixlake up`.")] = 4566,
    stack: Annotated[str | None, typer.Option(help="A deployed stack instead; uses your AWS credentials.")] = None,
) -> None:
    """Print export lines that point pixlake, boto3, awswrangler and the aws CLI at the local cloud or a stack.

    Use it as: eval $(pixlake env)
    """
    if stack is None:
        url = f"http://127.0.0.1:{port}"
        cloud = local_cloud(url)
        variables = environment.of_local_cloud(url, cloud["outputs"], cloud["region"], cloud["stack"])
        for name in environment.in_the_way():
            typer.echo(f"unset {name}")
    else:
        variables = {environment.STACK: stack, **environment.from_outputs(stack_outputs(stack))}
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def local_cloud(url: str) -> dict[str, Any]:
    """What the local cloud at `url` says of itself: `stack`, `parameters`, `outputs`, `region`, `logs`."""
    try:
        with urllib.request.urlopen(f"{url}/_pixlake/outputs", timeout=5) as answer:  # noqa: S310 - loopback only
            description: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise CommandError(
            f"no local cloud answers at {url} ({reason}). Start it with `pixlake up` in another terminal, "
            "or name its port with --port."
        ) from error
    return description


def stack_outputs(stack: str) -> dict[str, str]:
    """Outputs of a deployed stack."""
    return {output["OutputKey"]: output["OutputValue"] for output in _described(stack).get("Outputs", [])}


def stack_parameters(stack: str) -> dict[str, str]:
    """Parameters of a deployed stack as they are in force; a list is joined by commas."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in _described(stack).get("Parameters", [])}


def _described(stack: str) -> dict[str, Any]:
    import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        (description,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the stack {stack} cannot be described: {error}") from error
    return dict(description)
