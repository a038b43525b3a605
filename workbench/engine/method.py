"""Planned methods: every part of a method looked up, those of its query and of its training."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from workbench.acquisition import ACQUISITIONS
from workbench.aggregation import AGGREGATIONS, AggregationEntry
from workbench.committees import needs_dropout, networks_of
from workbench.config import Embedding, Method
from workbench.errors import ConfigError
from workbench.learning import LearnerEntry, RiderEntry
from workbench.models import ModelEntry
from workbench.naming import DEFAULT_AGGREGATION, column, rider_column
from workbench.pool.costs import PREDICTED
from workbench.registry import Bound, E, Registry
from workbench.scoring.scores import Score, parse_score
from workbench.selection import POOL_FILTERS, SELECTORS, PoolFilterEntry, SelectorEntry


@dataclass(frozen=True)
class PlannedQuery:
    """The parts of a method that a query reads; they do not depend on the network.

    Attributes:
        method: the complete definition.
        score: the score that ranks the units; ``None`` where the selector reads no score.
        rider_column: the column of a rider that ranks them in place of a score and its aggregation.
        aggregation: turns the score of the pixels of a unit into one number.
        selector: chooses the batch.
        pool_filter: chooses the units that may be queried; ``None``: every unit.
        embedding: the feature vectors of the units.
    """

    method: Method
    score: Score | None
    aggregation: Bound[AggregationEntry]
    selector: Bound[SelectorEntry]
    pool_filter: Bound[PoolFilterEntry] | None = None
    embedding: Embedding = field(default_factory=Embedding)
    rider_column: str | None = None

    @property
    def name(self) -> str:
        """The name of the method."""
        return self.method.name

    @property
    def column(self) -> str | None:
        """The column of the unit table that the selector ranks by; ``None`` without a score."""
        if self.rider_column is not None:
            return self.rider_column
        return column(self.score.name, self.aggregation.key) if self.score else None

    @property
    def reads(self) -> frozenset[str]:
        """Names of the candidates' arrays that the selector reads, required or optional."""
        return self.selector.entry.arrays

    @property
    def rider_columns(self) -> frozenset[str]:
        """Columns of the unit table that the query reads and that only a rider writes."""
        costs = PREDICTED if self.method.costs == "predicted" else None
        return frozenset(name for name in (costs, self.rider_column) if name is not None)

    @property
    def needs_embeddings(self) -> bool:
        """Whether the selector reads any embedding."""
        return any(name.endswith("embeddings") for name in self.reads)

    @property
    def reference(self) -> Embedding:
        """The embedding of the whole pool that the selector compares the candidates with."""
        if self.selector.entry.reference != "untrained":
            return self.embedding
        return self.embedding.model_copy(update={"weights": "initial"})

    @property
    def needs_untrained_reference(self) -> bool:
        """Whether the selector reads the pool's embedding by the network before training."""
        return "reference_embeddings" in self.reads and self.reference.weights == "initial"

    @property
    def embeddings(self) -> tuple[Embedding, ...]:
        """All embeddings that a cycle of this method stores."""
        found = {self.embedding.key: self.embedding}
        if self.needs_untrained_reference:
            found[self.reference.key] = self.reference
        return tuple(found.values())

    @property
    def needs_sequences(self) -> bool:
        """Whether the selector or the pool filter reads the sequences of the images."""
        filters = self.pool_filter.entry.needs if self.pool_filter is not None else ()
        return "sequences" in {*self.selector.entry.needs, *filters}

    @property
    def requirements(self) -> tuple[str, ...]:
        """What the method requires of an experiment and its dataset, in words."""
        committee = self.score.committee if self.score else None
        found = {
            "model.dropout": committee is not None and needs_dropout(committee),
            "several networks": committee is not None and networks_of(committee) > 0,
            "sequences": self.needs_sequences,
            "embeddings": self.needs_embeddings,
            "predicted classes": "class_shares" in self.reads,
        }
        return tuple(name for name, needed in found.items() if needed)


@dataclass(frozen=True)
class Reported:
    """How the network that report points measure is trained.

    Attributes:
        learner: trains the network, from its initial weights.
        model: the network.
    """

    learner: Bound[LearnerEntry]
    model: Bound[ModelEntry]


@dataclass(frozen=True)
class PlannedMethod(PlannedQuery):
    """A method of an experiment: its query, and the training of the network that scans for it.

    Attributes:
        model: the network.
        learner: trains the network.
        riders: networks trained beside it, because the query reads the columns they write.
        reported: how the network that report points measure is trained.
    """

    model: Bound[ModelEntry] = field(kw_only=True)
    learner: Bound[LearnerEntry] = field(kw_only=True)
    riders: tuple[Bound[RiderEntry], ...] = field(default=(), kw_only=True)
    reported: Reported = field(kw_only=True)

    @property
    def at_report_points(self) -> PlannedMethod:
        """The method as it is trained at report points; no riders, since nothing is scanned."""
        found = self.reported
        return replace(self, learner=found.learner, model=found.model, riders=())


def plan_query(method: Method, key: str, embedding: Embedding | None = None) -> PlannedQuery:
    """Look up the parts of a method that its query reads.

    Args:
        method: the complete definition.
        key: the key of the config that holds the method, for error messages.
        embedding: the embedding of the experiment.

    Raises:
        ConfigError: for a name that is not registered, a setting that does not fit, a selector
            that ranks by a score where none is given, or a rider's column with an aggregation.
    """
    pool_filter = method.pool_filter
    default = embedding or Embedding()
    ranked_by = rider_column(method.score)
    planned = PlannedQuery(
        method=method,
        score=score_of(method.score, key) if method.score and ranked_by is None else None,
        aggregation=bind(AGGREGATIONS, method.aggregation, key),
        selector=bind(SELECTORS, method.selector, key),
        pool_filter=bind(POOL_FILTERS, pool_filter, key) if pool_filter else None,
        embedding=method.embedding.of(default) if method.embedding else default,
        rider_column=ranked_by,
    )
    if ranked_by is not None and planned.aggregation.key != DEFAULT_AGGREGATION:
        raise ConfigError(
            f"In {key}: the column {ranked_by} has one number per unit already, so the aggregation "
            f"{planned.aggregation.key} has no pixels to read; leave aggregation out."
        )
    if "scores" in planned.selector.entry.needs and planned.column is None:
        raise ConfigError(
            f"In {key}: the selector {planned.selector.name} ranks by a score, but none is given; "
            f"add score: with one of {', '.join(ACQUISITIONS.names())}."
        )
    return planned


def bind(registry: Registry[E], spec: object, key: str) -> Bound[E]:
    """Look up a part; an error names the key of the config that holds it.

    Raises:
        ConfigError: for an unknown name or a setting that does not fit.
    """
    try:
        return registry.bind(spec)  # type: ignore[arg-type] # text or mapping, as YAML holds it
    except ConfigError as error:
        raise ConfigError(f"In {key}: {error}") from None


def score_of(text: str, key: str) -> Score:
    """Parse a score; an error names the key of the config that holds it.

    Raises:
        ConfigError: for an unknown name or a setting that does not fit.
    """
    try:
        return parse_score(text)
    except ConfigError as error:
        raise ConfigError(f"In {key}: {error}") from None
