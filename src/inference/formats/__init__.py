"""Bytes of an image file → RGB pixels: the formats understood, and how each is read safely."""

MAX_FRAMES = 10_000
"""Frames and pages are counted this far: a 50 MB file of empty frames would otherwise hold the scorer for minutes."""

MAX_PIECES = 1_000_000
"""Segments, chunks or blocks looked at in one file. 50 MB of the smallest common chunk (4 KB) has 12,000."""
