"""Non-overlapping blocks: rows × columns, as in MEAL (4×4) and EquAL (5×5)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.units.base import UnitLayout


class Grid:
    """Divides an image into ``rows`` × ``columns`` blocks, numbered row by row.

    The heights of blocks differ by at most one pixel, and so do their widths.
    """

    needs_image = False

    def __init__(self, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = columns

    def layout(
        self,
        size: tuple[int, int],
        image: npt.NDArray[Any] | None = None,  # noqa: ARG002 - the size is enough
    ) -> UnitLayout:
        """Return the blocks of an image of this size, made once per size.

        Raises:
            ShapeError: if a block would have no pixel.
        """
        height, width = size
        if height < self.rows or width < self.columns:
            raise ShapeError(
                f"A grid of {self.rows}×{self.columns} does not fit an image of {height}×{width} "
                "pixels; wanted at least one pixel per block, so choose fewer rows and columns."
            )
        return _grid_layout(height, width, self.rows, self.columns)


@lru_cache(maxsize=64)
def _grid_layout(height: int, width: int, rows: int, columns: int) -> UnitLayout:
    ys = np.arange(rows + 1, dtype=np.int32) * height // rows
    xs = np.arange(columns + 1, dtype=np.int32) * width // columns
    row_of = np.repeat(np.arange(rows, dtype=np.int32), np.diff(ys))  # (H,)
    column_of = np.repeat(np.arange(columns, dtype=np.int32), np.diff(xs))  # (W,)
    unit_map = row_of[:, None] * np.int32(columns) + column_of[None, :]
    y0, x0 = np.meshgrid(ys[:-1], xs[:-1], indexing="ij")
    y1, x1 = np.meshgrid(ys[1:], xs[1:], indexing="ij")
    boxes = np.stack([y0, x0, y1, x1], axis=-1).reshape(-1, 4)
    areas = np.outer(np.diff(ys), np.diff(xs)).ravel().astype(np.int64)
    return UnitLayout(unit_map=unit_map, boxes=boxes, areas=areas)
