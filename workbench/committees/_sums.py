"""Running sums over a committee's members: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import torch
from torch import Tensor

from workbench.committees._classes import predicted_classes
from workbench.committees._workspace import Workspace
from workbench.errors import ShapeError
from workbench.types import Committee

OPTIONAL_SUMS = frozenset({"mean_entropy", "votes", "mean_square_probs"})


class RunningSums:
    """Adds members one by one and keeps the sums that were asked for.

    Args:
        needs: names of the sums to keep besides ``mean_probs``, of :data:`OPTIONAL_SUMS`.
        workspace: where the sums live; without one they are fresh arrays.
    """

    def __init__(self, needs: AbstractSet[str], workspace: Workspace | None = None) -> None:
        unknown = set(needs) - OPTIONAL_SUMS - {"mean_probs"}
        if unknown:
            raise ShapeError(
                f"A committee keeps no sum called {sorted(unknown)[0]!r}; known: mean_probs, "
                f"{', '.join(sorted(OPTIONAL_SUMS))}."
            )
        self._names = ("mean_probs", *sorted(OPTIONAL_SUMS & set(needs)))
        self._workspace = workspace or Workspace()
        self._sums: dict[str, Tensor] = {}
        self._seen: Tensor | None = None
        self._n = 0

    def add(self, logits: Tensor, seen: Tensor | None = None, temperature: float = 1.0) -> None:
        """Add one member.

        Args:
            logits: (B, C, H, W) float32.
            seen: (H, W) bool, the pixels that this member saw; all if left out. Logits of the
                others are not read.
            temperature: the logits are divided by it.
        """
        if not self._sums:
            self._begin(logits)
        # image by image on a CPU, so that what is worked on stays in the cache
        step = 1 if logits.device.type == "cpu" else max(1, len(logits))
        for start in range(0, len(logits), step):
            rows = slice(start, start + step)
            part = logits[rows] if temperature == 1 else logits[rows] / temperature
            self._add_part(rows, part, seen)
        if seen is not None and self._seen is None:
            self._seen = seen.new_full(seen.shape, self._n, dtype=logits.dtype)
        if self._seen is not None:
            self._seen = self._seen + (1 if seen is None else seen)
        self._n += 1

    def committee(self) -> Committee:
        """Divide the sums by the number of members that saw each pixel.

        Raises:
            ShapeError: if no member was added, or none saw some pixel.
        """
        if self._n == 0:
            raise ShapeError("A committee needs at least one member; none was added.")
        probs = self._sums["mean_probs"]
        batch, _, height, width = probs.shape
        count = probs.new_full((), self._n) if self._seen is None else self._seen
        if self._seen is not None and not bool(self._seen.all()):
            raise ShapeError("Some pixels were seen by no member of the committee.")
        if self._n > 1:
            for value in self._sums.values():
                value.div_(count)
        return Committee(n=self._n, count=count.expand(batch, 1, height, width), **self._sums)

    def _begin(self, logits: Tensor) -> None:
        full = tuple(logits.shape)
        plane = (full[0], *full[2:])
        for name in self._names:
            shape = plane if name == "mean_entropy" else full
            self._sums[name] = self._workspace.take(name, logits, shape)

    def _add_part(self, rows: slice, logits: Tensor, seen: Tensor | None) -> None:
        if seen is not None:
            logits = torch.where(seen, logits, 0)  # what was not seen may hold anything
        probs, entropy = softmax_and_entropy(logits)
        terms = {"mean_probs": probs, "mean_entropy": entropy}
        if "votes" in self._sums:
            terms["votes"] = one_hot(predicted_classes(logits), logits)
        if "mean_square_probs" in self._sums:
            terms["mean_square_probs"] = probs.square()
        for name, total in self._sums.items():
            term = terms[name] if seen is None else torch.where(seen, terms[name], 0)
            if self._n == 0:
                total[rows] = term
            else:
                total[rows] += term


def softmax_and_entropy(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax and its entropy from one exponential a value.

    With d = logit − max, e = exp d and s = Σ e: P = e / s and H = ln s − Σ e·d / s.

    Args:
        logits: (B, C, H, W).

    Returns:
        (B, C, H, W) probabilities and (B, H, W) entropy in nats, not below 0.
    """
    d = logits - logits.amax(dim=1, keepdim=True)
    e = d.exp()
    s = e.sum(dim=1, keepdim=True)
    weighted = d.mul_(e).sum(dim=1, keepdim=True)
    scale = s.reciprocal()
    entropy = s.log_().sub_(weighted.mul_(scale)).clamp_min_(0)
    return e.mul_(scale), entropy[:, 0]


def one_hot(classes: Tensor, like: Tensor) -> Tensor:
    """Return (B, C, H, W) of ``like``'s type: 1 at each pixel's class, else 0."""
    return torch.zeros_like(like).scatter_(1, classes.long().unsqueeze(1), 1)
