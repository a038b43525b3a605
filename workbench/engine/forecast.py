"""What an experiment will cost, told before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.config import Budget, ExperimentConfig
from workbench.engine.plan import Plan, resolve
from workbench.engine.setting import open_pool
from workbench.pool import Oracle, PoolIndex, initial_units
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID
from workbench.store.estimate import Scene, estimate_bytes
from workbench.types import UnitIds


@dataclass(frozen=True)
class Forecast:
    """The cost of an experiment that starts from nothing.

    Attributes:
        plan: the experiment, looked up.
        trainings: networks trained: a cycle 0 a seed, then every further cycle of every run.
        training_steps: optimizer steps of all of them. Which images a query falls on is not known
            beforehand; with whole-image samples each queried unit counts as an image of its own, up
            to all images of the pool.
        bytes: disk, part by part, and their sum ``total``.
        cost_steps: likewise of the click-cost networks; one sample an image with labelled units.
        pool_clicks: what labelling the whole pool would take, at the price of the initial units of
            the first seed, whose masks alone are read; ``None`` for a budget in other units.
    """

    plan: Plan
    trainings: int
    training_steps: int
    bytes: dict[str, int]
    cost_steps: int = 0
    pool_clicks: int | None = None


def forecast(config: ExperimentConfig, data_dir: Path) -> Forecast:
    """Look at the data and the network, start nothing.

    Raises:
        WorkbenchError: for all that would stop the experiment itself at its start.
    """
    plan = resolve(config)
    dataset, scheme, index = open_pool(plan, data_dir)
    budget, seeds, runs = plan.config.budget, len(plan.config.seeds), len(plan.runs)
    oracle = Oracle(dataset, scheme, index, budget.click_tolerance)
    first = initial_units(index, plan.config.initial, budget, plan.config.seeds[0], oracle)
    price = _price(index, budget, oracle, first)
    learner = plan.learner.call()
    steps = [learner.steps(n) for n in _samples(plan, index, first, price, learner.view)]
    return Forecast(
        plan=plan,
        trainings=seeds + runs * (budget.cycles - 1),
        training_steps=seeds * steps[0] + runs * sum(steps[1:]),
        bytes=estimate_bytes(
            _scene(plan, index, dataset.card.n_classes),
            plan.config.keep,
            runs=runs,
            cycles=budget.cycles,
            shared=seeds,
        ),
        cost_steps=_cost_steps(plan, _samples(plan, index, first, price, "image")),
        pool_clicks=_pool_clicks(index, oracle, first) if budget.unit == "clicks" else None,
    )


def _price(index: PoolIndex, budget: Budget, oracle: Oracle, first: UnitIds) -> float:
    """Return what a unit costs on average, in the budget's unit."""
    if budget.unit == "clicks":
        return max(1.0, float(oracle.price(first).mean()))
    return float(index.costs(budget.unit).mean())


def _pool_clicks(index: PoolIndex, oracle: Oracle, first: UnitIds) -> int:
    """Return what the whole pool takes, if each of its pixels takes what those of ``first`` do."""
    share = index.spent(first, "pixels") / int(index.image_costs("pixels").sum())
    return round(float(oracle.price(first).sum()) / share)


def _samples(plan: Plan, index: PoolIndex, first: UnitIds, price: float, view: str) -> list[int]:
    """Training samples of each cycle."""
    budget = plan.config.budget
    added = int(budget.per_cycle / price)
    start = len(first)
    if view == "image":
        start = len(np.unique(index.image_numbers[index.rows(first)]))
    most = index.n_images if view == "image" else len(index)
    return [min(start + cycle * added, most) for cycle in range(budget.cycles)]


def _cost_steps(plan: Plan, samples: list[int]) -> int:
    """Return the steps of all click-cost networks; a run trains one if its method reads it."""
    if plan.cost_learner is None:
        return 0
    steps: list[int] = [plan.cost_learner.call().steps(n) for n in samples]
    readers = sum(method.predicts_costs for method in plan.methods)
    return len(plan.config.seeds) * (steps[0] + readers * sum(steps[1:]))


def _scene(plan: Plan, index: PoolIndex, classes: int) -> Scene:
    from workbench.models import build

    model = build(plan.model, classes, seed=0)
    limit = plan.config.scan.map_limit
    height, width = (min(int(side), most) for side, most in zip(index.sizes[0], limit, strict=True))
    size = model.taps[plan.config.embedding.tap]
    full = index.described
    tensors = list(model.state_dict().values())
    predicted = plan.cost_learner is not None
    if plan.cost_learner is not None:
        spec = plan.cost_learner.options.get("model") or plan.model
        tensors += build(spec, 1, seed=0).state_dict().values()
    return Scene(
        images=index.n_images,
        pixels=height * width,
        units=len(index),
        scores=len(plan.scores_of(plan.methods)) + predicted,
        unit_scores=len(plan.unit_scores_of(plan.methods)) + 2 * predicted,
        classes=classes if full else 0,
        embedding_size=size if full and plan.config.embedding.weights == "current" else 0,
        initial_size=size if plan.needs_initial_embeddings else 0,
        feature_values=FEATURE_GRID**2 * min(size, FEATURE_CHANNELS),
        weights_bytes=sum(t.numel() * t.element_size() for t in tensors),
    )
