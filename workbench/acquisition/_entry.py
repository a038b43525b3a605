"""The registry entry of an acquisition function."""

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
        unit: unit of the value, e.g. ``nats``.
        formula: the formula; empty if the summary is enough.
        float32: whether the passes that it reads always run in float32, since bf16 would change
            the order of units (``docs/benchmarks.md``).
        of_softmax: whether it reads the softmax of the pixel itself only; the function then
            accepts arrays as well as tensors, so that figures can draw it.
        title: its name in figures; by default its spec with blanks for underscores.
    """

    needs: tuple[str, ...] = ()
    upper: Upper
    lower: float = 0.0
    unit: str
    formula: str = ""
    float32: bool = False
    of_softmax: bool = False
    title: str = ""
