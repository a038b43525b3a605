"""Score maps in 8 bits: each with its own low and high, read back in the score's own unit.

Value = low + code · (high − low) / (levels − 1). The error is at most half a step. Where 8 bits
would leave a map fewer than 64 levels (almost all pixels crowd near one value, as with ODIN at
T = 1000) 16 bits are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ScoreError, ShapeError

MIN_LEVELS = 64
"""Below this many levels in use, 8 bits do not tell enough pixels apart."""


def quantise(
    score_map: npt.NDArray[Any], what: str, bits: int | None = None
) -> tuple[npt.NDArray[Any], float, float]:
    """Turn a score map into whole numbers.

    Args:
        score_map: (H, W) finite scores, higher = query first.
        what: names map and image in error messages.
        bits: 8 or 16; ``None`` takes 8 unless that leaves fewer than :data:`MIN_LEVELS` levels.

    Returns:
        codes: (H, W) uint8 or uint16.
        low: value of code 0.
        high: value of the highest code.

    Raises:
        ScoreError: if a value is not finite.
        ShapeError: if it is not a map.
    """
    if score_map.ndim != 2 or not score_map.size:
        raise ShapeError(f"{what} has shape {score_map.shape}; wanted a map (H, W).")
    low, high = float(score_map.min()), float(score_map.max())
    if not np.isfinite([low, high]).all():
        raise ScoreError(
            f"{what} holds a value that is not finite; check the network's weights (lower the "
            "learning rate) and the image."
        )
    if bits == 16:
        return _codes(score_map, low, high, 16), low, high
    codes = _codes(score_map, low, high, 8)
    if bits is None and _too_coarse(score_map, codes):
        codes = _codes(score_map, low, high, 16)
    return codes, low, high


def restore(codes: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float32]:
    """Return the (H, W) float32 scores of a map's codes, in the score's own unit."""
    step = (high - low) / float(np.iinfo(codes.dtype).max)
    return (codes * np.float32(step) + np.float32(low)).astype(np.float32, copy=False)


def to_8bit(codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return a map's codes in 8 bits on the same low and high, for display."""
    if codes.dtype == np.uint8:
        return codes
    return ((codes.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _codes(score_map: npt.NDArray[Any], low: float, high: float, bits: int) -> npt.NDArray[Any]:
    top = (1 << bits) - 1
    kind = np.uint8 if bits == 8 else np.uint16
    if high <= low:
        return np.zeros(score_map.shape, kind)
    # float64 for 16 bits: float32 has 24 bits, too few to keep the error under half a step there
    wide = np.float32 if bits == 8 else np.float64
    values: npt.NDArray[np.float64] = score_map.astype(wide, copy=False)
    codes: npt.NDArray[Any] = np.rint((values - low) * (top / (high - low))).clip(0, top)
    return codes.astype(kind)


def _too_coarse(score_map: npt.NDArray[Any], codes: npt.NDArray[Any]) -> bool:
    used = int(np.count_nonzero(np.bincount(codes.ravel(), minlength=256)))
    if used >= MIN_LEVELS:
        return False
    # a map that has few values of its own (vote shares, a constant) loses nothing in 8 bits
    return len(np.unique(score_map)) > used
