"""The whole image as one unit."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from workbench.units.base import UnitLayout
from workbench.units.grid import Grid


class WholeImage:
    """One unit per image: the grid of one block."""

    needs_image = False

    def __init__(self) -> None:
        self._grid = Grid(1, 1)

    def layout(self, size: tuple[int, int], image: npt.NDArray[Any] | None = None) -> UnitLayout:
        """Return the one unit that covers an image of this size."""
        return self._grid.layout(size, image)
