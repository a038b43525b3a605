"""The registry entry of an aggregation."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class AggregationEntry(Entry):
    """An aggregation, as data. Each faster function gives the same values as ``target``.

    Attributes:
        unit: unit of the value, e.g. ``share of pixels``; empty: that of the score.
        of_sorted: ``module:attribute`` of a function ``(SortedUnits, **settings) -> (n,)`` for
            pixels that are in order already; empty: there is none.
        of_boxes: likewise ``(score_map (H, W), boxes (n, 4), **settings) -> (n,)`` for windows,
            e.g. by integral images; empty: every window is cut out.
        share_above: the setting that is a threshold, where the value is the share of pixels above
            it; a binary search in sorted pixels then finds the share.
    """

    unit: str = ""
    of_sorted: str = ""
    of_boxes: str = ""
    share_above: str = ""
