"""Bilinear enlargement whose gradient is the same in every run, also on a GPU.

The native kernel adds up gradients on CUDA in no fixed order; what torch replaces it by where
deterministic algorithms are asked for sorts all positions. Enlargement is linear and separable, so
there it is computed as a product with one fixed matrix per side.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def enlarge(x: Tensor, size: tuple[int, int], *, align_corners: bool = False) -> Tensor:
    """Return maps enlarged bilinearly.

    Args:
        x: (B, D, h, w).
        size: (H, W) of the result.
        align_corners: whether the centres of the corner cells coincide, as in
            segmentation-models-pytorch; by default the edges of the maps do. Either way the result
            commutes with flips.
    """
    if x.is_cuda and x.requires_grad and torch.are_deterministic_algorithms_enabled():
        return by_matrices(x, size, align_corners=align_corners)
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


def enlarged(x: Tensor, factor: int) -> Tensor:
    """Return maps (B, D, h, w) enlarged by a whole factor, edges on edges."""
    return enlarge(x, (factor * x.shape[-2], factor * x.shape[-1]))


def by_matrices(x: Tensor, size: tuple[int, int], *, align_corners: bool) -> Tensor:
    """Return the same as :func:`enlarge`, up to rounding, from two products of matrices."""
    rows, columns = (
        _matrix(before, after, align_corners, x.device)
        for before, after in zip(x.shape[-2:], size, strict=True)
    )
    with torch.autocast(x.device.type, enabled=False):  # the weights are no powers of two
        return (rows @ (x.float() @ columns.T)).to(x.dtype)


@lru_cache(maxsize=64)
def _matrix(before: int, after: int, align_corners: bool, device: torch.device) -> Tensor:
    """Return (after, before) the weights of the cells of a side in each cell of the result."""
    cells = torch.eye(before)[None, None]
    shape = (after, before)
    weights = F.interpolate(cells, size=shape, mode="bilinear", align_corners=align_corners)
    return weights[0, 0].to(device)


class Enlarge(nn.Upsample):
    """``torch.nn.Upsample`` for bilinear enlargement, by :func:`enlarge`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps enlarged by the factor of the module."""
        factor = float(self.scale_factor)  # type: ignore[arg-type] # one factor for both sides
        height, width = (_times(side, factor) for side in x.shape[-2:])
        return enlarge(x, (height, width), align_corners=bool(self.align_corners))


def _times(side: int, factor: float) -> int:
    """Return a side enlarged; by a whole factor unrounded, so that a traced graph keeps it free."""
    return side * int(factor) if factor.is_integer() else int(side * factor)
