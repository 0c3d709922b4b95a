"""What a work group says about its queries. Work groups themselves are moto's: they are read through the endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from pixlake.localcloud.protocol import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

INVALID = "InvalidRequestException"
_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)


@dataclass(frozen=True)
class QuerySettings:
    """Where a query writes, how, how much it may scan (None: no limit), and whether the work group enforces that."""

    output_prefix: str
    encryption: dict[str, str]
    scan_limit: int | None
    enforced: bool = False


def query_settings(athena: AthenaClient, s3: S3Client, work_group: str, asked: dict[str, Any]) -> QuerySettings:
    """Join the work group's settings with what the client asked for; the work group wins where it enforces."""
    try:
        group: Any = athena.get_work_group(WorkGroup=work_group).get("WorkGroup")
    except ClientError as error:
        raise ServiceError(
            INVALID, error.response["Error"].get("Message", f"WorkGroup {work_group} is not found.")
        ) from error
    if not group:
        raise ServiceError(INVALID, f"WorkGroup {work_group} is not found.")
    if group.get("State") == "DISABLED":
        raise ServiceError(INVALID, f"WorkGroup {work_group} is disabled.")
    configuration = group.get("Configuration") or {}
    if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        raise ServiceError(
            INVALID, f"WorkGroup {work_group}: managed query results are not supported by the local Athena"
        )
    own = configuration.get("ResultConfiguration") or {}
    # Athena enforces a work group's configuration unless told otherwise.
    enforced = configuration.get("EnforceWorkGroupConfiguration", True) and own.get("OutputLocation")
    chosen = own if enforced else {**own, **asked}
    location = chosen.get("OutputLocation")
    if not location:
        raise ServiceError(INVALID, _NO_LOCATION)
    _require_bucket(s3, location)
    encryption = chosen.get("EncryptionConfiguration") or {}
    if encryption.get("EncryptionOption") == "CSE_KMS":
        raise ServiceError(INVALID, "EncryptionOption CSE_KMS is not supported by the local Athena")
    limit = configuration.get("BytesScannedCutoffPerQuery")
    return QuerySettings(location.rstrip("/") + "/", encryption, int(limit) if limit else None, bool(enforced))


def _require_bucket(s3: S3Client, location: str) -> None:
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise ServiceError(INVALID, f"outputLocation is not a valid S3 path: {location}")
    try:
        s3.head_bucket(Bucket=parts.netloc)
    except ClientError as error:
        raise ServiceError(INVALID, f"Unable to verify/create output bucket {parts.netloc}") from error
