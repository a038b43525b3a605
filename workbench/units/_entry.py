"""The registry entry of a kind of query units."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class UnitsEntry(Entry):
    """The registry entry of a kind of query units.

    Attributes:
        overlap: whether units may overlap; such units have boxes and no unit map.
    """

    overlap: bool = False
