"""What the use case needs from the world, as narrow as it needs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from inference import Rejected, Scored
from sink.deadline import Deadline
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.rows import ImageRow

if TYPE_CHECKING:
    from sink.alerts import ImageFlagged


class ObjectStore(Protocol):
    """Where uploads lie."""

    def fetch(self, event: UploadEvent, known_sha256: str | None = None) -> FetchedObject:
        """Read exactly the object that the event speaks of.

        Parameters
        ----------
        known_sha256
            Of the object's bytes, where they are known already: they are not downloaded, and `body` is None.

        Raises
        ------
        PermanentError
            It is gone, overwritten, archived or too large.
        TransientError
            It could not be read now.
        """


class ImageScorer(Protocol):
    """Scores images; `inference.Scorer` is one."""

    @property
    def models(self) -> Mapping[str, str]:
        """Model to version and artefact variant."""

    def score(
        self,
        images: Sequence[bytes],
        models: Sequence[Collection[str]] | None = None,
        *,
        alone_within_s: float | None = None,
    ) -> Sequence[Scored | Rejected]:
        """One outcome an image, in order; a bad image is an outcome, not an exception.

        Parameters
        ----------
        models
            Names of the models to run on each image; all of them on every image by default.
        alone_within_s
            Decode each image in a process of its own, for no longer than so many seconds: what kills the decoder is an
            outcome too.
        """


class CacheUnavailable(Exception):
    """The cache's store did not answer; what was asked may or may not have happened."""


class CacheStore(Protocol):
    """Where results are kept: items of named texts. Both methods raise CacheUnavailable."""

    def get(self, keys: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Items by key, with `expires_at` (Unix seconds) beside their attributes; absent ones are left out."""

    def set(self, key: str, attributes: Mapping[str, str], expires_at: int) -> None:
        """Set attributes of an item, beside those that it has; `expires_at` is when it may be dropped."""


class RowSink(Protocol):
    """Where rows go."""

    def put(self, rows: Sequence[ImageRow], deadline: Deadline | None = None) -> set[str]:
        """Deliver rows; return the `row_id` of those that were not accepted after all retries.

        Parameters
        ----------
        deadline
            Ends the retries, where the caller's time is limited.
        """


class AlertBus(Protocol):
    """Who is told of flagged images."""

    def publish(self, alerts: Sequence[ImageFlagged], deadline: Deadline | None = None) -> set[str]:
        """Publish alerts; return the `row_id` of those that were not accepted after all retries.

        Parameters
        ----------
        deadline
            Ends the retries, where the caller's time is limited.
        """
