"""Turns a config into a plan: looks up every name and fills in every default, loads nothing.

The config of a plan is complete, so its id does not depend on how briefly the YAML was written.
No module that this one imports loads torch; the web form checks its fields with it too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.aggregation import AGGREGATIONS, AggregationEntry
from workbench.committees import needs_dropout, networks_of
from workbench.config import (
    Component,
    Embedding,
    ExperimentConfig,
    Method,
    Tap,
    without_whole_pool,
)
from workbench.datasets import DATASETS, DatasetEntry
from workbench.datasets.pools import POOLS, PoolEntry
from workbench.engine.batch import require_ranking
from workbench.engine.checks import (
    check_head_rate,
    check_reference,
    check_report,
    check_retention,
)
from workbench.engine.method import PlannedMethod, bind, plan_query, score_of
from workbench.engine.reported import plan_references, reported
from workbench.engine.riders import Riders, check_riders, needed_riders, riders_of
from workbench.errors import ConfigError
from workbench.learning import LEARNERS, LearnerEntry
from workbench.methods import complete, reports_by_itself, with_preferred_tap
from workbench.models import MODELS, ModelEntry, require_tap
from workbench.naming import DEFAULT_AGGREGATION, column
from workbench.pool.costs import default_view
from workbench.registry import Bound
from workbench.scoring.scores import Score
from workbench.units import UNITS, UnitsEntry

Methods = Sequence[PlannedMethod]

_QUERY = {"score", "aggregation", "selector", "pool_filter", "costs", "scan"}
"""The keys of a method that decide its queries, beside those of its training."""


@dataclass(frozen=True)
class Plan:
    """An experiment with every part looked up.

    Attributes:
        config: with every default filled in.
        dataset: bound entry of the registry ``DATASETS``.
        pool: bound entry of the registry ``POOLS``.
        units: bound entry of the registry ``UNITS``.
        model: the network of the methods that name none of their own.
        learner: the learner of the methods that name none of their own.
        methods: in the order of the config.
        extra_scores: scores that are kept for every run besides those of the methods.
        references: each as a method that never queries.
    """

    config: ExperimentConfig
    dataset: Bound[DatasetEntry]
    pool: Bound[PoolEntry]
    units: Bound[UnitsEntry]
    model: Bound[ModelEntry]
    learner: Bound[LearnerEntry]
    methods: tuple[PlannedMethod, ...]
    extra_scores: tuple[Score, ...]
    references: tuple[PlannedMethod, ...] = ()

    @property
    def runs(self) -> list[tuple[PlannedMethod, int]]:
        """Every method with every seed, seed by seed, so that comparable runs finish together."""
        seeds = self.config.seeds
        return [(m, s) for s in seeds for m in self.methods if s in m.method.seeds_of(seeds)]

    @property
    def reference_runs(self) -> list[tuple[PlannedMethod, int]]:
        """Every reference with every seed of its own, else of the experiment."""
        seeds = self.config.seeds
        return [(one, seed) for one in self.references for seed in one.method.seeds or seeds]

    def reference(self, name: str) -> PlannedMethod:
        """Return the reference of this name."""
        return next(one for one in self.references if one.name == name)

    def method(self, name: str) -> PlannedMethod:
        """Return the method of this name."""
        return next(m for m in self.methods if m.name == name)

    def cycle_zero_key(self, method: PlannedMethod, seed: int) -> str:
        """Return the key of the cycle 0 that a method shares with other methods of the same seed.

        Two runs share it when model (with its dropout), learner, pool, initial units, seed, riders
        and the precision of the scan are the same.
        """
        own = {
            "model": part_spec(method.model),
            "learner": part_spec(method.learner),
            "riders": [part_spec(rider) for rider in method.riders],
            "scan": method.method.scan.model_dump() if method.method.scan else None,
            "validate": self.config.evaluation.validation,
            "filter": method.pool_filter.key
            if method.pool_filter is not None and self.config.initial.filtered
            else None,
        }
        text = json.dumps(self._begins_with | own | {"seed": seed}, sort_keys=True)
        return f"s{seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @cached_property
    def _begins_with(self) -> dict[str, Any]:
        """What the cycle 0s of all methods and seeds rest on, JSON-ready.

        Kept: an experiment of a thousand runs reads it for each of them several times.
        """
        config = self.config.plain()
        parts = {key: config[key] for key in ("units", "initial", "pool")}
        budget = {key: config["budget"][key] for key in ("unit", "initial", "click_tolerance")}
        dataset = {k: v for k, v in config["dataset"].items() if k != "root"}
        parts["pool"] = {k: v for k, v in config["pool"].items() if k != "file"}
        return without_whole_pool(parts) | {"budget": budget, "dataset": dataset}

    def choosing_seed(self, seed: int) -> int:
        """Return the seed whose trainings choose between initial sets: its own, or 0 for all."""
        return 0 if self.config.initial.share_across_seeds else seed

    def choice_key(self, method: PlannedMethod, seed: int) -> str:
        """Return the key of the choice between initial sets: per seed, or one for all seeds."""
        return self.cycle_zero_key(method, self.choosing_seed(seed))

    def sharing(self, key: str, seed: int) -> tuple[PlannedMethod, ...]:
        """Return the methods that share the cycle 0 of this key and seed."""
        return tuple(m for m, s in self.runs if s == seed and self.cycle_zero_key(m, s) == key)

    def rests_on(self, method: PlannedMethod, seed: int) -> dict[str, Any]:
        """Return what the results of a run rest on besides what all runs share, JSON-ready."""
        own = {"model": part_spec(method.model), "learner": part_spec(method.learner)}
        beside = [part_spec(rider) for rider in method.riders]
        embedding = {"embedding": method.embedding.model_dump(mode="json"), "riders": beside}
        return own | embedding | {"cycle_zero": self.cycle_zero_key(method, seed)}

    @property
    def alike(self) -> list[tuple[str, ...]]:
        """The names of methods whose cycles are the same: they differ at report points at most."""
        groups: dict[str, list[str]] = {}
        for method in self.methods:
            query = method.method.model_dump(include=_QUERY)
            cycles = json.dumps(
                [query, self.rests_on(method, self.config.seeds[0])], sort_keys=True
            )
            groups.setdefault(cycles, []).append(method.name)
        return [tuple(names) for names in groups.values() if len(names) > 1]

    def scores_of(self, methods: Methods) -> tuple[Score, ...]:
        """Return the scores of a scan, once each: of the methods, their learners, and the extra."""
        wanted = [m.score for m in methods if m.score]
        for method in methods:
            key = f"the learner {method.learner.name}"
            wanted += [score_of(text, key) for text in method.learner.entry.scores]
        wanted += self.extra_scores
        return tuple({score.name: score for score in wanted}.values())

    def unit_scores_of(self, methods: Methods) -> tuple[tuple[Score, Bound[AggregationEntry]], ...]:
        """Return the unit scores of a scan: the mean of every score, and those of the methods."""
        mean = AGGREGATIONS.bind(DEFAULT_AGGREGATION)
        pairs = [(score, mean) for score in self.scores_of(methods)]
        pairs += [(m.score, m.aggregation) for m in methods if m.score]
        return tuple({column(s.name, a.key): (s, a) for s, a in pairs}.values())

    def float32_of(self, methods: Methods) -> frozenset[str]:
        """Return the scores that a method computes in float32, whatever precision the scan has."""
        return frozenset(
            m.score.name
            for m in methods
            if m.score and m.method.scan and m.method.scan.precision == "float32"
        )

    def coarse_tap(self, method: PlannedMethod) -> Tap:
        """Return the tap of the coarse feature maps in cycles of a method.

        It is that of the experiment's embedding, and ``backbone`` in a network without it. No
        method changes it, so that a shared cycle 0 does not depend on which methods came first.
        """
        wanted = self.config.embedding.tap
        return wanted if wanted in method.model.entry.taps else "backbone"

    def embeddings_of(self, methods: Methods, cycle: int = 0) -> tuple[Embedding, ...]:
        """Return the embeddings that a cycle of these methods computes, once each, by any weights.

        A cycle that does not keep them computes those alone that a selector reads.
        """
        kept = self.config.keep.keeps("embeddings", cycle, self.config.budget.cycles)
        read = [m for m in methods if kept or m.needs_embeddings]
        return tuple({e.key: e for m in read for e in m.embeddings}.values())

    def untrained_embeddings_of(self, methods: Methods) -> tuple[Embedding, ...]:
        """Return the embeddings of these methods by the network before cycle 0 is trained."""
        found = {e.key: e for m in methods for e in m.embeddings if e.weights == "initial"}
        return tuple(found.values())


def resolve(config: ExperimentConfig) -> Plan:
    """Look up every name of a config.

    Raises:
        ConfigError: for a name that is not registered (with the nearest registered one) or a
            setting that does not fit.
    """
    dataset = bind(DATASETS, config.dataset.spec, "dataset")
    pool = bind(POOLS, config.pool.spec, "pool")
    units = bind(UNITS, config.units.spec, "units")
    model = bind(MODELS, config.model.spec, "model")
    learner = bind(LEARNERS, config.learner.spec, "learner")
    parts = {"dataset": dataset, "pool": pool, "units": units, "model": model, "learner": learner}
    config = config.model_copy(update={key: _component(part) for key, part in parts.items()})
    _check_evaluation(config)
    _check_initial(config)
    check_report(config, (m for m in config.methods if not reports_by_itself(m.name)))
    if config.scan.view == "unit" and units.entry.overlap:
        raise ConfigError(
            f"scan.view is unit, but the units of {units.name} may overlap, so a pixel would have "
            "several scores; set scan.view to image, or choose units that do not overlap, e.g. "
            "crop."
        )
    riders = riders_of(config)
    methods = tuple(
        plan_method(complete(m), config, i, riders) for i, m in enumerate(config.methods)
    )
    check_riders(riders, methods)
    config = config.model_copy(update={"methods": tuple(m.method for m in methods)})
    extra = tuple(score_of(text, "scan.scores") for text in config.scan.scores)
    references = plan_references(config, units)
    plan = Plan(config, dataset, pool, units, model, learner, methods, extra, references)
    for method in methods:
        for score in plan.scores_of((method,)):
            _check_committee(score, method)
        check_reference(method)
        check_retention(method, config.keep)
        check_head_rate(method)
        if config.report.at:
            check_head_rate(method.at_report_points, "report.learner")
        require_ranking(method.selector, plan.units, f"the method {method.name}")
    for reference in references:
        check_head_rate(reference, f"references: {reference.name}: learner")
    return plan


def plan_method(
    method: Method, config: ExperimentConfig, position: int, riders: Riders
) -> PlannedMethod:
    """Look up the parts of a method; those it does not name are the parts of the experiment.

    Args:
        method: the complete definition.
        config: the config of the experiment.
        position: the index of the method in the config, for error messages.
        riders: the riders that the experiment names.

    Raises:
        ConfigError: see :func:`workbench.engine.method.plan_query`, or if no rider writes a column
            that the method reads.
    """
    key = f"methods.{position} ({method.name})"
    named = method.model.of(config.model) if method.model else config.model
    model = bind(MODELS, named.spec, f"{key}.model")
    method = with_preferred_tap(method, model.entry.taps)
    query = plan_query(method, key, config.embedding)
    needs = "costs" in query.selector.entry.needs
    if method.costs is None and "costs" in query.reads:
        costs = default_view(config.budget, predicted=needs)
        query = plan_query(method.model_copy(update={"costs": costs}), key, config.embedding)
    elif method.costs is not None and "costs" not in query.reads:
        raise ConfigError(
            f"The method {method.name} names the costs {method.costs}, but its selector "
            f"{query.selector.name} reads no costs; leave them out, or choose a selector that "
            "reads costs, e.g. cereals."
        )
    require_tap(model, query.embedding.tap)
    named_learner = method.learner.of(config.learner) if method.learner else config.learner
    learner = bind(LEARNERS, named_learner.spec, f"{key}.learner")
    beside = query.rider_columns - set(learner.entry.columns)
    return PlannedMethod(
        **vars(query),
        model=model,
        learner=learner,
        riders=needed_riders(riders, beside),
        reported=reported(method.report, config, f"{key}, report"),
    )


def part_spec(bound: Bound) -> dict[str, Any]:
    """Return a part with all its settings, JSON-ready."""
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in bound.options.items()}
    return {"name": bound.name, **plain}


def _component(bound: Bound) -> Component:
    return Component(**part_spec(bound))


def _check_evaluation(config: ExperimentConfig) -> None:
    """Check that networks are measured on splits that are named once and are not the pool.

    Raises:
        ConfigError: for no split, a split named twice, or the split ``train``.
    """
    evaluation = config.evaluation
    if not evaluation.splits or len(set(evaluation.splits)) < len(evaluation.splits):
        raise ConfigError(
            f"evaluation.split is {list(evaluation.splits)}; wanted one split or several, once "
            "each, e.g. val."
        )
    if "train" in (*evaluation.splits, evaluation.validation):
        raise ConfigError(
            "The split 'train' is the pool, whose masks only the oracle may read; evaluate on val "
            "or another split."
        )


def _check_initial(config: ExperimentConfig) -> None:
    """Check that there is something to choose among several initial sets.

    Raises:
        ConfigError: if ``middle_of`` draws sets of nothing.
    """
    if config.initial.rule == "middle_of" and not config.budget.initial:
        raise ConfigError(
            "initial.rule is middle_of and budget.initial is 0, so that every set is empty; set a "
            "larger budget.initial, or another rule."
        )


def _check_committee(score: Score, method: PlannedMethod) -> None:
    """Check that the model has the dropout and the learner the networks that a score needs.

    Raises:
        ConfigError: if the model has no dropout, or the learner trains another number of networks.
    """
    dropout = method.model.options.get("dropout")
    if needs_dropout(score.committee) and not dropout:
        raise ConfigError(
            f"The score {score.name} draws its committee by dropout, but model.dropout is "
            f"{dropout}; set a rate above 0, e.g. model.dropout: 0.1."
        )
    learner, wanted = method.learner, networks_of(score.committee)
    if wanted and wanted != (trained := learner.entry.members(learner.options)):
        raise ConfigError(
            f"The score {score.name} needs {wanted} networks, but the learner {learner.name} "
            f"trains {trained}; choose another score or a learner that trains {wanted}."
        )
