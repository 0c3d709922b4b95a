"""What connecting or disconnecting a bucket would change, checked against everything that S3 would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from pixlake.cli.terminal import CommandError
from pixlake.connection.bucket import BucketNotifications
from pixlake.connection.configuration import connected, disconnected, own_entries, sent_by_others
from pixlake.connection.difference import difference
from pixlake.connection.entry import BRIDGE, DESTINATIONS, EVENTS, Configuration, Kind, Wanted
from pixlake.connection.overlap import Conflict, conflicts
from pixlake.connection.settings import UploadSettings
from pixlake.connection.ways import Client, Way, barred, barred_topic, bucket_arn, ways


@dataclass(frozen=True)
class Plan:
    """A change of a bucket's notifications. `notes`: what the person should know besides."""

    notifications: BucketNotifications
    before: Configuration
    after: Configuration
    notes: list[str] = field(default_factory=list)

    @property
    def difference(self) -> list[str]:
        """Lines of a unified diff; none where nothing is to be done."""
        return difference(self.before, self.after, self.notifications.bucket)


def to_connect(
    client: Client,
    notifications: BucketNotifications,
    wanted: Wanted,
    settings: UploadSettings,
    queue: tuple[str, str],
) -> Plan:
    """Plan the connection. `queue`: ARN and policy of the upload queue.

    Raises
    ------
    CommandError
        The stack does not expect the bucket, another region, an overlap, a way that leads nowhere or is barred.
    """
    bucket, (queue_arn, policy) = notifications.bucket, queue
    _expect(bucket, wanted.stack, settings)
    _same_region(bucket, notifications.region(), (queue_arn, wanted.destination))
    before = notifications.read()
    after = connected(before, wanted)
    for own in own_entries(after, wanted.stack):
        if found := conflicts(after, own):
            raise CommandError(_in_the_way(bucket, found))
    part = _part(after, wanted)
    ours = ways(client, queue_arn, bucket, part)
    if not ours:
        raise CommandError(_nowhere(bucket, wanted, queue_arn))
    if reason := barred(ours, queue_arn, policy):
        raise CommandError(f"{reason}; nothing was written. Deploy the stack with {bucket} in ExistingBuckets")
    notes = _left_out(wanted, after)
    if wanted.kind is Kind.SNS:
        notes += _of_topic(client, wanted, bucket_arn(queue_arn, bucket))
    notes += _doubled(client, queue_arn, bucket, ours, _rest(after, part))
    return Plan(notifications, before, after, notes)


def to_disconnect(notifications: BucketNotifications, stack: str, *, turn_off_eventbridge: bool) -> Plan:
    """Plan the way back: the stack's entry goes, whatever way it was for."""
    before = notifications.read()
    after = disconnected(before, stack, turn_off_eventbridge=turn_off_eventbridge)
    notes = []
    if BRIDGE in after:
        notes.append(
            "EventBridge stays on: S3 cannot tell who else listens there. `aws events list-rules` shows the rules; "
            "if none needs it, --turn-off-eventbridge"
        )
    return Plan(notifications, before, after, notes)


def _expect(bucket: str, stack: str, settings: UploadSettings) -> None:
    if settings.existing is None or bucket in settings.existing:
        return  # a stack without the parameter: its queue's policy decides
    names = ",".join((*settings.existing, bucket))
    raise CommandError(
        f"the stack {stack} does not expect {bucket}: its queue would refuse the notifications and its scorer could "
        f"not read the objects. Deploy first: sam deploy --parameter-overrides ExistingBuckets={names}"
    )


def _same_region(bucket: str, region: str, arns: Sequence[str]) -> None:
    for arn in filter(None, arns):
        if (other := arn.split(":")[3]) != region:
            raise CommandError(
                f"s3://{bucket} is in {region}, {arn} in {other}: S3 notifies within a region only. Deploy a stack of "
                f"its own in {region}"
            )


def _in_the_way(bucket: str, found: Sequence[Conflict]) -> str:
    told = "\n".join(f"  entry {conflict}" for conflict in found)
    return (
        f"s3://{bucket} notifies others of the same events; nothing was written. In the way:\n{told}\n"
        "S3 lets only one entry have an event of a key. Three ways out:\n"
        "  narrower keys: pixlake's entry for keys that the others leave (--prefix, --suffix; deploy with the same "
        "KeyPrefix, KeySuffix)\n"
        "  EventBridge: it gets every event beside the entries: deploy with Entry=eventbridge, then connect again\n"
        "  SNS: let the other entry send to a topic, to which its receiver and pixlake's queue subscribe: deploy with "
        "Entry=sns UploadTopicArn=…, then connect again"
    )


def _part(configuration: Configuration, wanted: Wanted) -> Configuration:
    """What of the configuration is for the way that is wanted."""
    name = {Kind.NOTIFICATION: "QueueConfigurations", Kind.SNS: "TopicConfigurations", Kind.EVENTBRIDGE: BRIDGE}
    part = configuration.get(name[wanted.kind], [])
    if wanted.kind is Kind.SNS:
        part = [entry for entry in part if entry["TopicArn"] == wanted.destination]
    return {name[wanted.kind]: part}


def _rest(configuration: Configuration, part: Configuration) -> Configuration:
    rest = {
        name: [each for each in configuration.get(name, []) if each not in part.get(name, [])] for name in DESTINATIONS
    }
    return {**rest, **({BRIDGE: {}} if BRIDGE in configuration and BRIDGE not in part else {})}


def _nowhere(bucket: str, wanted: Wanted, queue_arn: str) -> str:
    if wanted.kind is Kind.SNS:
        return (
            f"{queue_arn} does not subscribe to {wanted.destination}; nothing was written. Deploy the stack with "
            f"Entry=sns UploadTopicArn={wanted.destination}"
        )
    return (
        f"no enabled rule of EventBridge brings the events of {bucket} to {queue_arn}; nothing was written. Deploy the "
        f"stack with Entry=eventbridge and {bucket} in ExistingBuckets"
    )


def _left_out(wanted: Wanted, after: Configuration) -> list[str]:
    if wanted.kind is Kind.EVENTBRIDGE:
        return []
    others = {event: sent_by_others(after, wanted, event) for event in EVENTS}
    return [
        f"{event} comes by the entry {other!r} already, so pixlake's leaves it out"
        for event, other in others.items()
        if other
    ]


def _of_topic(client: Client, wanted: Wanted, source_arn: str) -> list[str]:
    notes = [f"whoever else subscribes to {wanted.destination} gets these events too"]
    try:
        if reason := barred_topic(client, wanted.destination, source_arn):
            notes.append(f"{reason}, as far as can be told; if so, S3 will refuse")
    except ClientError as error:
        notes.append(f"whether the topic lets S3 in cannot be told: {error}; S3 will refuse if not")
    return notes


def _doubled(client: Client, queue_arn: str, bucket: str, ours: Sequence[Way], rest: Configuration) -> list[str]:
    """Whether uploads come by other ways too. These are others' topics and rules, which may be closed to us."""
    try:
        names = [way.name for way in (*ours, *ways(client, queue_arn, bucket, rest))]
    except ClientError as error:
        return [f"whether uploads come to the queue by another way too cannot be told: {error}"]
    return [f"each upload is then handled once a way: {', '.join(names)}"] if len(names) > 1 else []
