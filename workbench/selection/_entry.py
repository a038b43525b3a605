"""What a selector and a pool filter state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class SelectorEntry(Entry):
    """A selector, as data. The defaults promise nothing, so they hold for every selector.

    Attributes:
        needs: arrays of ``Candidates`` that must be there.
        reads: arrays that are used where they are there.
        ranks: whether each candidate has a value of its own by which all are ranked, so that one
            that overlaps an earlier pick can be passed over; then ``prefix`` holds too.
        prefix: whether the batch of k is always the beginning of the batch of k + 1.
        fills: False where a batch may hold fewer than k units although there are more candidates.
        overlap_limit: the setting that limits how much two picks may overlap, for a selector that
            keeps them apart itself; empty: it has none.
        reference: ``initial`` where ``reference_embeddings`` are those of the whole pool by the
            network before training, ``current`` where they are by the cycle's.
        exact_embeddings: whether it has to read the units' own features; vectors pooled from the
            coarse feature maps would make it another method.
    """

    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    ranks: bool = False
    prefix: bool = False
    fills: bool = True
    overlap_limit: str = ""
    reference: Literal["current", "initial"] = "current"
    exact_embeddings: bool = False

    def __post_init__(self) -> None:
        if self.ranks:
            object.__setattr__(self, "prefix", True)

    @property
    def arrays(self) -> frozenset[str]:
        """Every array of ``Candidates`` it takes: what it needs, and what it reads if given."""
        return frozenset(self.needs) | frozenset(self.reads)


@dataclass(frozen=True, kw_only=True)
class PoolFilterEntry(Entry):
    """A pool filter, as data.

    Attributes:
        needs: what it reads of the pool's images.
    """

    needs: tuple[str, ...] = ()
