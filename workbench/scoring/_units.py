"""Layouts prepared for counting pixels, each once for all images that share it."""

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

_CACHED_LAYOUTS = 8
"""Enough for a pool of few image sizes; a layout that depends on the image is used once only."""

CountsOf = Callable[["Layout", tuple[int, int]], "UnitCounts"]
"""(layout, size (h, w) of the maps) ► the layout prepared for counting."""


def counts_on(device: str) -> CountsOf:
    """Return the function that prepares layouts for score maps and features on a device."""

    def place(array: npt.NDArray[Any]) -> torch.Tensor:
        whole = np.issubdtype(array.dtype, np.integer)
        return torch.from_numpy(array.astype(np.int64) if whole else array).to(device)

    cached = lru_cache(maxsize=_CACHED_LAYOUTS)(counts_of)
    return lambda layout, size: cached(layout, size, place)
