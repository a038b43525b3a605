"""CEREALS: information against cost, overlapping regions suppressed [Mackowiak et al. 2018; Gu]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError
from workbench.selection._batch import by_score, prepared, unit_interval
from workbench.selection._suppression import suppress
from workbench.types import Candidates, UnitIds


def cereals(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,  # noqa: ARG001 every selector is called alike
    fusion: str = "weighted",
    max_overlap: float = 0.0,
) -> UnitIds:
    """Pick by fused information and cost, never two regions of an image that overlap too much.

    Args:
        candidates: ``scores`` (U,), ``costs`` (U,), ``boxes`` (U, 4), ``image_ids`` (U,). Scores
            and costs are each scaled to 0 … 1 over all candidates, giving I and C.
        k: number of units to pick.
        rng: not used.
        fusion: ``weighted`` (1 − C)·I, the paper's best; ``difference`` I − C; ``ratio`` I / C,
            where C is only divided by the largest cost, so that the smallest is not 0.
        max_overlap: largest share of the smaller of two boxes that both may hold.

    Returns:
        Unit ids from the largest value downwards. Fewer than k where what is left overlaps.

    Raises:
        ConfigError: for another fusion.
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k)
    fused = fuse(candidates.require("scores"), candidates.require("costs"), fusion)
    boxes, images = candidates.require("boxes"), candidates.require("image_ids")
    rows = suppress(by_score(fused).tolist(), boxes, images, k, max_overlap)
    return candidates.unit_ids[rows]


def fuse(
    scores: npt.NDArray[np.floating], costs: npt.NDArray[np.floating], fusion: str
) -> npt.NDArray[np.float64]:
    """Return (U,) information and cost as one number; see :func:`cereals`."""
    information, cost = unit_interval(scores), unit_interval(costs)
    if fusion == "weighted":
        return (1 - cost) * information
    if fusion == "difference":
        return information - cost
    if fusion == "ratio":
        largest = costs.max(initial=0) or 1
        return information / np.maximum(costs / largest, np.finfo(np.float32).tiny)
    raise ConfigError(f"The fusion is {fusion!r}; wanted 'weighted', 'difference' or 'ratio'.")
