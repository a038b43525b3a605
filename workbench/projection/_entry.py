"""What a projection states."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class ProjectionEntry(Entry):
    """A projection, as data.

    Attributes:
        title: its name for people, e.g. ``t-SNE``.
        seconds: how long it takes, in words.
    """

    title: str
    seconds: str
