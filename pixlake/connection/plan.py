"""What connecting or disconnecting a bucket would change, checked against everything that S3 would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pixlake.cli.terminal import CommandError
from pixlake.connection.bucket import BucketNotifications
from pixlake.connection.configuration import connected, disconnected, own_entries, sent_by_others
from pixlake.connection.difference import difference
from pixlake.connection.entry import BRIDGE, EVENTS, Configuration, Kind, Wanted
from pixlake.connection.overlap import Conflict, conflicts
from pixlake.connection.settings import UploadSettings
from pixlake.connection.ways import EVENTBRIDGE, S3, SNS, Client, Way, barred, barred_topic, bucket_arn, ways

_SERVICES = {Kind.NOTIFICATION: S3, Kind.SNS: SNS, Kind.EVENTBRIDGE: EVENTBRIDGE}


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
    found_ways = ways(client, queue_arn, bucket, after)
    ours = [way for way in found_ways if _is(way, wanted)]
    if not ours:
        raise CommandError(_nowhere(bucket, wanted, queue_arn))
    if reason := barred(ours, queue_arn, policy):
        raise CommandError(f"{reason}; nothing was written. Deploy the stack with {bucket} in ExistingBuckets")
    return Plan(notifications, before, after, list(_notes(client, wanted, after, found_ways, queue_arn, bucket)))


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


def _is(way: Way, wanted: Wanted) -> bool:
    return way.service == _SERVICES[wanted.kind] and (
        wanted.kind is not Kind.SNS or way.source_arn == wanted.destination
    )


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


def _notes(
    client: Client, wanted: Wanted, after: Configuration, found: Sequence[Way], queue_arn: str, bucket: str
) -> list[str]:
    notes = []
    if wanted.kind is not Kind.EVENTBRIDGE:
        for event in EVENTS:
            if other := sent_by_others(after, wanted, event):
                notes.append(f"{event} comes by the entry {other!r} already, so pixlake's leaves it out")
    if wanted.kind is Kind.SNS:
        notes.append(f"whoever else subscribes to {wanted.destination} gets these events too")
        if reason := barred_topic(client, wanted.destination, bucket_arn(queue_arn, bucket)):
            notes.append(f"{reason}, as far as can be told; if so, S3 will refuse")
    if len(found) > 1:
        notes.append(f"each upload is then handled once a way: {', '.join(way.name for way in found)}")
    return notes
