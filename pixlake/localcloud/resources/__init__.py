"""What the local cloud can create: one small creator per CloudFormation type.

Permissions (IAM roles and policies, bucket, queue and topic policies) are kept where they can be read back,
or dropped, but never enforced: every call with any credentials is allowed.
tests/e2e/test_permissions.py judges them by what the functions call.
"""

from __future__ import annotations

import importlib

from pixlake.localcloud.resources.creator import REGISTRY, Created, Creator, Request, Site

__all__ = ["Created", "Creator", "Request", "Site", "creators"]

_MODULES = (
    "athena",
    "codedeploy",
    "dynamodb",
    "events",
    "firehose",
    "functions",
    "glue",
    "iam",
    "observability",
    "s3",
    "sns",
    "sqs",
)


def creators() -> dict[str, Creator]:
    """Return every creator by CloudFormation type."""
    for name in _MODULES:
        importlib.import_module(f"pixlake.localcloud.resources.{name}")
    return REGISTRY
