"""Running sums over a committee's members: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

import torch
from torch import Tensor

from workbench.committees._classes import predicted_classes
from workbench.committees._workspace import Workspace
from workbench.errors import ShapeError
from workbench.types import Committee

OPTIONAL_SUMS = frozenset({"mean_entropy", "votes", "mean_square_probs"})


class RunningSums:
    """Adds members one by one and keeps the requested sums.

    Args:
        needs: names of the sums to keep besides ``mean_probs``, members of :data:`OPTIONAL_SUMS`.
        workspace: the arrays of the sums; without one they are new arrays.
    """

    def __init__(self, needs: AbstractSet[str], workspace: Workspace | None = None) -> None:
        unknown = set(needs) - OPTIONAL_SUMS - {"mean_probs"}
        if unknown:
            raise ShapeError(
                f"A committee has no sum called {sorted(unknown)[0]!r}; it has mean_probs, "
                f"{', '.join(sorted(OPTIONAL_SUMS))}."
            )
        self._names = ("mean_probs", *sorted(OPTIONAL_SUMS & set(needs)))
        self._workspace = workspace or Workspace()
        self._sums: dict[str, Tensor] = {}
        self._dtype = torch.float32
        self._seen: Tensor | None = None
        self._n = 0

    def add(
        self,
        logits: Tensor,
        seen: Tensor | None = None,
        *,
        temperature: float = 1.0,
        restore: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Add one member.

        Args:
            logits: (B, C, H, W) in any float type; summed in float32 at least.
            seen: (H, W) bool, the pixels inside this member's copy of the image; all if not given.
                Logits of the other pixels are not read.
            temperature: the logits are divided by it.
            restore: maps logits of a transformed copy back onto the image.
        """
        # image by image on a CPU, so that the working set stays in the processor's cache
        step = 1 if logits.device.type == "cpu" else max(1, len(logits))
        for start in range(0, len(logits), step):
            part = logits[start : start + step]
            if restore is not None:
                part = restore(part)
            if not self._sums:
                self._begin((len(logits), *part.shape[1:]), part)
            if temperature != 1:
                part = part / temperature
            self._add_part(slice(start, start + step), part, seen)
        if seen is not None and self._seen is None:
            self._seen = seen.new_full(seen.shape, self._n, dtype=self._dtype)
        if self._seen is not None:
            self._seen = self._seen + (1 if seen is None else seen)
        self._n += 1

    def committee(self) -> Committee:
        """Return the committee: the sums divided by the number of members that cover each pixel.

        Raises:
            ShapeError: if no member was added, or no member covers some pixel.
        """
        if self._n == 0:
            raise ShapeError("A committee needs at least one member; none was added.")
        probs = self._sums["mean_probs"]
        batch, _, height, width = probs.shape
        count = probs.new_full((), self._n) if self._seen is None else self._seen
        if self._seen is not None and not bool(self._seen.all()):
            raise ShapeError("No member of the committee covers some of the pixels.")
        if self._n > 1:
            for value in self._sums.values():
                value.div_(count)
        return Committee(n=self._n, count=count.expand(batch, 1, height, width), **self._sums)

    def _begin(self, shape: tuple[int, ...], like: Tensor) -> None:
        self._dtype = torch.promote_types(like.dtype, torch.float32)
        plane = (shape[0], *shape[2:])
        for name in self._names:
            size = plane if name == "mean_entropy" else shape
            self._sums[name] = self._workspace.take(name, size, self._dtype, like.device)

    def _add_part(self, rows: slice, logits: Tensor, seen: Tensor | None) -> None:
        """Add some images of a member, with one exponential per value.

        With d = logit − max, e = exp d and s = Σ e: P = e / s and H = ln s − Σ e·d / s.
        """
        take, size = self._workspace.take, tuple(logits.shape)
        d = take("exponent", size, self._dtype, logits.device)
        e = take("exponential", size, self._dtype, logits.device)
        if seen is not None or not logits.is_contiguous():
            logits = d.copy_(
                logits
            )  # class planes one after the other: the steps below run faster on these
        if seen is not None:
            d.masked_fill_(~seen, 0)  # pixels outside the copy may hold any value
        if "votes" in self._sums:
            votes = predicted_classes(logits).long().unsqueeze(1)
            weight = d.new_ones(votes.shape) if seen is None else seen.to(d).expand(votes.shape)
            self._zeroed("votes", rows).scatter_add_(1, votes, weight)
        torch.sub(logits, logits.amax(dim=1, keepdim=True), out=d)
        torch.exp(d, out=e)
        s = e.sum(dim=1, keepdim=True)
        scale = s.reciprocal()
        if "mean_entropy" in self._sums:
            weighted = d.mul_(e).sum(dim=1, keepdim=True)
            entropy = s.log_().sub_(weighted.mul_(scale)).clamp_min_(0)[:, 0]
            self._zeroed("mean_entropy", rows).add_(entropy if seen is None else entropy * seen)
        if seen is not None:
            scale.mul_(seen)
        if "mean_square_probs" in self._sums:
            e.mul_(scale)
            self._zeroed("mean_square_probs", rows).addcmul_(e, e)
            self._zeroed("mean_probs", rows).add_(e)
        elif self._n == 0:
            torch.mul(e, scale, out=self._sums["mean_probs"][rows])
        else:
            self._sums["mean_probs"][rows].addcmul_(e, scale)

    def _zeroed(self, name: str, rows: slice) -> Tensor:
        """Return a sum's rows, set to zero before the first member."""
        total = self._sums[name][rows]
        return total.zero_() if self._n == 0 else total
