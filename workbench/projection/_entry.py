"""The registry entry of a projection."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class ProjectionEntry(Entry):
    """The registry entry of a projection.

    Attributes:
        title: the name on figures, e.g. ``t-SNE``.
        seconds: how long it takes, in words.
    """

    title: str
    seconds: str
