"""From a config to a plan: every name looked up, every default filled in, nothing loaded.

The plan's config is complete, so its id does not depend on how briefly the YAML was written.
No module that this one imports loads torch; the web form checks its entries here too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from workbench.acquisition import ACQUISITIONS
from workbench.aggregation import AGGREGATIONS
from workbench.committees import needs_dropout, networks_of
from workbench.config import Budget, Component, ExperimentConfig, Method, MethodChoice
from workbench.datasets import DATASETS
from workbench.engine.batch import require_ranking
from workbench.engine.costs import default_view
from workbench.errors import ConfigError
from workbench.learning import COST_LEARNERS, LEARNERS
from workbench.methods import complete
from workbench.models import MODELS, require_tap
from workbench.naming import DEFAULT_AGGREGATION, column
from workbench.registry import Bound, Registry
from workbench.scoring.scores import Score, parse_score
from workbench.selection import POOL_FILTERS, SELECTORS
from workbench.units import UNITS


@dataclass(frozen=True)
class PlannedMethod:
    """A method whose parts were all found.

    Attributes:
        method: its definition, complete.
        score: what ranks the units; ``None`` where the selector reads no score.
        aggregation: how a unit's pixels become its score.
        selector: how the batch is chosen.
        pool_filter: which units may be queried at all; ``None``: every one.
    """

    method: Method
    score: Score | None
    aggregation: Bound
    selector: Bound
    pool_filter: Bound | None = None

    @property
    def name(self) -> str:
        """The method's name."""
        return self.method.name

    @property
    def column(self) -> str | None:
        """The unit table's column that the selector ranks by."""
        return column(self.score.name, self.aggregation.key) if self.score else None

    @property
    def reads(self) -> frozenset[str]:
        """What the selector reads of the candidates: all it needs, and what it takes if given."""
        entry = self.selector.entry
        return frozenset(entry.needs) | frozenset(entry.facts.get("reads", ()))

    @property
    def predicts_costs(self) -> bool:
        """Whether the selector reads what a click-cost network predicts."""
        return self.method.costs == "predicted"

    @property
    def needs_embeddings(self) -> bool:
        """Whether the selector reads any embedding."""
        return any(name.endswith("embeddings") for name in self.reads)

    @property
    def needs_initial_reference(self) -> bool:
        """Whether it compares with the whole pool as the network sees it before training."""
        initial = self.selector.entry.facts.get("reference") == "initial"
        return initial and "reference_embeddings" in self.reads

    @property
    def requirements(self) -> tuple[str, ...]:
        """What experiment and dataset have to bring along for it, in words."""
        committee = self.score.committee if self.score else None
        found = {
            "model.dropout": committee is not None and needs_dropout(committee),
            "several networks": committee is not None and networks_of(committee) > 0,
            "sequences": self.needs_sequences,
            "embeddings": self.needs_embeddings,
            "predicted classes": "class_shares" in self.reads,
        }
        return tuple(name for name, needed in found.items() if needed)

    @property
    def needs_sequences(self) -> bool:
        """Whether it reads which sequence an image belongs to."""
        parts = [part for part in (self.selector, self.pool_filter) if part is not None]
        return any("sequences" in part.entry.needs for part in parts)


