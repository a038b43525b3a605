"""Arrays that are reused for every batch.

The system frees a new array of a whole batch's class probabilities after each batch and allocates
the next one page by page: measured on one core, that takes longer than the softmax.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Workspace:
    """Holds one array per name; the next call with the same name overwrites its values.

    So all scores of a committee must be computed before the next committee is summed.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Tensor] = {}

    def take(
        self, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device
    ) -> Tensor:
        """Return the array of a name; its values are arbitrary."""
        size = math.prod(shape)
        array = self._arrays.get(name)
        if array is None or array.numel() < size or (array.dtype, array.device) != (dtype, device):
            array = self._arrays[name] = torch.empty(size, dtype=dtype, device=device)
        return array[:size].view(shape)
