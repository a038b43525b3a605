"""Scores: a committee and an acquisition function under one name. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.acquisition import ACQUISITIONS, AcquisitionEntry
from workbench.committees import COMMITTEES, CommitteeEntry, members_of
from workbench.naming import score_name, split_score
from workbench.registry import Bound


@dataclass(frozen=True)
class Score:
    """What a pixel's number means: an acquisition function read from a committee.

    Attributes:
        name: canonical text, the same however the score was spelt; names columns and maps.
        acquisition: the function and its settings.
        committee: how the pixels are predicted.
    """

    name: str
    acquisition: Bound[AcquisitionEntry]
    committee: Bound[CommitteeEntry]

    @property
    def members(self) -> int:
        """How many members the committee has."""
        return members_of(self.committee)

    @property
    def unit(self) -> str:
        """Unit of the score, e.g. ``nats``."""
        return self.acquisition.entry.unit

    @property
    def needs_float32(self) -> bool:
        """Whether its passes run in float32 under any precision: in bf16 it orders units otherwise.

        That is where Kendall's τ between the orders of units fell under 0.99
        (``docs/benchmarks.md``).
        """
        committee = self.committee
        return self.acquisition.entry.float32 or committee.entry.float32(committee.options)

    def range(self, n_classes: int) -> tuple[float, float]:
        """Return the lowest and the highest value possible for a number of classes."""
        entry = self.acquisition.entry
        return entry.lower, float(entry.upper(n_classes, self.members))


def parse_score(text: str) -> Score:
    """Read a score's text, e.g. ``entropy`` or ``total_entropy@transforms:hflip``.

    Args:
        text: ``acquisition`` or ``acquisition@committee``, each with its settings behind a colon.

    Raises:
        ConfigError: for an unknown name (with the nearest known one) or a setting that does not
            fit.
    """
    acquisition_text, committee_text = split_score(text)
    acquisition = ACQUISITIONS.bind(acquisition_text)
    committee = COMMITTEES.bind(committee_text)
    score = Score(score_name(acquisition.key, committee.key), acquisition, committee)
    members_of(committee)  # refuses settings that make no committee
    return score
