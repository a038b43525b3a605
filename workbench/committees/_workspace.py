"""Arrays that are used again for every batch.

A fresh array of a whole batch's class probabilities is given back to the system after each batch,
and the next one is paid for page by page: measured on one core, that costs more than the softmax.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Workspace:
    """Holds one array a name; what was there is overwritten by the next that takes it.

    Whoever uses a workspace must be done with a committee before the next one is summed.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Tensor] = {}

    def take(
        self, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device
    ) -> Tensor:
        """Return an array whose values are whatever was there."""
        size = math.prod(shape)
        held = self._arrays.get(name)
        if held is None or held.numel() < size or (held.dtype, held.device) != (dtype, device):
            held = self._arrays[name] = torch.empty(size, dtype=dtype, device=device)
        return held[:size].view(shape)
