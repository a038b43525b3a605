"""A scan request, put in the order in which it is computed. Loads no torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from workbench.aggregation import AggregationEntry
from workbench.committees import CommitteeEntry, needs_dropout, passes_of
from workbench.config import Embedding
from workbench.registry import Bound
from workbench.scoring.request import ScanRequest
from workbench.scoring.scores import Score


@dataclass(frozen=True)
class CommitteePlan:
    """One committee and all that is read from it.

    Attributes:
        committee: with its settings.
        needs: the union of what the acquisition functions need.
        scores: read from it, each with the aggregations of its unit scores.
    """

    committee: Bound[CommitteeEntry]
    needs: frozenset[str]
    scores: tuple[tuple[Score, tuple[Bound[AggregationEntry], ...]], ...]


@dataclass(frozen=True)
class ScanPlan:
    """A request, put in the order in which it is computed.

    Attributes:
        request: as given.
        committees: each once.
        shared: keys of the passes that more than one of them asks for.
        dropout: whether one of them thins the network.
        taps: feature maps to read from the pass over the whole image.
        embedding: what is embedded by this network; not what is by the one before training.
    """

    request: ScanRequest
    committees: tuple[CommitteePlan, ...]
    shared: frozenset[str]
    dropout: bool
    taps: tuple[str, ...]
    embedding: Embedding | None

    @classmethod
    def of(cls, request: ScanRequest) -> ScanPlan:
        """Group the scores of a request by committee."""
        scores = {s.name: s for s in (*request.scores, *(s for s, _ in request.unit_scores))}
        groups: dict[str, list[Score]] = {}
        for score in scores.values():
            groups.setdefault(score.committee.key, []).append(score)
        passes = Counter(key for group in groups.values() for key in passes_of(group[0].committee))
        embedding = request.embedding
        tap = embedding.tap if embedding else "backbone"
        own = embedding if embedding and embedding.weights == "current" else None
        whole = request.features or (own is not None and own.view == "image")
        return cls(
            request,
            tuple(_committee_plan(group, request) for group in groups.values()),
            frozenset(key for key, times in passes.items() if times > 1),
            any(needs_dropout(group[0].committee) for group in groups.values()),
            (tap,) if whole else (),
            own,
        )


def _committee_plan(scores: list[Score], request: ScanRequest) -> CommitteePlan:
    aggregations = {
        s.name: {a.key: a for other, a in request.unit_scores if other.name == s.name}
        for s in scores
    }
    return CommitteePlan(
        scores[0].committee,
        frozenset(need for s in scores for need in s.acquisition.entry.needs),
        tuple((s, tuple(aggregations[s.name].values())) for s in scores),
    )
