"""The dropout switch: dropout at scoring time, with seeded masks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from workbench.committees._prefix import instead
from workbench.errors import ModelError
from workbench.seeding import seed_of


class DropoutSwitch:
    """Turns a network's dropout on for one committee member at a time.

    The network defines its dropout layers before training. The rate is set here.
    All other layers stay in eval mode, above all batch norm. A member is one draw of masks, the
    same for every image of a size (consistent dropout, Kirsch et al. 2019): so neither the batch
    size nor the order of the images changes a score.

    Args:
        model: the network, in eval mode.
        rate: share of values dropped; the others are scaled by 1 / (1 − rate).
        seed: seed of the masks.

    Raises:
        ModelError: if the network was trained without dropout.
    """

    def __init__(self, model: nn.Module, rate: float, seed: int) -> None:
        self.layers = active_dropouts(model)
        self._rate = rate
        self._seed = seed
        self._calls: list[int] = []

    @contextmanager
    def member(self, number: int) -> Iterator[None]:
        """Within this context, run the network as the member of this number."""
        self._calls = [0] * len(self.layers)
        with ExitStack() as stack:
            for place, layer in enumerate(self.layers):
                stack.enter_context(instead(layer, partial(self._thin, place, number)))
            yield

    def _thin(self, place: int, member: int, x: Tensor) -> Tensor:
        call = self._calls[place]
        self._calls[place] += 1
        shape = (1, *x.shape[1:])
        if type(self.layers[place]) is not nn.Dropout:
            shape = (*shape[:2], *(1 for _ in shape[2:]))  # whole channels
        # on the CPU, so that every device draws the same mask
        seed = seed_of(self._seed, "dropout", member, place, call)
        generator = torch.Generator().manual_seed(seed)
        mask = torch.rand(shape, generator=generator) >= self._rate
        scale = mask.to(x.device, x.dtype) / (1 - self._rate)
        return x * scale


def active_dropouts(model: nn.Module) -> list[nn.Module]:
    """Return the dropout layers that were active in training, in the order of registration.

    Raises:
        ModelError: if there is none, or one that cannot be seeded.
    """
    layers = [m for m in model.modules() if isinstance(m, _DropoutNd) and m.p > 0]
    if not layers:
        raise ModelError(
            "The committee mc_dropout needs a network that was trained with dropout, and this one "
            "has none; set the model's dropout above 0, e.g. dropout: 0.1, and train it again."
        )
    for layer in layers:
        if type(layer) not in {nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d}:
            raise ModelError(
                f"The committee mc_dropout cannot switch {type(layer).__name__}; it supports "
                "Dropout and Dropout1d to Dropout3d."
            )
    return list(layers)
