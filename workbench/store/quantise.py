"""Score maps in 8 bits: each with its own low and high, read back in the score's own unit.

Value = low + code · (high − low) / (levels − 1). The error is at most half a step. Where 8 bits
would leave too few levels, 16 bits are used: where an outlier stretches the range, or where the
network is so certain that most pixels share a few levels and units could not be ranked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ScoreError, ShapeError

MIN_LEVELS = 64
"""Fewest levels in use with 8 bits; with fewer, too many pixels have equal codes."""
MIN_EFFECTIVE = 16.0
"""Fewest effective levels with 8 bits: exp of the entropy of the pixels over the levels."""


def quantise(
    score_map: npt.NDArray[Any], what: str, bits: int | None = None
) -> tuple[npt.NDArray[Any], float, float]:
    """Return the codes of a score map.

    Args:
        score_map: (H, W) finite scores, higher = query first.
        what: the map and its image, for error messages.
        bits: 8 or 16; ``None``: 8 unless that leaves too few levels.

    Returns:
        codes: (H, W) uint8 or uint16.
        low: value of code 0, the map's smallest.
        high: value of the highest code, the map's largest.

    Raises:
        ScoreError: if a value is not finite.
        ShapeError: if it is not a map.
    """
    if score_map.ndim != 2 or not score_map.size:
        raise ShapeError(f"{what} has shape {score_map.shape}; wanted a map (H, W).")
    low, high = float(score_map.min()), float(score_map.max())
    if not np.isfinite([low, high]).all():
        raise ScoreError(
            f"{what} holds a value that is not finite; look at that image, and lower the learning "
            "rate if the network's weights have grown out of bounds."
        )
    if bits != 16:
        codes = _codes(score_map, low, high, np.uint8)
        if bits == 8 or not _too_coarse(score_map, codes):
            return codes, low, high
    return _codes(score_map, low, high, np.uint16), low, high


def restore(codes: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float32]:
    """Return the scores of a map's codes, (H, W) float32 in the score's own unit."""
    top = np.iinfo(codes.dtype).max
    # one value per level, and one look-up per pixel
    values: npt.NDArray[np.float32] = values_of(np.arange(top + 1), top, low, high).take(codes)
    return values


def values_of(codes: npt.NDArray[np.int64], top: Any, low: Any, high: Any) -> npt.NDArray[Any]:
    """Return the scores of codes, float32, computed in float64 so that the ends are exact.

    Args:
        codes: whole numbers from 0 to ``top``.
        top: the highest possible code; like ``low`` and ``high``, one number or one per code.
        low: score of code 0.
        high: score of the highest code.
    """
    share = codes / top
    return np.asarray(low * (1 - share) + high * share).astype(np.float32)


def to_8bit(codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return a map's codes in 8 bits on the same low and high, for display."""
    if codes.dtype == np.uint8:
        return codes
    return ((codes.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _codes(score_map: npt.NDArray[Any], low: float, high: float, kind: Any) -> npt.NDArray[Any]:
    if high <= low:
        return np.zeros(score_map.shape, kind)
    # float64: float32 would round a value that lies between two levels to the wrong one
    codes: npt.NDArray[np.float64] = np.subtract(score_map, low, dtype=np.float64)
    codes *= np.iinfo(kind).max / (high - low)
    np.rint(codes, out=codes)
    return codes.astype(kind)


def _too_coarse(score_map: npt.NDArray[Any], codes: npt.NDArray[Any]) -> bool:
    counts = np.bincount(codes.ravel(), minlength=256)
    shares = counts[counts > 0] / codes.size
    effective = np.exp(-(shares * np.log(shares)).sum())
    if len(shares) >= MIN_LEVELS and effective >= MIN_EFFECTIVE:
        return False
    # a map with few different values (vote shares, a constant) loses nothing in 8 bits
    return len(np.unique(score_map)) > len(shares)
