"""The network that predicts clicks per pixel: CEREALS' cost estimation model.

It is one of the segmentation networks, with a single output.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from workbench.errors import ShapeError
from workbench.models import fold
from workbench.models.base import SegmentationModel

DENSITY = "click_density"
"""The map's name in the entry of ``click_cost``."""

_REACH = 6.0
"""The prediction stays within a factor of e⁶ of the mean, so that no output overflows."""


class CostNetwork(nn.Module):
    """Predicts clicks per pixel as ``mean · exp(r)`` with ``r = 6 · tanh(z / 6)``, z the output.

    An untrained network thus predicts about the mean everywhere.

    Args:
        network: a segmentation network with one output.
        mean: mean clicks per pixel; part of the stored weights.

    Raises:
        ShapeError: for a network with another number of outputs.
    """

    def __init__(self, network: SegmentationModel, mean: float = 1.0) -> None:
        super().__init__()
        if network.n_classes != 1:
            raise ShapeError(
                f"A click-cost network has one output; this one has {network.n_classes}."
            )
        self.network = network
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(float(mean)))

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, H, W) float32 r, the logarithm of the clicks per pixel over their mean.

        Args:
            images: (B, H, W, 3) uint8 RGB on any device.
        """
        output = self.network(self.network.normalise(images))[:, 0].float()
        return _REACH * torch.tanh(output / _REACH)

    def predict(self, images: Tensor) -> Mapping[str, Tensor]:
        """Return the map of (B, H, W) float32 clicks per pixel, all above 0.

        Args:
            images: (B, H, W, 3) uint8 RGB on any device.
        """
        found: Tensor = self(images)
        return {DENSITY: found.exp() * self.mean}

    def folded(self) -> CostNetwork:
        """Return a copy for inference with the same results up to rounding, which runs faster."""
        copy = CostNetwork(fold(self.network), float(self.mean))
        return copy.to(self.mean.device).eval()
