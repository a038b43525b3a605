"""What a learner and a rider state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry
from workbench.rider import RiderMap, columns_of


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - called like every other
    return 1


@dataclass(frozen=True, kw_only=True)
class LearnerEntry(Entry):
    """A learner, as data.

    Attributes:
        members: settings ► how many networks it trains that an ensemble may consist of.
    """

    members: Callable[[Mapping[str, Any]], int] = _one


@dataclass(frozen=True, kw_only=True)
class RiderEntry(Entry):
    """A network that can be trained beside the one that segments, as data.

    Attributes:
        maps: what it gives of each image; their ranges are known once it is trained.
        numbers: names of single numbers of each image.
    """

    maps: tuple[RiderMap, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column of the unit table that it gives."""
        return columns_of(self.maps, self.numbers)
