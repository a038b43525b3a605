"""Scores: a committee and an acquisition function under one name. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.acquisition import ACQUISITIONS, AcquisitionEntry
from workbench.committees import COMMITTEES, CommitteeEntry, members_of
from workbench.naming import score_name, split_score
from workbench.registry import Bound


@dataclass(frozen=True)
class Score:
    """A score of pixels: an acquisition function read from a committee.

    Attributes:
        name: canonical text, the same for all spellings of the score; the name of its columns and
            maps.
        acquisition: the acquisition function and its settings.
        committee: the committee and its settings.
    """

    name: str
    acquisition: Bound[AcquisitionEntry]
    committee: Bound[CommitteeEntry]

    @property
    def members(self) -> int:
        """Number of members of the committee."""
        return members_of(self.committee)

    @property
    def unit(self) -> str:
        """Unit of the score, e.g. ``nats``."""
        return self.acquisition.entry.unit

    @property
    def needs_float32(self) -> bool:
        """Whether its passes always run in float32, since bf16 would change the order of units.

        So it is where Kendall's τ between the two orders of units was below 0.99
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
        ConfigError: for an unknown name (names the nearest registered one) or a setting that does
            not fit.
    """
    acquisition_text, committee_text = split_score(text)
    acquisition = ACQUISITIONS.bind(acquisition_text)
    committee = COMMITTEES.bind(committee_text)
    score = Score(score_name(acquisition.key, committee.key), acquisition, committee)
    members_of(committee)  # raises an error for settings that make no committee
    return score
