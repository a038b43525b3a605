"""The registry entries of selectors and pool filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class SelectorEntry(Entry):
    """A selector, as data. The defaults guarantee nothing, so they hold for every selector.

    Attributes:
        needs: required arrays of ``Candidates``.
        reads: optional arrays of ``Candidates``.
        ranks: whether each candidate has a value of its own by which all are ranked, so that one
            that overlaps an earlier pick can be skipped; then ``prefix`` is True too.
        prefix: whether the batch of k is always the beginning of the batch of k + 1.
        fills: False where a batch may hold fewer than k units although there are more candidates.
        overlap_limit: the setting with the largest overlap of two picks, for a selector that
            suppresses overlapping ones itself; empty: it has none.
        reference: ``untrained`` where ``reference_embeddings`` are those of the whole pool by the
            network before training, ``current`` where they are by the cycle's network.
        exact_embeddings: whether it requires the units' own features; with vectors pooled from the
            coarse feature maps it would be another method.
    """

    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    ranks: bool = False
    prefix: bool = False
    fills: bool = True
    overlap_limit: str = ""
    reference: Literal["current", "untrained"] = "current"
    exact_embeddings: bool = False

    def __post_init__(self) -> None:
        if self.ranks:
            object.__setattr__(self, "prefix", True)

    @property
    def arrays(self) -> frozenset[str]:
        """All arrays of ``Candidates`` that it needs or reads."""
        return frozenset(self.needs) | frozenset(self.reads)


@dataclass(frozen=True, kw_only=True)
class PoolFilterEntry(Entry):
    """A pool filter, as data.

    Attributes:
        needs: the columns of the pool's images that it reads.
    """

    needs: tuple[str, ...] = ()
