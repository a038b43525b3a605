"""Masks of colours: from a colour a pixel to the training id that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import DatasetError, shown

Colour = tuple[int, int, int]
"""Red, green and blue, 0–255."""

_UNKNOWN = 254
"""Value of a colour that stands for nothing."""


class ColourTable:
    """The training ids of some colours, looked up for a whole mask at once.

    Args:
        ids: colour ► training id, or ``IGNORE``.
        source: where the colours are listed, for messages.
    """

    def __init__(self, ids: Mapping[Colour, int], source: str) -> None:
        self._source = source
        self._ids = np.full(2**24, _UNKNOWN, dtype=np.uint8)  # one for every colour there is
        self._ids[_pack(np.array(list(ids)))] = list(ids.values())

    def ids(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) training ids of a mask, (H, W, 3) RGB.

        Raises:
            DatasetError: if it holds a colour that is not listed.
        """
        found = self._ids[_pack(raw)]
        if (unknown := found == _UNKNOWN).any():
            y, x = (int(v) for v in np.argwhere(unknown)[0])
            colour = tuple(int(v) for v in raw[y, x])
            raise DatasetError(
                f"The mask {shown(path, 80)} holds the colour {colour} (first at row {y}, column "
                f"{x}; {int(unknown.sum())} such pixels), which is not in {self._source}; wanted "
                "those colours alone, so this may be a photograph, or a mask saved with loss."
            )
        return found


def _pack(colours: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Return one number per colour, (..., 3) ► (...)."""
    red, green, blue = (colours[..., i].astype(np.uint32) for i in range(3))
    return np.asarray((red << 16) | (green << 8) | blue, dtype=np.uint32)
