"""A few days of uploads that hold every trap of the contract, the same at every run."""

import random
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]

DAYS = ("2026-03-08", "2026-03-09", "2026-03-11", "2026-03-12")
"""Beside these, the tenth of March has overwritten objects alone and the fifteenth rejected ones alone.

All lie within the range of tests/queries/lake.py.
"""

_FAMILIES = {
    **{"beetle": "animal", "sports car": "car", "minivan": "car", "pizza": "food", "web site": "other"},
    **{"car": "car", "pug": "dog", "shepherd's dog": "dog"},  # what the cases of tests/queries ask for
}
_CODES = ("corrupt", "truncated", "too_large", "unsupported")


def rows(seed: int = 4) -> list[Row]:
    """About 150 rows as the scorer packs them: NULLs left out, `dt` added."""
    draw = random.Random(seed)
    scored = [_scored(draw, n) for n in range(80)]
    traps = [*_delivered_twice(draw, scored), *_objects_again(draw, scored), *_without_scores(draw), *_alike(scored)]
    made = [row for row in scored + traps if row]
    draw.shuffle(made)
    return made


def _scored(draw: random.Random, n: int) -> Row:
    moment = datetime.fromisoformat(DAYS[n % 4]) + timedelta(milliseconds=draw.randrange(86_400_000))
    if n < 8:  # the first and the last millisecond of a day
        moment = datetime.fromisoformat(DAYS[n % 4]) + (timedelta() if n < 4 else timedelta(hours=24, milliseconds=-1))
    label = draw.choice(list(_FAMILIES))
    score = draw.choice([0.5, draw.random()])  # ties on purpose
    return {
        "row_id": f"{n:064x}",
        "status": "scored",
        "bucket": draw.choice(["uploads", "archive"]),
        "object_key": f"käfer +%/{draw.choice(['a', 'b'])}/{n}.jpg",
        "etag": f"{n:032x}",
        "sequencer": f"{1000 + n:016X}",
        "object_bytes": 3_000_000_000 + n if n % 20 == 0 else 1000 + n,
        "content_type": "image/jpeg",
        "content_sha256": f"{n % 70:064x}",  # the last ten are copies
        "metadata": {"listing-id": str(n % 7)} if n % 3 else {},
        "source": draw.choice(["live", "backfill"]),
        **_moments(moment),
        "image": {
            "format": draw.choice(["jpeg", "png"]),
            "width": 640 + n,
            "height": 480,
            "mode": "RGB",
            "frames": 1,
            "exif_orientation": 1,
            **({"dhash": draw.getrandbits(64) - 2**63} if n % 9 else {}),
        },
        "models": {"category": f"1.{n % 2}.0-int8", "nsfw": "1.0.0"},
        "cached": draw.choice([[], ["category"], ["category", "nsfw"]]),
        "timing": {"download_ms": draw.random() * 100, "decode_ms": draw.random() * 10, "inference_ms": 30.0},
        "category": {
            "label": label,
            "family": _FAMILIES[label],
            "score": score,
            "top": [{"label": label, "score": score}, {"label": "web site", "score": score / 7}],
        },
        "quality": {
            "score": draw.random(),
            "sharpness": draw.random() * 900,
            "noise": draw.random() * 9,
            "brightness": draw.random(),
            "contrast": draw.random(),
            "colorfulness": draw.random() * 99,
        },
        "text": {"coverage": draw.choice([0.0, draw.random() / 9]), "regions": draw.randrange(5)},
        "nsfw": {"score": draw.choice([1e-6, draw.random()])},
        "dt": DAYS[n % 4],
    }


def _moments(uploaded: datetime) -> Row:
    def text(moment: datetime) -> str:
        return moment.isoformat(sep=" ", timespec="milliseconds")

    return {
        "uploaded_at": text(uploaded),
        "event_time": text(uploaded + timedelta(milliseconds=7)),
        "scored_at": text(uploaded + timedelta(seconds=61, milliseconds=250)),
    }


def _delivered_twice(draw: random.Random, scored: list[Row]) -> list[Row]:
    """Twins: some equal to the last byte, some scored again by another version of a model."""
    again = draw.sample(scored, 24)
    later = [
        row | {"scored_at": "2026-03-20 00:00:00.000", "models": {"category": "2.0.0"}, "nsfw": {"score": 0.97}}
        for row in again[12:]
    ]
    return again[:12] + later


def _objects_again(draw: random.Random, scored: list[Row]) -> list[Row]:
    """Objects overwritten (some within the same second, some by events out of order), and objects removed."""
    made = []
    for n, row in enumerate(draw.sample(scored, 16)):
        uploaded = datetime.fromisoformat(row["uploaded_at"]).replace(microsecond=0)
        uploaded += timedelta(days=0 if n % 2 else 1, microseconds=999_000 if n % 2 else 0)
        newer = row | _moments(uploaded) | {"dt": f"{uploaded:%Y-%m-%d}", "row_id": f"{1000 + n:064x}"}
        newer |= {"etag": f"{1000 + n:032x}", "sequencer": f"{900 + 200 * (n % 3) + n:X}"}
        if n % 4 == 3:
            newer = {k: newer[k] for k in ("bucket", "object_key", "row_id", "sequencer", "source", "dt")} | {
                "status": "deleted",
                **_moments(uploaded),
            }
        made.append(newer)
    return made


def _without_scores(draw: random.Random) -> list[Row]:
    """Rejected uploads, and ones that were gone or overwritten before they could be read (some were read after all)."""
    made = []
    for n in range(24):
        row = _scored(draw, 200 + n)
        bare = {k: v for k, v in row.items() if k not in ("category", "quality", "text", "nsfw", "image", "models")}
        status = ("rejected", "rejected", "missing", "superseded")[n % 4]
        bare |= {"status": status, "row_id": f"{2000 + n:064x}"}
        if status == "rejected":
            bare["error"] = {"code": draw.choice(_CODES), "message": "cannot 'decode', 100 %"}
        elif n % 3 == 0:
            made.append(row)
        made.append(bare)
    rejected = [row for row in made if row["status"] == "rejected"]
    alone = _moments(datetime(2026, 3, 15, 12)) | {"dt": "2026-03-15"}
    return [row | alone if row in rejected[:4] else row for row in made]


def _alike(scored: list[Row]) -> list[Row]:
    """Images that look like another: one (of a later day), three and twelve bits of the hash differ."""
    made = []
    for n, bits in enumerate((0x1, 0x8000_0000_0000_0003, 0xFFF)):
        original = scored[n + 1]
        dhash = (original["image"]["dhash"] ^ bits) & (2**64 - 1)
        dhash -= 2**64 if dhash >= 2**63 else 0
        moments = _moments(datetime.fromisoformat(DAYS[3])) | {"dt": DAYS[3]} if n == 0 else {}
        made.append(
            original
            | moments
            | {"row_id": f"{3000 + n:064x}", "object_key": f"alike/{n}.jpg", "content_sha256": f"{3000 + n:064x}"}
            | {"image": original["image"] | {"dhash": dhash}, "etag": f"{3000 + n:032x}"}
        )
    return made
