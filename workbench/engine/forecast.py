"""What an experiment will cost, told before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.config import ExperimentConfig
from workbench.engine.plan import Plan, resolve
from workbench.engine.setting import open_pool
from workbench.pool import PoolIndex, initial_units
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID
from workbench.store.estimate import Scene, estimate_bytes


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
    """

    plan: Plan
    trainings: int
    training_steps: int
    bytes: dict[str, int]


def forecast(config: ExperimentConfig, data_dir: Path) -> Forecast:
    """Look at the data and the network, start nothing.

    Raises:
        WorkbenchError: for all that would stop the experiment itself at its start.
    """
    plan = resolve(config)
    dataset, _, index = open_pool(plan, data_dir)
    budget, seeds, runs = plan.config.budget, len(plan.config.seeds), len(plan.runs)
    learner = plan.learner.call()
    steps = [learner.steps(n) for n in _samples(plan, index, learner.view)]
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
    )


def _samples(plan: Plan, index: PoolIndex, view: str) -> list[int]:
    """Training samples of each cycle."""
    budget = plan.config.budget
    first = initial_units(index, plan.config.initial, budget, plan.config.seeds[0])
    cost = float(index.costs(budget.unit).mean())
    added = int(budget.per_cycle / cost)
    start = len(first)
    if view == "image":
        start = len(np.unique(index.image_numbers[index.rows(first)]))
    most = index.n_images if view == "image" else len(index)
    return [min(start + cycle * added, most) for cycle in range(budget.cycles)]


def _scene(plan: Plan, index: PoolIndex, classes: int) -> Scene:
    from workbench.models import build

    model = build(plan.model, classes, seed=0)
    limit = plan.config.scan.map_limit
    height, width = (min(int(side), most) for side, most in zip(index.sizes[0], limit, strict=True))
    size = model.taps[plan.config.embedding.tap]
    return Scene(
        images=index.n_images,
        pixels=height * width,
        units=len(index),
        scores=len(plan.scores_of(plan.methods)),
        unit_scores=len(plan.unit_scores_of(plan.methods)),
        classes=classes,
        embedding_size=size,
        feature_values=FEATURE_GRID**2 * min(size, FEATURE_CHANNELS),
        weights_bytes=sum(t.numel() * t.element_size() for t in model.state_dict().values()),
    )
