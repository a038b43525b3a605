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
        of_softmax: whether the softmax of the pixel itself is all that it reads; the function then
            takes arrays as it takes tensors, so that figures can draw it.
    """

    needs: tuple[str, ...] = ()
    upper: Upper
    lower: float = 0.0
    unit: str
    formula: str = ""
    of_softmax: bool = False
