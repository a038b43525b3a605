"""A network small enough to train in seconds on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.models.base import SegmentationModel


class TinyNetwork(SegmentationModel):
    """Three strided convolutions, two dilated ones, and a decoder with two skip connections.

    Args:
        n_classes: classes, void not counted.
        width: channels of the first layer; deeper ones have two and four times as many.
        dropout: rate of the dropout before the classifier.
    """

    def __init__(self, n_classes: int, width: int = 16, dropout: float = 0.1) -> None:
        super().__init__(n_classes, {"backbone": 4 * width, "decoder": 2 * width}, stride=8)
        self.at_half = _block(3, width, stride=2)
        self.at_quarter = _block(width, 2 * width, stride=2)
        self.at_eighth = _block(2 * width, 4 * width, stride=2)
        self.context = nn.Sequential(
            _block(4 * width, 4 * width, dilation=2, groups=4),
            _block(4 * width, 4 * width, dilation=4, groups=4),
        )
        self.reduce = _block(4 * width, 2 * width, kernel=1)
        self.join = _block(4 * width, width, kernel=1)
        self.refine = _block(2 * width, 2 * width)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Conv2d(2 * width, n_classes, 1)

    def run(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See the base class."""
        half = self.at_half(x)
        quarter = self.at_quarter(half)
        backbone = self.at_eighth(quarter)
        backbone = backbone + self.context(backbone)
        coarse = self.join(torch.cat([_twice(self.reduce(backbone)), quarter], dim=1))
        decoder = self.refine(torch.cat([_twice(coarse), half], dim=1))
        logits = self.classifier(self.dropout(decoder)).float()
        return _twice(logits), {"backbone": backbone, "decoder": decoder}


def _block(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            inputs,
            outputs,
            kernel,
            stride=stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            groups=groups,
            bias=False,
        ),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _twice(x: Tensor) -> Tensor:
    """Double the size; half-pixel centres keep it exactly symmetric under flips."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
