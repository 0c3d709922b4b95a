"""What is known of contents seen before, so that no model runs twice on the same bytes.

One item a content (sha256), one attribute for each of: the facts of the decoded image, the reason of a rejection, each
model's scores. An attribute's name holds the fingerprint of all that its value depends on, so a changed model misses by
itself, two versions of the code write beside each other, and nothing is ever invalidated.
See docs/adr/0009-result-cache.md.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from inference import Fingerprints, ImageFacts, Rejected, Scored
from sink.contract import RowContract
from sink.ports import CacheStore, CacheUnavailable

REST_S = 30.0
"""How long a cache that failed is left alone: its time-outs must not eat the batch's time."""
_HEX_DIGITS = 16  # 64 bits tell the handful of fingerprints that a table ever holds apart, and keep an item below 1 KB
_UNSURE = frozenset({"decoder_crash", "decode_timeout"})  # rejections that the circumstances may have caused


@dataclass(frozen=True)
class CachedResult:
    """What is known of one content: facts and scores by model name, or its rejection."""

    image: ImageFacts | None = None
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rejected: Rejected | None = None

    def lacks(self, models: Iterable[str]) -> list[str]:
        """Models whose scores are not known."""
        return [name for name in models if name not in self.scores]

    def answer(self, models: Collection[str]) -> Scored | Rejected | None:
        """The whole result, or None where the image must be decoded."""
        if self.rejected is not None:
            return self.rejected
        if self.image is None or self.lacks(models):
            return None
        return Scored(self.image, {name: dict(self.scores[name]) for name in models}, 0.0, 0.0)


NOTHING = CachedResult()


@dataclass
class ResultCache:
    """Reads and writes results; trouble with the store costs speed, never a result and never a wrong one.

    An item past its time to live is not trusted, and what does not look as this code writes it is not there.
    `failures` counts the items that were not read or not written, because a call failed or because the cache rests
    after one: by failed calls alone a store that is down would hardly be seen.
    """

    store: CacheStore
    fingerprints: Fingerprints
    contract: RowContract
    time_to_live: timedelta
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    _rests_until: float = -math.inf

    def read(self, contents: Collection[str]) -> dict[str, CachedResult]:
        """What is known of contents, by sha256; those of which nothing is known are left out."""
        items = self._get(contents) if contents else {}
        results = {content: self._result(item) for content, item in items.items() if content in contents}
        return {content: result for content, result in results.items() if result != NOTHING}

    def write(self, content: str, result: Scored | Rejected, models: Collection[str]) -> None:
        """Keep a result; of its scores, those of `models`."""
        if isinstance(result, Rejected):
            if result.code in _UNSURE:
                return
            image = asdict(result.image) if result.image else None
            attributes = {self._rejected: _text({"code": result.code, "message": result.message, "image": image})}
        else:
            attributes = {self._image: _text(asdict(result.image))}
            attributes |= {self._scores(name): _text(result.scores[name]) for name in models}
        self._set(content, attributes)

    def content_of(self, etag: str, size_bytes: int) -> str | None:
        """The sha256 (hex) of the object that had this ETag and size when it was read."""
        key = _etag_key(etag, size_bytes)
        item = self._get([key]).get(key, {})
        content = item.get("sha256") if self._fresh(item) else None
        return content if isinstance(content, str) and _is_sha256(content) else None

    def remember(self, etag: str, size_bytes: int, content: str) -> None:
        """Keep which content an ETag and a size stand for."""
        self._set(_etag_key(etag, size_bytes), {"sha256": content})

    @property
    def _image(self) -> str:
        return f"image#{self.fingerprints.decoding[:_HEX_DIGITS]}"

    @property
    def _rejected(self) -> str:
        return f"rejected#{self.fingerprints.decoding[:_HEX_DIGITS]}"

    def _scores(self, model: str) -> str:
        return f"{model}#{self.fingerprints.models[model][:_HEX_DIGITS]}"

    def _get(self, keys: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        if self.clock() >= self._rests_until:
            try:
                return self.store.get(keys)
            except CacheUnavailable:
                self._rest()
        self.failures += len(keys)
        return {}

    def _set(self, key: str, attributes: Mapping[str, str]) -> None:
        if self.clock() >= self._rests_until:
            try:
                self.store.set(key, attributes, int((self.now() + self.time_to_live).timestamp()))
            except CacheUnavailable:
                self._rest()
            else:
                return
        self.failures += 1

    def _rest(self) -> None:
        self._rests_until = self.clock() + REST_S

    def _fresh(self, item: Mapping[str, Any]) -> bool:
        # DynamoDB deletes an item within days of its time, not at it.
        expires_at = item.get("expires_at")
        return isinstance(expires_at, int) and expires_at > self.now().timestamp()

    def _result(self, item: Mapping[str, Any]) -> CachedResult:
        if not self._fresh(item):
            return NOTHING
        scores = {
            name: struct
            for name in self.fingerprints.models
            if (struct := self._struct(name, _value(item.get(self._scores(name))))) is not None
        }
        rejection = _value(item.get(self._rejected))
        if rejection is not None and rejection.keys() == {"code", "message", "image"}:
            code, message, image = rejection["code"], rejection["message"], self._facts(rejection["image"])
            told = isinstance(code, str) and isinstance(message, str) and (image or rejection["image"] is None)
            # Facts of a decoded image contradict a rejection: then neither is believed.
            agreed = self._image not in item
            return CachedResult(rejected=Rejected(code, message, image, 0.0)) if told and agreed else NOTHING
        return CachedResult(self._facts(_value(item.get(self._image))), scores)

    def _struct(self, model: str, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if (
            value is None
            or value.keys() != self.contract.fields.get(model)
            or any(self.contract.violations({model: value}))
        ):
            return None
        return value

    def _facts(self, value: Any) -> ImageFacts | None:
        if not isinstance(value, dict) or any(self.contract.violations({"image": value})):
            return None
        try:
            facts = ImageFacts(**value)
        except TypeError:
            return None
        known = (facts.format, facts.width, facts.height, facts.mode, facts.frames)
        return None if None in known else facts


def _etag_key(etag: str, size_bytes: int) -> str:
    return f"etag:{etag}:{size_bytes}"


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _value(text: Any) -> dict[str, Any] | None:
    if not isinstance(text, str):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
