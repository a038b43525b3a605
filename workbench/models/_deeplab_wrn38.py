"""DeepLabv3+ on WideResNet-38, the network of Mittal et al."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from workbench.errors import ModelError
from workbench.models._enlarge import enlarged
from workbench.models._pooled_norm import PooledNorm
from workbench.models._weights import read_state
from workbench.models._wide_resnet import WideResNet38
from workbench.models._with_encoder import EncoderNetwork, fill_network

_RATES = (12, 24, 36)
"""Atrous rates at an eighth of the size, twice those at a sixteenth."""


class WideDeepLab(EncoderNetwork):
    """DeepLabv3+ at stride 8, with a skip connection from half the image's size.

    Its parts have the names of the public code; the trunk is below ``encoder``. The tap
    ``backbone`` has 4096 channels, before any activation; ``aspp`` is the pyramid's 256 projected
    channels, which the released Coreset pools; ``decoder``, 256 channels, is at half the size.

    Args:
        n_classes: number of classes, without void.
        dropouts: (rate between the decoder's two convolutions, rate before the classifier).
        width: multiplier of all channels.
    """

    def __init__(
        self, n_classes: int, dropouts: tuple[float, float] = (0.0, 0.0), width: float = 1.0
    ) -> None:
        def scaled(channels: int) -> int:
            return max(1, round(channels * width))

        trunk = WideResNet38(scaled)
        middle, low = scaled(256), scaled(48)
        taps = {"backbone": trunk.channels, "aspp": middle, "decoder": middle}
        super().__init__(n_classes, taps, stride=8)
        self.encoder = trunk
        self.aspp = _Pyramid(trunk.channels, middle)
        self.bot_fine = nn.Conv2d(trunk.low_channels, low, 1, bias=False)
        self.bot_aspp = nn.Conv2d(5 * middle, middle, 1, bias=False)
        self.final = nn.Sequential(
            *_convolved(middle + low, middle, 3),
            *_convolved(middle, middle, 3),
            nn.Conv2d(middle, n_classes, 1, bias=False),
        )
        self.final_dropouts = nn.ModuleList(nn.Dropout(rate) for rate in dropouts)
        for module in self.final:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def run(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See the base class."""
        low, backbone = self.encoder(x)
        aspp = self.bot_aspp(self.aspp(backbone))
        joined = torch.cat([self.bot_fine(low), enlarged(aspp, 4)], dim=1)
        between, before = self.final_dropouts
        decoder = self.final[3:6](between(self.final[:3](joined)))
        logits = self.final[6](before(decoder)).float()
        return logits, {"backbone": backbone, "aspp": aspp, "decoder": decoder}

    def enlarge(self, logits: Tensor) -> Tensor:
        """See the base class."""
        return enlarged(logits, 2)


def deeplabv3plus_wrn38(
    n_classes: int,
    weights: str,
    width: float,
    dropout: float,
    dropout_at: tuple[str, ...],
    freeze: str,
) -> WideDeepLab:
    """Build DeepLabv3+ on WideResNet-38 as in Mittal et al.'s code (best_practices_ALSS).

    That is ``DeepWV3Plus`` of NVIDIA/semantic-segmentation: the trunk at stride 8, a pyramid of
    rates 12, 24 and 36, a skip of 48 channels at half the size and a classifier without bias. The
    paper trains BALD's network with dropout and all others without (3.3); it prints neither rate
    nor place. Its code cuts the decoder into three parts for dropout, which leaves the two places
    here. Images are normalised by ImageNet's mean, as the trunk's weights want; the paper's code
    subtracts another one.

    Files may hold weights by this package's names, or by those of NVIDIA's or Mittal et al.'s code:
    of the trunk alone, as trained on ImageNet (``mod2.block1.convs.conv1.weight``), or of the whole
    network (``aspp.features.0.0.weight``); ``module.`` or ``backbone.`` may stand before them.

    Raises:
        ModelError: see :func:`workbench.models.build`.
    """
    if weights == "imagenet":
        raise ModelError(
            "The ImageNet weights of WideResNet-38 cannot be had by name: no library offers them. "
            "Download wider_resnet38.pth.tar, which NVIDIA/semantic-segmentation links, and give "
            "weights: PATH, or weights: none."
        )
    places = ("decoder", "head")
    rates = [dropout if place in dropout_at else 0.0 for place in places]
    model = WideDeepLab(n_classes, (rates[0], rates[1]), width)
    if weights != "none":
        path = Path(weights).expanduser()
        fill_network(model, _renamed(read_state(path, ["none"])), path, ("final.6.",))
    if freeze == "backbone":
        model.freeze_backbone()
    return model


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state under this package's names, without what it has no part for."""
    names = ((name, re.sub(r"^(backbone\.)?(?=mod\d)", "encoder.", name)) for name in state)
    return {
        new: state[old]
        for old, new in names
        if not new.startswith(("bn_out.", "classifier.", "backbone."))
    }


class _Pyramid(nn.Module):
    """Atrous spatial pyramid pooling, without its projection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.features = nn.ModuleList(
            nn.Sequential(*_convolved(inputs, outputs, kernel, rate))
            for kernel, rate in ((1, 1), *((3, rate) for rate in _RATES))
        )
        self.img_conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), PooledNorm(outputs), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.img_conv(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[-2:])
        return torch.cat([pooled, *(branch(x) for branch in self.features)], dim=1)


def _convolved(inputs: int, outputs: int, kernel: int, rate: int = 1) -> tuple[nn.Module, ...]:
    conv = nn.Conv2d(inputs, outputs, kernel, 1, rate * (kernel // 2), rate, bias=False)
    return conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
