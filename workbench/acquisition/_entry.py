"""What an acquisition function states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.registry import Entry

Upper = Callable[[int, int], float]
"""(classes, members) ► the largest value possible."""


@dataclass(frozen=True, kw_only=True)
class AcquisitionEntry(Entry):
    """An acquisition function, as data.

    Attributes:
        needs: sums of the committee that it reads besides ``mean_probs``.
        upper: the largest value possible; the 8-bit cache and every colour scale read it.
        lower: the smallest value possible.
        unit: of the value, e.g. ``nats``.
        formula: written out; empty: the summary says it.
        float32: whether the passes that it is read from run in float32 under any precision, since
            in bf16 it orders units otherwise (``docs/benchmarks.md``).
        of_softmax: whether the softmax of the pixel itself is all that it reads; the function then
            takes arrays as it takes tensors, so that figures can draw it.
    """

    needs: tuple[str, ...] = ()
    upper: Upper
    lower: float = 0.0
    unit: str
    formula: str = ""
    float32: bool = False
    of_softmax: bool = False
