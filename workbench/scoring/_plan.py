"""A scan request, put in the order in which it is computed. Loads no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.aggregation import AggregationEntry
from workbench.committees import CommitteeEntry, needs_dropout, passes_of
from workbench.compute import Precision
from workbench.config import Embedding
from workbench.registry import Bound
from workbench.scoring.request import ScanRequest
from workbench.scoring.scores import Score


@dataclass(frozen=True)
class CommitteePlan:
    """One committee and all scores that are read from it.

    Attributes:
        committee: with its settings.
        needs: the union of the sums that the acquisition functions need.
        scores: the scores read from it, each with the aggregations of its unit scores.
    """

    committee: Bound[CommitteeEntry]
    needs: frozenset[str]
    scores: tuple[tuple[Score, tuple[Bound[AggregationEntry], ...]], ...]


@dataclass(frozen=True)
class PassesPlan:
    """The committees whose passes run in one precision and may be shared among them.

    Attributes:
        committees: the committees, each once.
        shared: keys of the passes that more than one committee reads.
        dropout: whether a committee runs the network with dropout on.
    """

    committees: tuple[CommitteePlan, ...] = ()
    shared: frozenset[str] = frozenset()
    dropout: bool = False

    @classmethod
    def of(cls, scores: Iterable[Score], request: ScanRequest) -> PassesPlan:
        """Group scores by committee."""
        groups: dict[str, list[Score]] = {}
        for score in scores:
            groups.setdefault(score.committee.key, []).append(score)
        passes = Counter(key for group in groups.values() for key in passes_of(group[0].committee))
        return cls(
            tuple(_committee_plan(group, request) for group in groups.values()),
            frozenset(key for key, times in passes.items() if times > 1),
            any(needs_dropout(group[0].committee) for group in groups.values()),
        )


@dataclass(frozen=True)
class ScanPlan:
    """A request, put in the order in which it is computed.

    Predictions, features and embeddings are always those of the passes in the scan's precision, so
    that they do not depend on which scores are computed beside them.

    Attributes:
        request: the request.
        passes: the passes in the scan's precision.
        float32: the passes in float32, for scores that the scan's own precision would change;
            ``None`` if there is none.
        taps: feature maps to read from the pass over the whole image.
        embeddings: the embeddings by this network, without those by the network before training.
    """

    request: ScanRequest
    passes: PassesPlan
    float32: PassesPlan | None
    taps: tuple[str, ...]
    embeddings: tuple[Embedding, ...]

    @classmethod
    def of(cls, request: ScanRequest, precision: Precision) -> ScanPlan:
        """Divide the scores of a request by precision and committee.

        Args:
            request: what to compute.
            precision: the precision of the scan.
        """
        scores = {s.name: s for s in (*request.scores, *(s for s, _ in request.unit_scores))}
        exact = [
            s
            for s in scores.values()
            if precision != "float32" and (s.needs_float32 or s.name in request.float32)
        ]
        others = [s for s in scores.values() if s not in exact]
        own = tuple(e for e in request.embeddings if e.weights == "current")
        taps = [request.coarse_tap] if request.features else []
        taps += [e.tap for e in own if e.view == "image"]
        return cls(
            request,
            PassesPlan.of(others, request),
            PassesPlan.of(exact, request) if exact else None,
            tuple(dict.fromkeys(taps)),
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
