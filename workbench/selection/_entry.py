"""The registry entries of selectors and pool filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from workbench.registry import Entry

if TYPE_CHECKING:
    from workbench.types import Candidates, UnitIds


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
        decides: ``module:function`` of the value by which a unit is picked, ``(candidates, picked,
            k, **settings) -> (U,)`` once the units ``picked`` of a batch of k are; the largest is
            next, or ``drawn`` is True. NaN: not considered. Empty: it cannot be worked out from
            the candidates.
        decided_by: that value in words, e.g. "distance to the nearest labelled or picked unit".
        drawn: whether chance decides, alone or weighted by the value.
        unstored: what decided and cannot be worked out again, as the rest of a sentence, e.g.
            "its cluster, which is not stored"; empty where the value tells all.
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
    decides: str = ""
    decided_by: str = ""
    drawn: bool = False
    unstored: str = ""
    exact_embeddings: bool = False

    def __post_init__(self) -> None:
        if self.ranks:
            object.__setattr__(self, "prefix", True)

    def value(
        self, candidates: Candidates, picked: UnitIds, k: int, settings: Mapping[str, Any]
    ) -> npt.NDArray[np.float64] | None:
        """Return (U,) the value by which the next unit is picked; ``None`` if it is not known.

        Args:
            candidates: all of them, the picked ones too.
            picked: the units of the batch that were picked before.
            k: units in the whole batch.
            settings: the selector's, complete.
        """
        if not self.decides:
            return None
        module, _, name = self.decides.partition(":")
        found = getattr(import_module(module), name)(candidates, picked, k, **settings)
        return np.asarray(found, dtype=np.float64)

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
