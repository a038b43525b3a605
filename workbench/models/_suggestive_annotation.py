"""The residual FCN of Suggestive Annotation."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from workbench.errors import ModelError
from workbench.models._weights import read_state
from workbench.models._with_encoder import EncoderNetwork, fill_network

_CHANNELS = (32, 256, 512, 1024, 1024, 1024)
"""Channels of the stages: one of plain convolutions, five of bottleneck blocks."""


class ResidualFcn(EncoderNetwork):
    """An encoder of six stages, each at half the size of the one before, and a decoder per stage.

    A stage's decoder enlarges its features to the image's size by transposed convolutions, one per
    halving, down to one map per class; the six groups of maps are fused by a 3×3 and a 1×1
    convolution. The tap ``backbone`` is the last stage's output, 1024 channels: its spatial mean is
    the paper's image descriptor. The tap ``decoder``, the classifier's input, has one channel per
    class.

    Args:
        n_classes: number of classes, without void.
        dropouts: (rate after the last stage, rate before the classifier).
    """

    encoder: nn.ModuleList

    def __init__(self, n_classes: int, dropouts: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__(n_classes, {"backbone": _CHANNELS[-1], "decoder": n_classes}, stride=64)
        self.encoder = nn.ModuleList([_stem(_CHANNELS[0])])
        for inputs, outputs in pairwise(_CHANNELS):
            self.encoder.append(
                nn.Sequential(
                    nn.MaxPool2d(2),
                    _Bottleneck(inputs, outputs, project=True),
                    _Bottleneck(outputs, outputs, project=False),
                )
            )
        self.bottleneck_dropout = nn.Dropout(dropouts[0])
        self.decoders = nn.ModuleList(
            _decoder(channels, n_classes, halvings)
            for halvings, channels in enumerate(_CHANNELS, start=1)
        )
        self.fuse = nn.Sequential(
            nn.Conv2d(len(self.decoders) * n_classes, n_classes, 3, padding=1),
            nn.BatchNorm2d(n_classes),
            nn.ReLU(inplace=True),
        )
        self.head_dropout = nn.Dropout(dropouts[1])
        self.classifier = nn.Conv2d(n_classes, n_classes, 1)

    def run(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See the base class."""
        maps = []
        for stage in self.encoder:
            x = stage(x)
            maps.append(x)
        *shallow, backbone = maps
        deepest = self.bottleneck_dropout(backbone)
        scales = [d(m) for d, m in zip(self.decoders, (*shallow, deepest), strict=True)]
        decoder = self.fuse(torch.cat(scales, dim=1))
        logits = self.classifier(self.head_dropout(decoder)).float()
        return logits, {"backbone": backbone, "decoder": decoder}


def suggestive_annotation(
    n_classes: int,
    weights: str,
    dropout: float,
    dropout_at: tuple[str, ...],
    freeze: str,
) -> ResidualFcn:
    """Build the FCN of Suggestive Annotation (Yang et al. 2017; Gu III-A.2).

    It is DCAN (Chen et al. 2016), which merges predictions of several scales, with batch norm,
    residual blocks and bottlenecks. There is neither a table of layers nor code by its authors;
    channels, blocks and decoders are those on which public re-implementations agree or, where they
    differ, of the one that predicts at the image's own size
    (``docs/decisions/networks.md``). DCAN's second output, contours, is left out, as
    there. They have no dropout and no weights trained elsewhere, so neither is the default.

    Raises:
        ModelError: see :func:`workbench.models.build`.
    """
    places = ("bottleneck", "head")
    bottleneck, head = (dropout if place in dropout_at else 0.0 for place in places)
    model = ResidualFcn(n_classes, (bottleneck, head))
    if weights == "imagenet":
        raise ModelError(
            "There are no ImageNet weights of the network suggestive_annotation, which its paper "
            "trains from random weights; give weights: none or the path of a weights file."
        )
    if weights != "none":
        path = Path(weights).expanduser()
        fill_network(model, read_state(path, ["none"]), path, ("decoders.", "fuse.", "classifier."))
    if freeze == "backbone":
        model.freeze_backbone()
    return model


class _Bottleneck(nn.Module):
    """A pre-activated bottleneck: 1×1, 3×3 and 1×1 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, *, project: bool) -> None:
        super().__init__()
        narrow = outputs // 4
        self.body = nn.Sequential(
            *_activated(inputs),
            nn.Conv2d(inputs, narrow, 1),
            *_activated(narrow),
            nn.Conv2d(narrow, narrow, 3, padding=1),
            *_activated(narrow),
            nn.Conv2d(narrow, outputs, 1),
        )
        self.shortcut: nn.Module = nn.Identity()
        if project:
            self.shortcut = nn.Sequential(*_activated(inputs), nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.body(x) + self.shortcut(x)
        return total


def _activated(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


def _stem(channels: int) -> nn.Sequential:
    first = nn.Conv2d(3, channels, 3, padding=1)
    second = nn.Conv2d(channels, channels, 3, padding=1)
    return nn.Sequential(
        nn.MaxPool2d(2), first, *_activated(channels), second, *_activated(channels)
    )


def _decoder(channels: int, n_classes: int, halvings: int) -> nn.Sequential:
    """Return transposed convolutions that double the size and halve the channels each time."""
    steps = [channels >> done for done in range(halvings)]
    return nn.Sequential(
        *(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise((*steps, n_classes)))
    )
