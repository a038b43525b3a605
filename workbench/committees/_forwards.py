"""The network's passes over one batch, each made at most once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from workbench.committees._dropout import DropoutSwitch, active_dropouts
from workbench.committees._prefix import Prefix
from workbench.committees._workspace import Workspace


class Forwards:
    """Provides committees with the logits of a batch and of transformed copies of it.

    Args:
        model: the network, in eval mode; ``model.features(x, taps)`` is called if taps are given.
        x: (B, 3, H, W) float32, normalised.
        autocast: returns the context in which the network runs; its outputs are float32.
        taps: feature maps to keep from the untransformed pass, in :attr:`features`.
        check: called with every logits tensor; raises an error if one may not be used.
        shared: keys of passes that several committees read. Only these and the untransformed pass
            are cached; any other pass is freed once its committee has summed it.
        members: the networks of an ensemble.
        dropout: whether a committee will read :meth:`thinned` passes; the untransformed pass then
            caches the outputs that they have in common with it.
        workspace: the arrays of the committees' sums; without one they are new arrays.
    """

    def __init__(
        self,
        model: Any,
        x: Tensor,
        autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
        *,
        taps: Sequence[str] = (),
        check: Callable[[Tensor], None] | None = None,
        shared: frozenset[str] = frozenset(),
        members: Sequence[Any] = (),
        dropout: bool = False,
        workspace: Workspace | None = None,
    ) -> None:
        self.model = model
        self.x = x
        self.autocast = autocast
        self.features: Mapping[str, Tensor] = {}
        self.members = members
        self.workspace = workspace
        self._taps = tuple(taps)
        self._check = check
        self._keep = shared | {"identity"}
        self._logits: dict[str, Tensor] = {}
        self._prefix = Prefix(model, active_dropouts(model)) if dropout else None

    def logits(
        self, key: str = "identity", transform: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Return the logits of one pass.

        Args:
            key: name of the pass; the same key means the same pass.
            transform: makes the network's input from ``x``; not given for ``identity``.

        Returns:
            (B, C, H, W) logits of the transformed images, checked; callers must not change them.
        """
        if key in self._logits:
            return self._logits[key]
        logits = self._identity() if transform is None else self._network(transform(self.x))
        if key in self._keep:
            logits = self._logits[key] = self._plain(key, logits)
        return self._checked(logits)

    def member(self, number: int) -> Tensor:
        """Return the logits of one network of the ensemble."""
        if self.members[number] is self.model:
            return self.logits()
        with self.autocast():
            logits: Tensor = self.members[number](self.x)
        return self._checked(logits)

    def thinned(self, switch: DropoutSwitch, number: int) -> Tensor:
        """Return the logits of one dropout member; modules before the first dropout run once."""
        if self._prefix is None:
            self._prefix = Prefix(self.model, switch.layers)
        prefix = self._prefix
        with switch.member(number), prefix.replay() if prefix.recorded else prefix.record():
            return self._checked(self._network(self.x))

    def _identity(self) -> Tensor:
        with self._prefix.record() if self._prefix else nullcontext():
            if not self._taps:
                return self._network(self.x)
            with self.autocast():
                found: tuple[Tensor, Mapping[str, Tensor]]
                found = self.model.features(self.x, self._taps)
            logits, self.features = found
            return logits

    def _network(self, x: Tensor) -> Tensor:
        with self.autocast():
            logits: Tensor = self.model(x)
        return logits

    def _plain(self, key: str, logits: Tensor) -> Tensor:
        """Convert logits that are read often to float32, one class plane after the other."""
        workspace = self.workspace or Workspace()
        plain = workspace.take(f"logits {key}", tuple(logits.shape), torch.float32, logits.device)
        return plain.copy_(logits)

    def _checked(self, logits: Tensor) -> Tensor:
        if self._check is not None:
            self._check(logits)
        return logits