@dataclass(frozen=True)
class Plan:
    """An experiment whose every part exists.

    Attributes:
        config: with every default filled in.
        dataset: of the registry ``DATASETS``; likewise the other parts.
        methods: in the config's order.
        extra_scores: kept for every run besides the methods' own.
        cost_learner: how the click-cost network of the methods that read its predictions is
            trained; ``None`` if there is no such method.
    """

    config: ExperimentConfig
    dataset: Bound
    units: Bound
    model: Bound
    learner: Bound
    methods: tuple[PlannedMethod, ...]
    extra_scores: tuple[Score, ...]
    cost_learner: Bound | None = None

    @property
    def runs(self) -> list[tuple[PlannedMethod, int]]:
        """Every method with every seed, seed by seed, so that comparable runs finish together."""
        return [(m, seed) for seed in self.config.seeds for m in self.methods]

    def method(self, name: str) -> PlannedMethod:
        """Return a method of this experiment by its name."""
        return next(m for m in self.methods if m.name == name)

    @property
    def needs_initial_embeddings(self) -> bool:
        """Whether the pool is embedded once before any training."""
        always = self.config.embedding.weights == "initial"
        return always or any(m.needs_initial_reference for m in self.methods)

    def cost_learner_of(self, methods: tuple[PlannedMethod, ...]) -> Bound | None:
        """The cost learner, if one of these methods reads what its network predicts."""
        return self.cost_learner if any(m.predicts_costs for m in methods) else None

    def cycle_zero_key(self, seed: int) -> str:
        """Name the cycle 0 that all methods of a seed share.

        Two runs share it when model (with its dropout), learner, pool, initial units and seed are
        the same; here the methods of an experiment differ in none of these.
        """
        config = self.config.plain()
        parts = {k: config[k] for k in ("dataset", "units", "model", "learner", "initial")}
        parts |= {"budget": [config["budget"]["unit"], config["budget"]["initial"]], "seed": seed}
        text = json.dumps(parts, sort_keys=True)
        return f"s{seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def initial_key(self, seed: int) -> str | None:
        """Name a seed's embeddings by the network before training; ``None`` if there are none."""
        return self.cycle_zero_key(seed) if self.needs_initial_embeddings else None

    def scores_of(self, methods: tuple[PlannedMethod, ...]) -> tuple[Score, ...]:
        """The scores of a scan for these methods: theirs and the extra ones, once each."""
        wanted = [m.score for m in methods if m.score] + list(self.extra_scores)
        return tuple({score.name: score for score in wanted}.values())

    def unit_scores_of(self, methods: tuple[PlannedMethod, ...]) -> tuple[tuple[Score, Bound], ...]:
        """The unit scores of a scan: the mean of every score, and the methods' own."""
        mean = AGGREGATIONS.bind(DEFAULT_AGGREGATION)
        pairs = [(score, mean) for score in self.scores_of(methods)]
        pairs += [(m.score, m.aggregation) for m in methods if m.score]
        return tuple({column(s.name, a.key): (s, a) for s, a in pairs}.values())


def resolve(config: ExperimentConfig) -> Plan:
    """Look up every name of a config.

    Raises:
        ConfigError: for a name that is not registered (with the nearest known one) or a setting
            that does not fit.
    """
    data_root = config.dataset.options.get("root")
    dataset_options = {k: v for k, v in config.dataset.options.items() if k != "root"}
    bound = {
        "dataset": _bind(DATASETS, {"name": config.dataset.name, **dataset_options}, "dataset"),
        "units": _bind(UNITS, config.units.spec, "units"),
        "model": _bind(MODELS, config.model.spec, "model"),
        "learner": _bind(LEARNERS, config.learner.spec, "learner"),
    }
    require_tap(bound["model"], config.embedding.tap)
    methods = tuple(_plan_method(choice, i) for i, choice in enumerate(config.methods))
    cost_learner = _cost_learner(config, methods)
    methods = tuple(_with_costs(m, config.budget, cost_learner) for m in methods)
    _check_costs(config, methods)
    components = {name: _component(b) for name, b in bound.items()}
    if cost_learner is not None:
        components["cost_learner"] = _component(cost_learner)
    if data_root is not None:
        components["dataset"] = components["dataset"].with_option("root", str(data_root))
    choices = tuple(MethodChoice(**m.method.model_dump()) for m in methods)
    complete_config = config.model_copy(update={**components, "methods": choices})
    extra = tuple(_score(text, "scan.scores") for text in config.scan.scores)
    plan = Plan(
        complete_config, **bound, methods=methods, extra_scores=extra, cost_learner=cost_learner
    )
    for score in plan.scores_of(methods):
        _check_committee(score, plan.model, plan.learner)
    for method in methods:
        require_ranking(method.selector, plan.units, f"the method {method.name}")
    return plan


