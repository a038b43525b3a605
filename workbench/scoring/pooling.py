"""From feature maps to vectors; the weights are those of :mod:`workbench.geometry.cells`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from workbench.geometry.cells import overlaps
from workbench.scoring.projection import projection
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID


def pool_units(features: Tensor, weights: Tensor) -> Tensor:
    """Return (n, D) unit vectors from one image's (D, h, w) features and (n, h·w) weights."""
    return weights @ features.permute(1, 2, 0).reshape(weights.shape[1], -1)


def coarse_map(features: Tensor) -> Tensor:
    """Reduce one image's features to at most 16×16×256.

    Args:
        features: (D, h, w) float32, cells of equal size that cover the image.

    Returns:
        (h', w', D') float32: means over equal cells, exact where cells do not nest; more than 256
        channels go through :func:`projection`.
    """
    channels, height, width = features.shape
    grid = min(FEATURE_GRID, height), min(FEATURE_GRID, width)
    cells = features.permute(1, 2, 0)  # (h, w, D), as the network left it in memory
    rows, columns = _averages(height, grid[0]).to(cells), _averages(width, grid[1]).to(cells)
    vectors = (rows @ cells.reshape(height, -1)).view(grid[0], width, channels)
    vectors = columns @ vectors  # (h', w', D)
    if channels > FEATURE_CHANNELS:
        vectors = vectors @ _projection(channels).to(cells).T
    return vectors


@lru_cache(maxsize=4)
def _projection(channels: int) -> Tensor:
    return torch.from_numpy(projection(channels))


@lru_cache(maxsize=64)
def _averages(cells: int, coarse: int) -> Tensor:
    """Return (coarse, cells): how much each cell counts in each coarser cell's mean."""
    shares = overlaps(cells, coarse).T
    return torch.from_numpy((shares / shares.sum(axis=1, keepdims=True)).astype(np.float32))
