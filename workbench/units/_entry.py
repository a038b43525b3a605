"""What a kind of query units states."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class UnitsEntry(Entry):
    """A kind of query units, as data.

    Attributes:
        overlap: whether units may overlap: they have boxes then, no unit map.
    """

    overlap: bool = False
