"""What the use case needs from the world, as narrow as it needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from inference import Rejected, Scored
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.rows import ImageRow


class ObjectStore(Protocol):
    """Where uploads lie."""

    def fetch(self, event: UploadEvent) -> FetchedObject:
        """Read exactly the object that the event speaks of.

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

    def score(self, images: Sequence[bytes]) -> Sequence[Scored | Rejected]:
        """One outcome an image, in order; a bad image is an outcome, not an exception."""


class RowSink(Protocol):
    """Where rows go."""

    def put(self, rows: Sequence[ImageRow]) -> set[str]:
        """Deliver rows; return the `row_id` of those that were not accepted after all retries."""
