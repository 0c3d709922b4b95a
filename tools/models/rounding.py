"""Weights rounded to integers so that the layer's output, not the weight, comes closest (GPTQ, second order).

Rounding one weight of a row shifts the error onto the weights not yet rounded, weighted by the inverse covariance of
the inputs. Frantar et al., "GPTQ", 2022; in float64 with NumPy, which these small models can afford.

Why 7 bits on dense layers: without VNNI, onnxruntime multiplies uint8 activations by int8 weights with VPMADDUBSW,
which adds two neighbouring products in 16 bits and saturates. 255 x 64 x 2 = 32,640 fits; 255 x 127 x 2 does not.
Depthwise kernels widen first and are exact at 8 bits.
"""

from dataclasses import dataclass

import numpy as np

from tools.models.calibration import Moments

DENSE_LIMIT = 64
DEPTHWISE_LIMIT = 127
DAMPING = 0.01  # of the mean variance, on the diagonal: a layer sees fewer samples than it has weights
SHRINKS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)  # tried scales: clipping the largest weights may pay
BLOCK = 64  # columns rounded before their errors reach the rest, in one product; a depthwise kernel has fewer
BIAS_LIMIT = 2**29  # of an int32 bias, with room for the products added to it


@dataclass
class RoundedLayer:
    """Integer weight [out, …], float32 scale [out], bias in real units with the rounding's mean error taken out."""

    weight: np.ndarray
    scale: np.ndarray
    bias: np.ndarray


def round_layer(weight: np.ndarray, bias: np.ndarray, moments: Moments, input_scale: float) -> RoundedLayer:
    """Round a layer's weight [out, in/groups, …] at the best of the tried scales, row by row."""
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    limit = DEPTHWISE_LIMIT if len(moments.mean) > 1 else DENSE_LIMIT
    covariance = moments.second - moments.mean[:, :, None] * moments.mean[:, None, :]
    largest = np.maximum(np.abs(rows).max(1), 1e-12) / limit
    # A channel of nearly no weight but a large bias would need a bias beyond int32: floor its scale.
    floor = np.abs(bias.astype(np.float64)) / (input_scale * BIAS_LIMIT)
    steps = _steps(covariance)
    best_error = np.full(len(rows), np.inf)
    best_scale, best = largest.copy(), np.zeros_like(rows)
    for shrink in SHRINKS:
        scale = np.maximum(largest * shrink, floor).astype(np.float32).astype(np.float64)
        rounded = _round_rows(rows, scale, limit, steps)
        error = _output_error(rounded * scale[:, None] - rows, covariance)
        better = error < best_error
        best_error[better], best_scale[better], best[better] = error[better], scale[better], rounded[better]
    shift = ((best * best_scale[:, None] - rows) * moments.mean).sum(1)
    integers = best.astype(np.int8).reshape(weight.shape)
    return RoundedLayer(integers, best_scale.astype(np.float32), bias.astype(np.float64) - shift)


@dataclass
class _Steps:
    """Order in which the columns are rounded, and how an error spreads; one of each a group."""

    order: np.ndarray
    spread: np.ndarray  # [groups, patch, patch], upper triangular


def _steps(covariance: np.ndarray) -> _Steps:
    size = covariance.shape[1]
    variance = np.einsum("gii->gi", covariance)
    damping = variance.mean(1)[:, None, None] * DAMPING + 1e-9
    order = np.argsort(-variance.sum(0), kind="stable")  # the most active inputs first
    damped = (covariance + damping * np.eye(size))[:, order][:, :, order]
    return _Steps(order, np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1))


def _round_rows(rows: np.ndarray, scale: np.ndarray, limit: int, steps: _Steps) -> np.ndarray:
    # A depthwise layer has one row and one spread a channel; a dense layer one spread for all rows.
    left, rounded, columns = rows[:, steps.order].copy(), np.zeros_like(rows), rows.shape[1]
    for start in range(0, columns, BLOCK):
        end = min(start + BLOCK, columns)
        errors = np.zeros((len(rows), end - start))
        for column in range(start, end):
            value = left[:, column]
            rounded[:, column] = np.clip(np.round(value / scale), -limit, limit)
            error = (value - rounded[:, column] * scale) / steps.spread[:, column, column]
            left[:, column + 1 : end] -= error[:, None] * steps.spread[:, column, column + 1 : end]
            errors[:, column - start] = error
        if end < columns:
            left[:, end:] -= errors @ steps.spread[0, start:end, end:]
    return rounded[:, np.argsort(steps.order, kind="stable")]


def _output_error(difference: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    if len(covariance) == 1:
        error: np.ndarray = np.einsum("ri,ri->r", difference @ covariance[0], difference)
    else:
        error = np.einsum("ri,rij,rj->r", difference, covariance, difference)
    return error
