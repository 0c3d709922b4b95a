"""Let a new version of the scorer score a picture, before CodeDeploy sends uploads to it. See docs/adr/0011."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Literal

import boto3
from botocore.config import Config

from adapters.new_version import LambdaVersion, tell_codedeploy
from handlers.environment import Environment, arn
from sink import release_check

PATIENCE_S = 90
"""Longest wait for the version's answer: its cold start and one picture take seconds."""

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(event: dict[str, str], context: object) -> dict[str, str]:  # noqa: ARG001 - Lambda's signature
    """Tell CodeDeploy `Succeeded` or `Failed`, whatever happens here; the reason is in the log and in the answer."""
    try:
        reason = release_check.check(_new_version(os.environ), os.urandom)
    except Exception as error:
        logger.exception("the check could not be made")
        reason = f"the check could not be made: {type(error).__name__}: {error}"
    if reason is None:
        logger.info("the version scored the sample and delivered its row")
    else:
        logger.error("the version must not be released: %s", reason)
    status: Literal["Succeeded", "Failed"] = "Succeeded" if reason is None else "Failed"
    tell_codedeploy(boto3.client("codedeploy"), event, status)
    return {"status": status, "reason": reason or ""}


def _new_version(variables: Mapping[str, str]) -> LambdaVersion:
    env = Environment("CheckReleaseFunction", variables)
    once = Config(connect_timeout=5, read_timeout=PATIENCE_S, retries={"total_max_attempts": 1})
    return LambdaVersion(
        s3=boto3.client("s3"),
        functions=boto3.client("lambda", config=once),
        bucket=env.read("PIXLAKE_UPLOAD_BUCKET", str, "the upload bucket's name"),
        arn=env.read("PIXLAKE_NEW_VERSION", arn, "the ARN of the version to check"),
    )
