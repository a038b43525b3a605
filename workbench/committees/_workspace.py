"""Arrays that are used again for every batch.

A fresh array of a whole batch's class probabilities is given back to the system after each batch,
and the next one is paid for page by page: measured on one core, that costs more than the softmax.
"""

from __future__ import annotations

from torch import Tensor


class Workspace:
    """Holds one array a name; a new batch overwrites it.

    Whoever uses a workspace must be done with a committee before the next one is summed.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Tensor] = {}

    def take(self, name: str, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Return an uninitialised array of ``like``'s type and device."""
        held = self._arrays.get(name)
        size = 1
        for length in shape:
            size *= length
        if (
            held is None
            or held.numel() < size
            or held.dtype != like.dtype
            or held.device != like.device
        ):
            held = self._arrays[name] = like.new_empty(size)
        return held[:size].view(shape)
