"""Answers of the named queries as a busy lake gives them, deterministic, with hostile names among them."""

import math
from datetime import UTC, date, datetime, timedelta

from pixlake.report.answers import Answers
from pixlake.report.period import Period

PERIOD = Period.ending(date(2026, 11, 21), 7)
HOSTILE = [
    "<img src=x onerror=document.title='owned'>.jpg",
    '"><script>document.title="owned"</script>.jpg',
    "'onload='alert(1).png",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}.jpg",
    "</style></title></script><svg onload=alert(1)>.jpg",
    "line\nbreak\r\tand\u2028separator.jpg",
    "photo\u202egpj.exe",
    "z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308algo.jpg",
    "&lt;b&gt;&amp;#x3C;.jpg",
    "日本語/सच/شجرة.jpg",
    "a" * 1024,
]
BUCKET = "photos"


def answers(period: Period = PERIOD, keys: list[str] = HOSTILE) -> Answers:
    """Every question of a report answered."""
    hours = [period.start + timedelta(hours=n) for n in range(24 * period.days)]
    load = [int(900 + 700 * math.sin(n / 3.8) + 40 * (n % 7)) for n in range(len(hours))]
    days = [str(period.first + timedelta(days=n)) for n in range(period.days)]
    families = ["furniture", "car", "dog", "food", "building", "landscape", "cat", "electronics", "bird", "tool", "toy"]
    places = [{"day": days[-1], "bucket": BUCKET, "object_key": key} for key in keys]
    return Answers(
        {
            "uploads_per_hour": [
                {"hour": hour.replace(tzinfo=None), "uploads": n + n // 30 + 32, "scored": n, "rejected": n // 30 + 12}
                | {"upload_bytes": n * 412_345}
                for hour, n in zip(hours, load, strict=True)
            ],
            "rejects_by_code": [
                {"code": code, "rejects": n, "upload_bytes": n * 31_000, "example": key}
                for code, n, key in zip(
                    ["truncated", "unsupported_format", "corrupt", "too_large", "<svg onload=alert(1)>"],
                    [3120, 1408, 312, 18, 1],
                    keys,
                    strict=False,
                )
            ],
            "top_categories": [
                {"family": family, "images": 40_000 // (n + 1), "mean_score": 0.8 - n / 40, "examples": "a, b & c, <d>"}
                for n, family in enumerate([*families, '"];alert(1)//\u2028'])
            ],
            "scores_per_day": [
                {"day": day, "uploads": 21_000, "scored": 20_000, "rejected": 900, "with_text": 1800}
                | {"mean_quality": 0.71 + 0.05 * math.sin(n), "highest_nsfw": 0.97}
                for n, day in enumerate(days)
            ],
            "nsfw_per_day": [
                {"day": day, "scored": 20_000, "nsfw_images": 11, "share": 11 / 20_000, "to_review": 96} for day in days
            ],
            "duplicate_share": [
                {"scored": 152_410, "contents": 139_002, "repetitions": 13_408, "share": 13_408 / 152_410}
                | {"repeated_bytes": 4_812_000_000}
            ],
            "latency_per_hour": [
                {
                    "hour": hour.replace(tzinfo=None),
                    "images": n,
                    "p50_seconds": 2.1 + n / 900,
                    "p90_seconds": 4 + n / 300,
                }
                | {"p99_seconds": 7 + n / 90, "slowest_seconds": 12 + n / 40}
                for hour, n in zip(hours, load, strict=True)
            ],
            "removals_per_day": [{"day": day, "removals": 41} for day in days],
            "quality_histogram": _bins(lambda x: math.exp(-((x - 0.78) ** 2) / 0.03) + 0.02),
            "text_histogram": _bins(lambda x: math.exp(-x * 14)),
            "nsfw_histogram": _bins(lambda x: math.exp(-x * 11) + 0.0004 * x),
            "lowest_quality": [
                place | {"score": n / 50, "flaw": flaw, "sharpness": 9.0, "brightness": 0.1, "contrast": 0.2}
                for n, (place, flaw) in enumerate(zip(places, ["dark", "flat", "blurred", "other"] * 9, strict=False))
            ],
            "most_text": [place | {"coverage": 0.4 - n / 50, "regions": 12 - n % 12} for n, place in enumerate(places)],
            "review_queue": [place | {"score": 0.79 - n / 50, "label": "tub"} for n, place in enumerate(places)],
            "most_nsfw": [
                place | {"score": max(0.001, 0.97 - n / 8), "is_nsfw": n < 2} for n, place in enumerate(places)
            ],
        }
    )


def _bins(density):
    heights = [int(20_000 * density((n + 0.5) / 20)) for n in range(20)]
    return [
        {"from_score": n / 20, "to_score": (n + 1) / 20, "images": images} for n, images in enumerate(heights) if images
    ]


MADE_AT = datetime(2026, 11, 21, 15, 4, tzinfo=UTC)
