"""From a config to a plan: every name looked up, every default filled in, nothing loaded.

The plan's config is complete, so its id does not depend on how briefly the YAML was written.
No module that this one imports loads torch; the web form checks its entries here too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from workbench.acquisition import ACQUISITIONS
from workbench.aggregation import AGGREGATIONS
from workbench.config import Component, ExperimentConfig, Method, MethodChoice
from workbench.datasets import DATASETS
from workbench.errors import ConfigError
from workbench.learning import LEARNERS
from workbench.methods import complete
from workbench.models import MODELS
from workbench.naming import DEFAULT_AGGREGATION, column
from workbench.registry import Bound, Registry
from workbench.scoring.scores import Score, parse_score
from workbench.selection import SELECTORS
from workbench.units import UNITS


@dataclass(frozen=True)
class PlannedMethod:
    """A method whose parts were all found.

    Attributes:
        method: its definition, complete.
        score: what ranks the units; ``None`` where the selector reads no score.
        aggregation: how a unit's pixels become its score.
        selector: how the batch is chosen.
    """

    method: Method
    score: Score | None
    aggregation: Bound
    selector: Bound

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
    def needs_embeddings(self) -> bool:
        """Whether the selector reads any embedding."""
        return any(name.endswith("embeddings") for name in self.reads)


@dataclass(frozen=True)
class Plan:
    """An experiment whose every part exists.

    Attributes:
        config: with every default filled in.
        dataset: of the registry ``DATASETS``; likewise the other parts.
        methods: in the config's order.
        extra_scores: kept for every run besides the methods' own.
    """

    config: ExperimentConfig
    dataset: Bound
    units: Bound
    model: Bound
    learner: Bound
    methods: tuple[PlannedMethod, ...]
    extra_scores: tuple[Score, ...]

    @property
    def runs(self) -> list[tuple[PlannedMethod, int]]:
        """Every method with every seed, seed by seed, so that comparable runs finish together."""
        return [(m, seed) for seed in self.config.seeds for m in self.methods]

    def method(self, name: str) -> PlannedMethod:
        """Return a method of this experiment by its name."""
        return next(m for m in self.methods if m.name == name)

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
    methods = tuple(_plan_method(choice, i) for i, choice in enumerate(config.methods))
    components = {name: _component(b) for name, b in bound.items()}
    if data_root is not None:
        components["dataset"] = components["dataset"].with_option("root", str(data_root))
    choices = tuple(MethodChoice(**m.method.model_dump()) for m in methods)
    complete_config = config.model_copy(update={**components, "methods": choices})
    extra = tuple(_score(text, "scan.scores") for text in config.scan.scores)
    plan = Plan(complete_config, **bound, methods=methods, extra_scores=extra)
    for score in plan.scores_of(methods):
        _check_committee(score, plan.model, plan.learner)
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
    )
    if "scores" in planned.selector.entry.needs and planned.score is None:
        raise ConfigError(
            f"In {key}: the selector {planned.selector.name} ranks by a score, but none is given; "
            f"add score: with one of {', '.join(ACQUISITIONS.names())}."
        )
    return planned
