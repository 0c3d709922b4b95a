"""The range of values that an activation's 8 bits cover, chosen from its histogram."""

import numpy as np

from tools.models.calibration import Histogram

Range = tuple[float, float]


def percentile(histogram: Histogram, share: float = 99.99) -> Range:
    """Cover this percentage of the values: clip the rare ones, in halves on both sides where both signs occur."""
    signed = histogram.low < 0
    outside = (100 - share) / 100 / (2 if signed else 1)
    reached = np.cumsum(histogram.counts) / histogram.counts.sum()
    centres = histogram.centres
    low = float(centres[np.searchsorted(reached, outside)]) if signed else 0.0
    high = float(centres[min(int(np.searchsorted(reached, 1 - outside)), len(centres) - 1)])
    return min(low, 0.0), max(high, 0.0)


def least_squares(histogram: Histogram) -> Range:
    """The range with the least mean square error: clipping outside against steps of 1/255 inside."""
    occupied = histogram.counts > 0
    values, counts = histogram.centres[occupied], histogram.counts[occupied]
    lows = histogram.low * np.linspace(0.3, 1, 15) if histogram.low < 0 else np.zeros(1)
    candidates = [(float(low), float(high)) for high in histogram.high * np.linspace(0.3, 1, 36) for low in lows]

    def error(bounds: Range) -> float:
        low, high = bounds
        step = (high - low) / 255
        outside = np.maximum(low - values, 0) + np.maximum(values - high, 0)
        return float((counts * np.where(outside > 0, outside**2, step**2 / 12)).sum())

    return min(candidates, key=error)
