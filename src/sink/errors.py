"""The sink's errors, and the one place that says what is permanent and what is transient.

::

    SinkError
    ├── SettingsError            a setting is missing or wrong: the function must not start
    ├── ListingRefused           the upload bucket cannot be listed as configured: no uploads are reconciled
    ├── UnreadableMessage        a message is no upload notification: it fails alone and ends in the dead-letter queue
    ├── PermanentError           trying again gives the same answer: the upload gets a row with `status` and `code`
    │   ├── ObjectMissing        missing      the object is gone
    │   ├── ObjectSuperseded     superseded   another object has taken the key
    │   ├── ObjectArchived       rejected     the storage class must be restored before it can be read
    │   └── ObjectTooLarge       rejected     over the size limit; not downloaded
    └── TransientError           our trouble (throttling, access, time-outs): the message is retried
        ├── StoreUnavailable     the object could not be fetched
        ├── AlertNotPublished    the event bus did not take the alert of a flagged image
        ├── LakeUnavailable      the lake did not answer
        ├── OutOfTime            the invocation ends before the upload's turn comes
        └── RowNotAccepted       the delivery stream did not take the row, or the row breaks its contract

See docs/adr/0001-permanent-against-transient.md.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Status = Literal["scored", "rejected", "superseded", "missing", "deleted"]


class SinkError(Exception):
    """Root of the tree."""


class SettingsError(SinkError):
    """A setting is missing or wrong; the message names the variable."""


class UnreadableMessage(SinkError):
    """A queue message's body is no upload notification."""


class PermanentError(SinkError):
    """An upload that can never be scored; it gets a row."""

    status: ClassVar[Status]
    code: ClassVar[str]


class ObjectMissing(PermanentError):
    """The object was deleted before it could be read."""

    status = "missing"
    code = "missing"


class ObjectSuperseded(PermanentError):
    """The object was overwritten before it could be read; the new one has a notification of its own."""

    status = "superseded"
    code = "superseded"


class ObjectArchived(PermanentError):
    """The object lies in an archive storage class."""

    status = "rejected"
    code = "archived"


class ObjectTooLarge(PermanentError):
    """The object is over the size limit."""

    status = "rejected"
    code = "too_large"


class TransientError(SinkError):
    """Our trouble, not the image's: the queue tries again."""


class StoreUnavailable(TransientError):
    """The object store did not answer, throttled, or refused access."""


class AlertNotPublished(TransientError):
    """An alert did not reach the event bus."""


class OutOfTime(TransientError):
    """The invocation's time did not suffice."""


class RowNotAccepted(TransientError):
    """A row did not reach the delivery stream."""


class ListingRefused(SinkError):
    """The upload bucket cannot be listed the way it is configured; the message says what to configure."""


class LakeUnavailable(TransientError):
    """The lake did not answer a question."""
