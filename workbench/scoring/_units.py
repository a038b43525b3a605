"""Layouts in the form in which the scan counts pixels, each made once while images share it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from workbench.geometry.counting import counts_of

if TYPE_CHECKING:
    from workbench.geometry.counting import UnitCounts
    from workbench.units.base import Layout

_LAYOUTS_KEPT = 8
"""Enough for a pool of few image sizes; layouts that depend on the image are not seen twice."""

CountsOf = Callable[["Layout", tuple[int, int]], "UnitCounts"]
"""Prepares a layout for maps of a size (h, w)."""


def counts_on(device: str) -> CountsOf:
    """Return what prepares layouts for score maps and features on a device."""

    def place(array: npt.NDArray[Any]) -> torch.Tensor:
        whole = np.issubdtype(array.dtype, np.integer)
        return torch.from_numpy(array.astype(np.int64) if whole else array).to(device)

    kept = lru_cache(maxsize=_LAYOUTS_KEPT)(counts_of)
    return lambda layout, size: kept(layout, size, place)
