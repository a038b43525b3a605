"""The weight of each cell of a feature map in each unit, exact by area. Loads no torch.

The cells of an (h, w) feature map divide the image evenly. A pixel that lies in two cells counts
in both by the share of its area, so a unit's vector is the integral of the feature map over the
unit, divided by its area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def cell_weights(
    unit_map: npt.NDArray[np.int32], n_units: int, cells: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return the weight of each cell in each unit's mean.

    Args:
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.
        cells: (h, w), at most (H, W).

    Returns:
        (n_units, h·w), rows sum to 1; a unit without pixels has zeros.
    """
    height, width = unit_map.shape
    rows, columns = overlaps(height, cells[0]), overlaps(width, cells[1])
    # (H, h) and (W, w) have at most two entries per row: add up four weighted counts
    weights = np.zeros(n_units * cells[0] * cells[1])
    inside = unit_map >= 0
    unit = unit_map[inside].astype(np.int64) * (cells[0] * cells[1])
    for y_cell, y_share in _two(rows):
        for x_cell, x_share in _two(columns):
            cell = (y_cell[:, None] * cells[1] + x_cell[None, :])[inside]
            share = (y_share[:, None] * x_share[None, :])[inside]
            weights += np.bincount(unit + cell, weights=share, minlength=len(weights))
    areas = np.bincount(unit_map[inside], minlength=n_units)[:, None]
    means = weights.reshape(n_units, -1) / np.maximum(areas, 1)
    return means.astype(np.float32)


def window_means(
    features: npt.NDArray[np.float32], boxes: npt.NDArray[Any], size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return (n, D): the mean of a feature map over windows, the same as by their cell weights.

    A window is a span of rows and one of columns, so the map is summed over all spans of rows first
    and over spans of columns then: windows of a lattice share these sums.

    Args:
        features: (h, w, D).
        boxes: (n, 4) y0, x0, y1, x1 in pixels of the image, end exclusive.
        size: (H, W) of the image.
    """
    height, width, channels = features.shape
    rows, row_of = _spans(boxes[:, 0::2], size[0], height)
    columns, column_of = _spans(boxes[:, 1::2], size[1], width)
    across = (rows @ features.reshape(height, -1)).reshape(len(rows), width, channels)
    means: npt.NDArray[np.float32] = (columns @ across)[row_of, column_of]
    return means


def _spans(
    ends: npt.NDArray[Any], pixels: int, cells: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Return (u, cells) the weight of each cell in the mean of each span, and each span's row."""
    found, which = np.unique(ends, axis=0, return_inverse=True)
    edges = np.arange(cells + 1) * (pixels / cells)
    low, high = found[:, :1], found[:, 1:]
    lengths = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    return (np.maximum(lengths, 0) / (high - low)).astype(np.float32), which.ravel()


def overlaps(pixels: int, cells: int) -> npt.NDArray[np.float64]:
    """Return (pixels, cells): the length of each pixel that lies in each of equal cells."""
    edges = np.arange(cells + 1) * (pixels / cells)
    start = np.arange(pixels)[:, None]
    shares: npt.NDArray[np.float64] = np.minimum(start + 1, edges[1:]) - np.maximum(
        start, edges[:-1]
    )
    return np.maximum(shares, 0.0)


def _two(
    shares: npt.NDArray[np.float64],
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Return each pixel's first cell and the next cell, with the pixel's share in each."""
    pixel = np.arange(len(shares))
    first = (shares > 0).argmax(axis=1)
    second = np.minimum(first + 1, shares.shape[1] - 1)
    beyond = np.where(second > first, shares[pixel, second], 0.0)
    return [(first, shares[pixel, first]), (second, beyond)]


def at_centres(array: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return (h, w): the value of an array (H, W) at the centre of each of h × w equal cells.

    It also enlarges: it returns the values of (H, W) cells at a larger number of pixels.
    """
    rows, columns = (
        centres(pixels, cells) for pixels, cells in zip(array.shape, size, strict=True)
    )
    found: npt.NDArray[Any] = array[rows[:, None], columns]
    return found


def centres(pixels: int, cells: int) -> npt.NDArray[np.int64]:
    """Return (cells,) the pixel in which the centre of each of some equal cells lies."""
    places: npt.NDArray[np.int64] = (2 * np.arange(cells) + 1) * pixels // (2 * cells)
    return places
