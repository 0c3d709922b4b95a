"""Thumbnails of objects in S3, several at a time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from pixlake.report import words
from pixlake.report.shrink import Small, Unreadable

AT_ONCE = 8
"""Objects fetched and decoded at a time; times MAX_BYTES, what they may hold in memory."""
MAX_BYTES = 50_000_000
"""Size above which an object is not fetched: the scorer's own default."""

REASONS = {
    "NoSuchKey": "gone: the object no longer exists",
    "NoSuchBucket": "gone: the bucket no longer exists",
    "AccessDenied": "no access: s3:GetObject is not allowed on it",
    "InvalidObjectState": "archived: it would have to be restored first",
}


@dataclass(frozen=True, order=True)
class Place:
    """Where an object lies."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a data: URI with its size in pixels, or the reason why there is none."""

    uri: str = ""
    width: int = 0
    height: int = 0
    reason: str = ""

    @classmethod
    def of(cls, small: Small) -> Thumbnail:
        """The picture, ready to be put into a page."""
        return cls("data:image/webp;base64," + base64.b64encode(small.webp).decode(), small.width, small.height)


def fetch(client: Any, place: Place) -> bytes:
    """An object's bytes as they are now.

    Raises
    ------
    Unreadable
        It is gone, out of reach, or too large.
    """
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError  # noqa: PLC0415

    try:
        answer = client.get_object(Bucket=place.bucket, Key=place.key)
        if answer["ContentLength"] > MAX_BYTES:
            answer["Body"].close()
            size = words.human_bytes(answer["ContentLength"])
            raise Unreadable(f"too large: {size}, and at most {words.human_bytes(MAX_BYTES)} are fetched")
        data: bytes = answer["Body"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise Unreadable(REASONS.get(code, f"S3 answered {words.visible(code)}")) from error
    except ParamValidationError as error:
        raise Unreadable("its key cannot be asked for") from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        raise Unreadable(f"S3 did not answer: {type(error).__name__}") from error
    return data


def thumbnails(
    places: Iterable[Place], client: Any, shrink: Callable[[bytes], Small]
) -> Iterator[tuple[Place, Thumbnail]]:
    """Each place's thumbnail as it is ready; what cannot be had is one with a reason."""

    def one(place: Place) -> Thumbnail:
        try:
            return Thumbnail.of(shrink(fetch(client, place)))
        except Unreadable as error:
            return Thumbnail(reason=str(error))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="thumbnail") as pool:
        futures = {pool.submit(one, place): place for place in places}
        for future in as_completed(futures):
            yield futures[future], future.result()
