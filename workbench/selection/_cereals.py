"""CEREALS: information and cost, overlapping regions suppressed [Mackowiak et al. 2018; Gu]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError
from workbench.selection._batch import (
    by_score,
    positive,
    ranking,
    rows_of,
    share_of_largest,
    unit_interval,
)
from workbench.selection._suppression import overlaps, suppress
from workbench.types import Candidates, UnitIds


def cereals(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
    fusion: str = "weighted",
    max_overlap: float = 0.0,
    scale: str = "range",
) -> UnitIds:
    """Pick by fused information and cost, never two regions of an image that overlap too much.

    Args:
        candidates: ``scores`` (U,) and ``costs`` (U,), each scaled over all candidates to I and C;
            ``boxes`` (U, 4), ``image_ids`` (U,).
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.
        fusion: ``weighted`` (1 − C)·I, the paper's best; ``difference`` I − C; ``ratio`` I / C,
            where C is only divided by the largest cost, so that the smallest is not 0.
        max_overlap: largest share of the smaller of two boxes that may lie in both.
        scale: ``range``: the smallest becomes 0 and the largest 1; ``maximum``: all are divided by
            the largest, so that the cheapest unit still has a cost and the least informative one
            still has information. The papers state "to [0, 1]" only, which fits both.

    Returns:
        Unit ids from the largest value downwards. Fewer than k where all remaining units overlap.

    Raises:
        ConfigError: for another fusion or scale.
        ShapeError: if an array is missing or not finite.
        ScoreError: if ``scale`` is ``maximum`` and a score is negative.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    fused = _fused(candidates, fusion, scale)
    boxes, images = candidates.require("boxes"), candidates.require("image_ids")
    rows = suppress(by_score(fused, ties).tolist(), boxes, images, k, max_overlap)
    return candidates.unit_ids[rows]


def fused(
    candidates: Candidates,
    picked: UnitIds,
    k: int,  # noqa: ARG001 - a rank does not depend on the size of the batch
    fusion: str = "weighted",
    max_overlap: float = 0.0,
    scale: str = "range",
) -> npt.NDArray[np.float64]:
    """Return (U,) fused information and cost; NaN for what overlaps a picked region too much."""
    found = _fused(candidates, fusion, scale)
    boxes, images = candidates.require("boxes"), candidates.require("image_ids")
    for row in rows_of(candidates, picked):
        same = np.flatnonzero(images == images[row])
        found[same[overlaps(boxes[same], boxes[row]) > max_overlap]] = np.nan
    return found


def _fused(candidates: Candidates, fusion: str, scale: str) -> npt.NDArray[np.float64]:
    scores = positive(candidates) if scale == "maximum" else candidates.require("scores")
    return fuse(scores, candidates.require("costs"), fusion, scale)


def fuse(
    scores: npt.NDArray[np.floating],
    costs: npt.NDArray[np.floating],
    fusion: str,
    scale: str = "range",
) -> npt.NDArray[np.float64]:
    """Return (U,) information and cost as one number; see :func:`cereals`."""
    if scale not in _SCALES:
        raise ConfigError(f"The scale is {scale!r}; wanted 'range' or 'maximum'.")
    information, cost = _SCALES[scale](scores), _SCALES[scale](costs)
    if fusion == "weighted":
        return (1 - cost) * information
    if fusion == "difference":
        return information - cost
    if fusion == "ratio":
        largest = costs.max(initial=0) or 1
        return information / np.maximum(costs / largest, np.finfo(np.float32).tiny)
    raise ConfigError(f"The fusion is {fusion!r}; wanted 'weighted', 'difference' or 'ratio'.")


_SCALES = {"range": unit_interval, "maximum": share_of_largest}
