"""A network's logits at its output stride: the classifier's, before they are enlarged."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from workbench.models._padding import Padding
from workbench.models.base import SegmentationModel


class AtStride(nn.Module):
    """Returns a network's logits at the resolution of its classifier; shares its weights.

    DeepLabv3+ classifies at a quarter of the image's size and enlarges the logits bilinearly, so a
    score at that resolution reads a sixteenth of the values. It is not the papers' score: a mean
    over cells differs from the mean over all pixels.

    Args:
        model: the network.
    """

    def __init__(self, model: SegmentationModel) -> None:
        super().__init__()
        self.model = model
        self.train(model.training)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w) float32 logits of normalised images (B, 3, H, W).

        The h × w cells cover the image exactly, without its padding.
        """
        return self.features(x, ())[0]

    def features(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the logits of :meth:`forward` and the feature maps of the same pass.

        Args:
            x: (B, 3, H, W) from the network's ``normalise``, any H and W.
            taps: names of the feature maps.
        """
        height, width = x.shape[-2:]
        padding = Padding.to_stride(height, width, self.model.stride)
        logits, maps = self.model.run(padding.pad(x))
        found = {tap: padding.resample(maps[tap].float(), height, width) for tap in taps}
        return padding.resample(logits, height, width), found
