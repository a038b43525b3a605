"""Batch norm folded into the convolutions before it, for networks that are no longer trained.

In eval mode batch norm is a fixed scale and shift of each channel, which can be part of the
convolution. On a CPU this saves a sixth of a forward pass (``docs/benchmarks.md``).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from workbench.models._grouped import GroupedConv
from workbench.models.base import SegmentationModel

_TOLERANCE = 1e-4
"""Largest change of a logit that counts as rounding, as a share of the largest logit."""


def fold(model: SegmentationModel) -> SegmentationModel:
    """Return a copy of a network in eval mode with the same results in fewer steps.

    A pass over a small image shows which batch norm follows which convolution, since a network's
    modules do not list their order. A second pass through the copy must give the same logits; if it
    does not, as where another module reads the convolution too, the copy is returned unfolded.

    Args:
        model: the network; it is not changed.
    """
    plain = copy.deepcopy(model).eval()
    probe = _probe(plain)
    with torch.no_grad(), torch.autocast(probe.device.type, enabled=False):
        with _followers(plain) as follows:
            expected = plain(probe)
        fast = copy.deepcopy(plain)
        if not _fold(fast, follows):
            return plain
        off = (fast(probe) - expected).abs().max()
        return fast if bool(off <= _TOLERANCE * expected.abs().max()) else plain


def _probe(model: SegmentationModel) -> Tensor:
    side = 2 * max(model.stride, 16)
    generator = torch.Generator().manual_seed(0)
    probe = torch.randn((1, 3, side, side), generator=generator)
    return probe.to(model.mean.device).contiguous(memory_format=torch.channels_last)


@contextmanager
def _followers(model: nn.Module) -> Iterator[dict[str, str]]:
    """Within this context, collect name of a batch norm ► name of the convolution that it reads.

    Only pairs that run once count.
    """
    # It holds the tensors, so none of their ids passes to another tensor while the dict lives. One
    # that was changed in place keeps its id; `fold` compares the logits for such cases.
    made: dict[int, tuple[str, Tensor]] = {}
    follows: dict[str, str] = {}
    calls: dict[str, int] = {}

    def watch(name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls[name] = calls.get(name, 0) + 1
        if isinstance(module, nn.Conv2d):
            made[id(output)] = name, output
        elif id(inputs[0]) in made:
            follows[name] = made[id(inputs[0])][0]

    hooks = [
        module.register_forward_hook(lambda m, i, o, name=name: watch(name, m, i, o))
        for name, module in model.named_modules()
        if type(module) in (nn.Conv2d, GroupedConv, nn.BatchNorm2d)
    ]
    try:
        yield follows
    finally:
        for hook in hooks:
            hook.remove()
        convolutions = list(follows.values())
        for norm, conv in list(follows.items()):
            if calls[norm] > 1 or calls[conv] > 1 or convolutions.count(conv) > 1:
                del follows[norm]


def _fold(model: nn.Module, follows: dict[str, str]) -> int:
    """Fold in place; return the number of folded batch norms."""
    for norm_name, conv_name in follows.items():
        conv, norm = model.get_submodule(conv_name), model.get_submodule(norm_name)
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        fused = fuse_conv_bn_eval(conv, norm)
        _replace(model, conv_name, fused.to(memory_format=torch.channels_last))
        _replace(model, norm_name, nn.Identity())
    return len(follows)


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, module)