def _bind(registry: Registry, spec: str | dict[str, Any], key: str) -> Bound:
    try:
        return registry.bind(spec)
    except ConfigError as error:
        raise ConfigError(f"In {key}: {error}") from None


def _component(bound: Bound) -> Component:
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in bound.options.items()}
    return Component(name=bound.name, **plain)


def _score(text: str, key: str) -> Score:
    try:
        return parse_score(text)
    except ConfigError as error:
        raise ConfigError(f"In {key}: {error}") from None


def _check_committee(score: Score, model: Bound, learner: Bound) -> None:
    """See that model and learner give what a score's committee is made of."""
    facts = score.committee.entry.facts
    if facts.get("dropout") and not model.options.get("dropout"):
        raise ConfigError(
            f"The score {score.name} draws its committee by dropout, but model.dropout is "
            f"{model.options.get('dropout')}; train with some, e.g. model.dropout: 0.1."
        )
    if facts.get("networks") and not learner.entry.facts.get("members"):
        raise ConfigError(
            f"The score {score.name} asks for several networks, but the learner {learner.name} "
            "trains one; choose another score or a learner that trains an ensemble."
        )


def _cost_learner(config: ExperimentConfig, methods: tuple[PlannedMethod, ...]) -> Bound | None:
    """Return the cost learner that was named, or the first one if a method cannot do without."""
    if config.cost_learner is None and not any(m.predicts_costs for m in methods):
        return None
    spec = config.cost_learner.spec if config.cost_learner else COST_LEARNERS.names()[0]
    found = _bind(COST_LEARNERS, spec, "cost_learner")
    if found.options.get("model") is not None:
        _bind(MODELS, found.options["model"], "cost_learner.model")
    return found


def _with_costs(method: PlannedMethod, budget: Budget, cost_learner: Bound | None) -> PlannedMethod:
    """Name the costs that a method reads: those it was given, else those of the budget.

    A selector that can do without costs is not worth a network of its own.
    """
    if "costs" not in method.reads or method.method.costs is not None:
        return method
    needed = "costs" in method.selector.entry.needs
    view = default_view(budget, predicted=cost_learner is not None and needed)
    return replace(method, method=method.method.model_copy(update={"costs": view}))


def _check_costs(config: ExperimentConfig, methods: tuple[PlannedMethod, ...]) -> None:
    """See that whatever is said about costs is read by somebody."""
    for method in methods:
        if method.method.costs is not None and "costs" not in method.reads:
            raise ConfigError(
                f"The method {method.name} names the costs {method.method.costs}, but its selector "
                f"{method.selector.name} reads none; leave them out, or choose a selector that "
                "does, e.g. cereals."
            )
    if config.cost_learner is not None and not any(m.predicts_costs for m in methods):
        raise ConfigError(
            f"The cost learner {config.cost_learner.name} would be trained for nothing: no method "
            "reads predicted costs; add one, e.g. cereals, or leave cost_learner out."
        )


def _plan_method(choice: MethodChoice, position: int) -> PlannedMethod:
    method = complete(choice)
    return plan_method(method, f"methods.{position} ({method.name})")


def plan_method(method: Method, key: str) -> PlannedMethod:
    """Look up the parts of a method.

    Args:
        method: complete.
        key: where it stands, for error messages.

    Raises:
        ConfigError: for a name that is not registered, a setting that does not fit, or a selector
            that ranks by a score where none is given.
    """
    planned = PlannedMethod(
        method=method,
        score=_score(method.score, key) if method.score else None,
        aggregation=_bind(AGGREGATIONS, method.aggregation, key),
        selector=_bind(SELECTORS, method.selector, key),
        pool_filter=_bind(POOL_FILTERS, method.pool_filter, key) if method.pool_filter else None,
    )
    if "scores" in planned.selector.entry.needs and planned.score is None:
        raise ConfigError(
            f"In {key}: the selector {planned.selector.name} ranks by a score, but none is given; "
            f"add score: with one of {', '.join(ACQUISITIONS.names())}."
        )
    return planned
