"""Padding to a network's stride and back, so that a network accepts any image size.

The margin is a reflection of the image and is shared evenly between both sides, so padding commutes
with flips wherever it can: for every even difference between the size and the stride's multiple.
Where the difference is odd, the one extra row or column lies at the bottom or on the right.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

FEWEST_CELLS = 2
"""Fewest cells of the coarsest feature map along a side: batch norm cannot train on one cell."""


class Padding(NamedTuple):
    """Rows and columns added around an image, in pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def to_stride(cls, height: int, width: int, stride: int) -> Padding:
        """Return the even padding of an image (H, W) up to a multiple of ``stride``."""
        vertical = _up_to(height, stride)
        horizontal = _up_to(width, stride)
        return cls(
            vertical // 2, vertical - vertical // 2, horizontal // 2, horizontal - horizontal // 2
        )

    def pad(self, x: Tensor) -> Tensor:
        """Return ``x`` (B, C, H, W) with its reflection around it.

        Images smaller than the margin are reflected repeatedly.
        """
        if not any(self):
            return x
        height, width = x.shape[-2:]
        if max(self.top, self.bottom) < height and max(self.left, self.right) < width:
            return F.pad(x, (self.left, self.right, self.top, self.bottom), mode="reflect")
        rows = _reflected(-self.top, height + self.bottom, height, x.device)
        columns = _reflected(-self.left, width + self.right, width, x.device)
        return x.index_select(-2, rows).index_select(-1, columns)

    def crop(self, x: Tensor) -> Tensor:
        """Return the image's part of a padded map (B, C, H', W'), a view."""
        height, width = x.shape[-2:]
        return x[..., self.top : height - self.bottom, self.left : width - self.right]

    def resample(self, features: Tensor, height: int, width: int) -> Tensor:
        """Return a coarse map (B, D, h, w) of the padded image as a map of the image alone.

        The result's cells cover the image (H, W) exactly, with the same spacing rounded to whole
        cells, so that a unit's cells follow from its box alone.
        """
        if not any(self):
            return features
        y = _centres(features.shape[-2], self.top, height, self.bottom, features.device)
        x = _centres(features.shape[-1], self.left, width, self.right, features.device)
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # (h, w, 2)
        grid = grid.expand(len(features), -1, -1, -1)
        return F.grid_sample(
            features, grid, mode="bilinear", padding_mode="border", align_corners=False
        )


def _up_to(size: int, stride: int) -> int:
    cells = max(-(-size // stride), FEWEST_CELLS)
    return cells * stride - size


def _reflected(start: int, stop: int, size: int, device: torch.device) -> Tensor:
    """Return for each position in [start, stop) the pixel that it mirrors; edges count once."""
    positions = torch.arange(start, stop, device=device)
    if size == 1:
        return torch.zeros_like(positions)
    period = 2 * (size - 1)
    positions = positions.remainder(period)
    return torch.minimum(positions, period - positions)


def _centres(cells: int, before: int, size: int, after: int, device: torch.device) -> Tensor:
    """Return the image's cell centres in the padded map's coordinates, −1 … 1 edge to edge."""
    whole = before + size + after
    count = max(1, -(-size * cells // whole))
    centres = (torch.arange(count, device=device, dtype=torch.float32) + 0.5) / count
    return (before + centres * size) / whole * 2 - 1
