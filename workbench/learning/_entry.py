"""The registry entries of learners and riders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry
from workbench.rider import RiderMap, columns_of


def _never(options: Mapping[str, Any]) -> bool:
    """Return False: every training starts from initial weights."""
    del options
    return False


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - called like every other
    return 1


@dataclass(frozen=True, kw_only=True)
class LearnerEntry(Entry):
    """A learner, as data.

    Attributes:
        members: settings ► number of trained networks that can form an ensemble.
        continues: settings ► whether a training goes on from the networks of the previous cycle,
            whose weights have to be kept.
        columns: columns of the unit table that riders write which its training returns.
        scores: scores of the cycle before that its training reads, as means of units, e.g.
            ``entropy``: every scan of its methods computes them.
        predictions: whether its training reads the classes that the cycle before predicted, which
            have to be kept.
        semi_supervised: whether the network that segments learns from images without labels, too.
    """

    members: Callable[[Mapping[str, Any]], int] = _one
    continues: Callable[[Mapping[str, Any]], bool] = _never
    columns: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    predictions: bool = False
    semi_supervised: bool = False


@dataclass(frozen=True, kw_only=True)
class RiderEntry(Entry):
    """A network that can be trained beside the one that segments, as data.

    Attributes:
        maps: the maps it makes of each image; training sets their ranges.
        numbers: names of its single numbers per image.
    """

    maps: tuple[RiderMap, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column that it adds to the unit table."""
        return columns_of(self.maps, self.numbers)
