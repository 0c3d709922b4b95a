"""The names and clients of what is examined."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pixlake.cli import environment
from pixlake.cli.env import local_cloud, stack_parameters
from pixlake.connection.settings import UploadSettings

ALIAS = "live"
"""Of the scorer: the version that uploads reach; an update that failed may have left a newer one behind."""


@dataclass
class Deployment:
    """A stack, or the local cloud where AWS_ENDPOINT_URL says so. Names come from `pixlake env`'s variables.

    `timeout_s`: longest wait for the test image's row.
    """

    timeout_s: float = 900
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client that gives up within a minute."""
        if service not in self._clients:
            import boto3  # noqa: PLC0415 - keeps `pixlake --help` fast
            from botocore.config import Config  # noqa: PLC0415

            config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
            self._clients[service] = boto3.client(service, config=config)
        return self._clients[service]

    @property
    def place(self) -> str:
        """Where it is: the endpoint, or the region."""
        return os.environ.get("AWS_ENDPOINT_URL") or f"AWS {self.client('sts').meta.region_name}"

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return environment.required(environment.STACK)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The stack's parameters as they are in force now; `CommandError` where they cannot be had."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        return dict(local_cloud(endpoint)["parameters"]) if endpoint else stack_parameters(self.stack)

    @cached_property
    def uploads(self) -> UploadSettings:
        """Where uploads come from, and by which way."""
        return UploadSettings.of(self.parameters)

    @property
    def upload_buckets(self) -> tuple[str, ...]:
        """The buckets whose images are scored: existing ones, or the stack's own."""
        return self.uploads.existing or environment.upload_buckets()

    @property
    def lake_bucket(self) -> str:
        """Name of the bucket with rows and error output."""
        return environment.required("PIXLAKE_LAKE_BUCKET")

    @property
    def queue_url(self) -> str:
        """The upload queue."""
        return environment.required("PIXLAKE_QUEUE_URL")

    @property
    def dead_letter_url(self) -> str:
        """The dead-letter queue."""
        return environment.required("PIXLAKE_DLQ_URL")

    @property
    def stream(self) -> str:
        """Name of the delivery stream."""
        return environment.required("PIXLAKE_STREAM")

    @property
    def database(self) -> str:
        """Name of the Glue database."""
        return environment.required("PIXLAKE_DATABASE")

    @property
    def table(self) -> str:
        """Name of the table of rows."""
        return environment.required("PIXLAKE_TABLE")

    @property
    def workgroup(self) -> str:
        """Name of the Athena work group."""
        return environment.required("PIXLAKE_WORKGROUP")

    @property
    def ledger_table(self) -> str:
        """Name of the ledger's DynamoDB table."""
        return environment.required("PIXLAKE_LEDGER_TABLE")

    @property
    def reconcile_schedule(self) -> str:
        """When the ledger runs; daily where a stack of an older release does not tell."""
        return os.environ.get("PIXLAKE_RECONCILE_SCHEDULE") or "rate(1 day)"

    @cached_property
    def scorer(self) -> dict[str, Any]:
        """The scorer's configuration in service, as Lambda's GetFunctionConfiguration tells it."""
        name = environment.required("PIXLAKE_SCORE_FUNCTION")
        return dict(self.client("lambda").get_function_configuration(FunctionName=name, Qualifier=ALIAS))

    def scorer_variable(self, name: str) -> str:
        """A variable of the scorer's environment; empty if it is not set."""
        return str(self.scorer.get("Environment", {}).get("Variables", {}).get(name, ""))

    def queue_attributes(self, url: str) -> dict[str, str]:
        """Every attribute of a queue."""
        return dict(self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])

    def queue_arn(self) -> str:
        """ARN of the upload queue."""
        return self.queue_attributes(self.queue_url)["QueueArn"]

    @staticmethod
    def ask(sql: str) -> list[dict[str, Any]]:
        """A query's answer, in the work group; `CommandError` where it fails."""
        from pixlake.cli import query  # noqa: PLC0415

        return query.records(query.run(sql))
