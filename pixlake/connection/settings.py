"""What a stack's parameters say of where uploads come from, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pixlake.cli.terminal import CommandError
from pixlake.connection.entry import Keys, Kind, Wanted


@dataclass(frozen=True)
class UploadSettings:
    """The parameters ExistingBuckets, Entry, KeyPrefix, KeySuffix and UploadTopicArn of template.yaml.

    `existing` is None for a stack that does not know the parameter, and empty for one that has a bucket of its own.
    """

    existing: tuple[str, ...] | None
    kind: Kind
    keys: Keys
    topic: str

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> UploadSettings:
        """The settings of a deployed stack. A parameter that it lacks has the meaning of its default."""
        buckets = parameters.get("ExistingBuckets")
        return cls(
            existing=None if buckets is None else tuple(name.strip() for name in buckets.split(",") if name.strip()),
            kind=Kind(parameters.get("Entry") or Kind.NOTIFICATION),
            keys=Keys(parameters.get("KeyPrefix", ""), parameters.get("KeySuffix", "")),
            topic=parameters.get("UploadTopicArn", ""),
        )

    def but(self, kind: Kind | None, prefix: str | None, suffix: str | None, topic: str | None) -> UploadSettings:
        """The settings with what the command line says instead. Raises `CommandError` for what makes no sense."""
        keys = Keys(self.keys.prefix if prefix is None else prefix, self.keys.suffix if suffix is None else suffix)
        for name, value in (("--prefix", keys.prefix), ("--suffix", keys.suffix)):
            if "*" in value:
                raise CommandError(f"{name} {value!r}: S3 knows no wildcards here; write photos/ or .jpg", status=2)
        chosen = replace(self, kind=kind or self.kind, keys=keys, topic=self.topic if topic is None else topic)
        if chosen.kind is Kind.EVENTBRIDGE and (prefix is not None or suffix is not None):
            raise CommandError(
                "with EventBridge the stack's rule filters, not the bucket: leave out --prefix and --suffix, and "
                "deploy with KeyPrefix=… and KeySuffix=…",
                status=2,
            )
        if chosen.kind is not Kind.SNS and topic is not None:
            raise CommandError(f"--topic is for --entry sns; this is {chosen.kind}", status=2)
        if chosen.kind is Kind.SNS and not chosen.topic:
            raise CommandError(
                "no topic is known: deploy with Entry=sns and UploadTopicArn=…, or give --topic ARN", status=2
            )
        return chosen

    def wanted(self, stack: str, queue_arn: str) -> Wanted:
        """What pixlake wants of each bucket."""
        destination = {Kind.NOTIFICATION: queue_arn, Kind.SNS: self.topic, Kind.EVENTBRIDGE: ""}[self.kind]
        return Wanted(stack, self.kind, destination, self.keys.prefix, self.keys.suffix)
