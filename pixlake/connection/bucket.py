"""A bucket's notification configuration: read, replaced, read back. Foreign errors are told in words of what to do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pixlake.cli.terminal import CommandError
from pixlake.connection.configuration import normal
from pixlake.connection.difference import difference
from pixlake.connection.entry import Configuration

NOT_AS_WRITTEN = 3
"""Exit status where the configuration was written and something else was read back."""
_PAUSES_S = (0.5, 5.0)
_DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled")
_ABSENT = ("NoSuchBucket", "404", "NotFound")


class BucketNotifications:
    """The notification configuration of a bucket.

    `owner`: account that the bucket must belong to; S3 refuses calls for a bucket of the same name elsewhere.
    `patience_s`: how long what was written may take to be read back; S3's bucket configurations are eventually
    consistent.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        owner: str,
        patience_s: float = 30,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.bucket = bucket
        self._s3 = s3
        self._where = {"Bucket": bucket, "ExpectedBucketOwner": owner}
        self._owner = owner
        self._patience_s = patience_s
        self._sleep = sleep

    def region(self) -> str:
        """The bucket's region; S3 tells it even to those who may not look into the bucket."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            answer = self._s3.head_bucket(**self._where)
        except ClientError as error:
            answer = error.response
            if not _region(answer) or answer["Error"]["Code"] in _ABSENT:
                with self._told("s3:ListBucket"):
                    raise
        return _region(answer)

    def read(self) -> Configuration:
        """The configuration as it is now."""
        with self._told("s3:GetBucketNotification"):
            answer = dict(self._s3.get_bucket_notification_configuration(**self._where))
        answer.pop("ResponseMetadata", None)
        return answer

    def replace(self, before: Configuration, after: Configuration, *, skip_validation: bool) -> None:
        """Write `after` if `before` still stands there, and see that it was written.

        S3 has no conditional write of it. What somebody writes in the moment between the reading here and the writing
        is lost, and nobody can tell; what he writes afterwards is seen.
        """
        found = self.read()
        if told := difference(before, found, self.bucket):
            raise CommandError(
                f"somebody else changed the notifications of s3://{self.bucket} meanwhile; nothing was written. "
                "Run it again\n" + "\n".join(told)
            )
        with self._told("s3:PutBucketNotification"):
            self._s3.put_bucket_notification_configuration(
                **self._where, NotificationConfiguration=after, SkipDestinationValidation=skip_validation
            )
        if told := difference(after, self._settled(after), self.bucket):
            raise CommandError(
                f"the notifications of s3://{self.bucket} were written, and are not what was written: does somebody "
                "else write them at the same time (a deployment, Terraform)? Look at the difference and run it again. "
                f"Before, they were:\n{json.dumps(before)}\n" + "\n".join(told),
                status=NOT_AS_WRITTEN,
            )

    def _settled(self, expected: Configuration) -> Configuration:
        """What is read back, once it is as expected or the patience is over."""
        deadline = time.monotonic() + self._patience_s
        pause, longest = _PAUSES_S
        while True:
            found = self.read()
            if normal(found) == normal(expected) or time.monotonic() + pause > deadline:
                return found
            self._sleep(pause)
            pause = min(pause * 2, longest)

    @contextmanager
    def _told(self, permission: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as error:
            raise CommandError(self._words(dict(error.response["Error"]), permission, str(error))) from error
        except BotoCoreError as error:
            raise CommandError(f"s3://{self.bucket} cannot be asked: {error}") from error

    def _words(self, error: Mapping[str, Any], permission: str, text: str) -> str:
        code, message = error.get("Code", ""), error.get("Message", "")
        if code in _ABSENT:
            return f"there is no bucket {self.bucket}: is the name right, and are these the credentials of its account?"
        if code in _DENIED:
            return (
                f"S3 denies {permission} on s3://{self.bucket}: give your identity that permission (and see whether "
                f"the bucket's policy denies it), or the bucket is not account {self._owner}'s, the queue's account"
            )
        if code == "OperationAborted":
            return f"somebody else writes to s3://{self.bucket} at this moment; nothing was written. Run it again"
        if "validate the following destination" in message:
            named = "; ".join(f"{error[name]}" for name in sorted(error) if name.startswith("Argument"))
            return (
                f"S3 could not reach a destination of s3://{self.bucket}; nothing was written. {named or message}. If "
                "it is pixlake's: deploy the stack with this bucket in ExistingBuckets first; a queue or topic with a "
                "KMS key must let s3.amazonaws.com use it (docs/security.md). If it is somebody else's, his entry is "
                "broken: have it mended or removed, or leave it as it is with --skip-validation"
            )
        return f"S3 refused for s3://{self.bucket}: {text}"


def _region(answer: Mapping[str, Any]) -> str:
    return str(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region", ""))
