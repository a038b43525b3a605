"""A network with what happens to images before and to logits after it, in terms ONNX has."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from workbench.models import SegmentationModel
from workbench.models._grouped import GroupedConv
from workbench.models._padding import FEWEST_CELLS


class WithPreprocessing(nn.Module):
    """Maps uint8 images (B, H, W, 3) to logits (B, C, H, W), as ``normalise`` and ``forward`` do.

    Args:
        network: the network, in evaluation mode.
        free: whether H and W stay free in the traced graph. The margin is then taken from the image
            by the positions of the pixels it mirrors, which follow from the size; otherwise as in
            the network itself.
    """

    def __init__(self, network: SegmentationModel, *, free: bool) -> None:
        super().__init__()
        self.network = network
        self.free = free

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        height, width = images.shape[1], images.shape[2]
        x = images.permute(0, 3, 1, 2).to(torch.float32)
        x = (x - self.network.mean) / self.network.std
        if not self.free:
            return self.network.forward(x)
        rows, top = _positions(height, self.network.stride)
        columns, left = _positions(width, self.network.stride)
        logits, _ = self.network.run(x.index_select(-2, rows).index_select(-1, columns))
        logits = self.network.enlarge(logits)
        return logits[..., top : top + height, left : left + width]


def _positions(size: int, stride: int) -> tuple[Tensor, int | torch.SymInt]:
    """Return the pixel of an image's side at every position of the padded side, and the margin.

    They are those of ``workbench.models._padding``, as arithmetic on a size that is not known yet.
    """
    cells = torch.sym_max((size + stride - 1) // stride, FEWEST_CELLS)
    margin = (cells * stride - size) // 2
    positions = torch.arange(-margin, cells * stride - margin)
    period = torch.full((), 2 * (size - 1), dtype=torch.int64)
    place = torch.remainder(positions, period.clamp(min=1))
    return torch.minimum(place, (period - place).clamp(min=0)), margin


def plain_copy(network: SegmentationModel) -> SegmentationModel:
    """Return a copy in evaluation mode whose grouped convolutions are plain ones.

    Ours compute the same in another way, which is quicker in torch on a CPU and unrolls the size
    of the image into the graph.
    """
    plain = copy.deepcopy(network).eval()
    for module in plain.modules():
        if type(module) is GroupedConv:
            module.__class__ = nn.Conv2d  # type: ignore[assignment] # as speed_up_grouped does
    return plain
