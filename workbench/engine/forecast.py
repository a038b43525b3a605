"""Estimates what an experiment will cost before anything starts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.config import ExperimentConfig
from workbench.engine.compute import device_of, side_by_side
from workbench.engine.decoded import decoded_splits, missing_bytes, require_room
from workbench.engine.method import PlannedMethod
from workbench.engine.parts import check_parts, networks, reported_bytes
from workbench.engine.plan import Plan, resolve
from workbench.engine.points import trained_by
from workbench.engine.remaining import Lack, Remaining, remaining
from workbench.engine.setting import label_source, open_pool, stored_experiment
from workbench.geometry import Geometry
from workbench.pool import (
    Allowance,
    Paid,
    Prices,
    collect,
    initial_sets,
)
from workbench.pool.clicks import FEWEST_CLICKS
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID
from workbench.store.estimate import PARTS, ScanSize, estimate_bytes
from workbench.types import UnitIds, image_numbers

if TYPE_CHECKING:
    from workbench.engine.pace import Duration
    from workbench.store.experiment import ExperimentRecord


@dataclass(frozen=True)
class Forecast:
    """The cost of what is left of an experiment; for a new experiment, of all of it.

    Attributes:
        plan: the experiment, looked up.
        trainings: networks trained: a cycle 0 for all runs that share it, then every further cycle
            of every run.
        trained_again: trainings among these that repeat an earlier one, because its weights were
            not kept.
        scanned_again: cycle 0s whose network scans the pool again, for new methods.
        training_steps: optimizer steps of all networks that segment. The images that a query will
            select are not known yet; with whole-image samples each queried unit counts as an image
            of its own, up to all images of the pool. Images that a learner labels by itself are not
            counted, nor are the steps of what it trains beside the networks, such as a
            discriminator.
        bytes: bytes on disk, part by part, and their sum ``total``; ``decoded pictures`` are those
            of the dataset's files, which all experiments on it share.
        rider_steps: optimizer steps of the riders; one sample per image with labelled units.
        reports: networks of report points among the trainings; at a cycle 0 that runs share, one
            for those that are trained alike.
        references: networks of references among the trainings.
        beyond: report points that lie beyond the last cycle.
        pool_images: images of the pool.
        pool_clicks: clicks that labelling the whole pool would take, at the price of the initial
            units of the first seed, the only masks that are read; ``None`` for a budget in another
            unit, or without initial units.
        time: how long it takes on this machine; ``None`` if it was not timed or nothing is trained.
    """

    plan: Plan
    trainings: int
    trained_again: int
    scanned_again: int
    training_steps: int
    bytes: dict[str, int]
    pool_images: int
    rider_steps: int = 0
    reports: int = 0
    references: int = 0
    beyond: int = 0
    pool_clicks: int | None = None
    time: Duration | None = None


def forecast(
    config: ExperimentConfig,
    data_dir: Path,
    store: Path | None = None,
    *,
    decoded: bool = True,
    timed: bool = False,
) -> Forecast:
    """Estimate the cost from the data, the network and the store; start nothing.

    Args:
        config: the experiment.
        data_dir: holds one folder per dataset.
        store: the store; without one the pictures that would be decoded are not counted.
        decoded: whether the files of the dataset are decoded once, into the store.
        timed: whether a few steps and images are timed on this machine, which takes seconds.

    Raises:
        WorkbenchError: for every error that the experiment itself would raise at its start.
    """
    plan = resolve(config)
    stored = stored_experiment(store, plan.config.id)
    opened = open_pool(plan, data_dir, stored, store)
    dataset, geometry = opened.dataset, opened.geometry
    check_parts(plan, dataset.card.n_classes)
    budget = plan.config.budget
    allowance = Allowance(geometry, budget)
    left = remaining(plan, stored, allowance)
    pictures = 0
    if decoded and store is not None and (left.runs or left.references):
        splits = decoded_splits(store, plan, dataset, opened.seen)
        require_room(store, dataset, splits)
        pictures = missing_bytes(splits)
    queue = initial_sets(allowance, plan.config.initial, plan.config.seeds[0])[0]
    first, price, pool_clicks = queue.unit_ids, _mean_price(allowance), None
    source = label_source(dataset, geometry)
    if allowance.in_clicks and source.available(queue.unit_ids).all():  # none is requested
        paid = collect(queue, source, Prices(source, budget.click_tolerance))
        first, price, pool_clicks = _clicks(geometry, paid)
    trained = [(start.methods[0], 0) for start in left.starts if start.trains]
    trained += [(method, 0) for method in _initial_trainings(plan, left, stored)]
    trained += [(run.method, cycle) for run in left.runs for cycle in run.trainings]
    samples = {view: _samples(plan, allowance, first, price, view) for view in ("image", "unit")}
    steps = {method.name: _steps(method, samples) for method in plan.methods}
    reports = _reports(plan, left) + [(reference, 0) for reference, _ in left.references]
    report_steps = {m.name: _steps(m.at_report_points, samples) for m in plan.methods}
    whole = {"image": [geometry.n_images], "unit": [len(geometry)]}
    report_steps |= {one.name: _steps(one, whole) for one in plan.references}
    time = None
    if timed and (trained or reports):
        from workbench.engine.pace import duration

        slots = side_by_side(None, plan, device_of(plan.config.compute))
        time = duration(plan, dataset, geometry, trained, reports, (steps, report_steps), slots)
    return Forecast(
        plan=plan,
        time=time,
        trainings=len(trained) + len(reports),
        trained_again=sum(start.lack is not None and start.trains for start in left.starts),
        scanned_again=sum(bool(start.lack and start.lack.needs_scan) for start in left.starts),
        training_steps=sum(steps[method.name][cycle] for method, cycle in trained)
        + sum(report_steps[method.name][cycle] for method, cycle in reports),
        bytes=_with_pictures(_bytes(plan, left, geometry, dataset.card.n_classes), pictures),
        pool_images=geometry.n_images,
        rider_steps=sum(_rider_steps(method, samples["image"][cycle]) for method, cycle in trained),
        pool_clicks=pool_clicks,
        reports=len(reports) - len(left.references),
        references=len(left.references),
        beyond=sum(allowance.first_cycle(point) is None for point in plan.config.report.at),
    )


def _reports(plan: Plan, left: Remaining) -> list[tuple[PlannedMethod, int]]:
    """Return method and cycle of each network of a report point that is still to be trained."""
    found: dict[object, tuple[PlannedMethod, int]] = {}
    for run in left.runs:
        for cycle in run.reports:
            alike = json.dumps(trained_by(run.method), sort_keys=True)
            shares = (plan.cycle_zero_key(run.method, run.seed), alike)
            key = shares if cycle == 0 else (run.method.name, run.seed, cycle)
            found.setdefault(key, (run.method, cycle))
    return list(found.values())


def _initial_trainings(
    plan: Plan, left: Remaining, stored: ExperimentRecord | None
) -> list[PlannedMethod]:
    """Return the method of each training that is still needed to choose the initial units."""
    initial = plan.config.initial
    if initial.rule != "middle_of":
        return []
    choosing = {
        plan.choice_key(start.methods[0], start.seed): start.methods[0]
        for start in left.starts
        if start.lack is None
    }
    times = initial.sets * initial.repeats
    chosen = set() if stored is None else {key for key in choosing if stored.has_choice(key)}
    return [method for key, method in choosing.items() if key not in chosen for _ in range(times)]


def _steps(method: PlannedMethod, samples: dict[str, list[int]]) -> list[int]:
    """Return the optimizer steps of each cycle of a method, those of all its networks."""
    learner, entry = method.learner.call(), method.learner.entry
    members = max(1, entry.members(method.learner.options))
    first, *rest = samples[learner.view]
    begin = getattr(learner, "first_steps", learner.steps)
    return [members * steps for steps in (begin(first), *(learner.steps(n) for n in rest))]


def _rider_steps(method: PlannedMethod, samples: int) -> int:
    """Return the optimizer steps of the riders of a method in one cycle."""
    return sum(rider.call().steps(samples) for rider in method.riders)


def _bytes(plan: Plan, left: Remaining, geometry: Geometry, classes: int) -> dict[str, int]:
    """Return the bytes on disk that are still needed, part by part and in total."""
    cycles, keep = plan.config.budget.cycles, plan.config.keep
    total = Counter[str]()
    for start in left.starts:
        size = _size(plan, start.methods, geometry, classes)
        if start.lack is not None:
            size = _added(size, start.lack, start.methods[0], classes)
        total.update(estimate_bytes(size, keep, [0], cycles))
    for run in left.runs:
        size = _size(plan, (run.method,), geometry, classes)
        total.update(estimate_bytes(size, keep, run.trainings, cycles, len(run.reports)))
    if keep.reports == "all":
        weights = sum(reported_bytes(one, classes) for one, _ in left.references)
        total.update({"references": weights, "total": weights})
    return {part: total[part] for part in (*PARTS, "references")}


def _with_pictures(parts: dict[str, int], pictures: int) -> dict[str, int]:
    """Add the bytes of the dataset's decoded pictures, which belong to no run."""
    total = parts.pop("total") + pictures
    return {**parts, "decoded pictures": pictures, "total": total}


def _mean_price(allowance: Allowance) -> float:
    """Return the mean price of a unit, in the whole numbers of the allowance."""
    if allowance.in_clicks:
        return float(FEWEST_CLICKS)
    units = allowance.geometry.image_costs("units").sum()
    return float(allowance.image_costs().sum() / units)


def _clicks(geometry: Geometry, paid: Paid) -> tuple[UnitIds, float, int | None]:
    """Return the initial units, the clicks per unit, and the clicks of the whole pool.

    The clicks of the pool assume that a pixel costs as much as in the initial units; ``None`` if
    there are no initial units.
    """
    if not len(paid.unit_ids):
        return paid.unit_ids, float(FEWEST_CLICKS), None
    share = geometry.spent(paid.unit_ids, "pixels") / int(geometry.image_costs("pixels").sum())
    total = float(paid.clicks.sum())
    return paid.unit_ids, max(1.0, total / len(paid.unit_ids)), round(total / share)


def _samples(
    plan: Plan, allowance: Allowance, first: UnitIds, price: float, view: str
) -> list[int]:
    """Return the training samples of each cycle."""
    geometry, start = allowance.geometry, len(first)
    if view == "image":
        start = len(np.unique(image_numbers(first)))
    most = geometry.n_images if view == "image" else len(geometry)
    nominal = [allowance.nominal(cycle) for cycle in range(plan.config.budget.cycles)]
    return [min(start + int((amount - nominal[0]) / price), most) for amount in nominal]


def _size(
    plan: Plan, methods: tuple[PlannedMethod, ...], geometry: Geometry, classes: int
) -> ScanSize:
    method = methods[0]  # they share model and learner
    taps, tensors = networks(method, classes)
    limit = plan.config.scan.map_limit
    height, width = (
        min(int(side), most) for side, most in zip(geometry.sizes[0], limit, strict=True)
    )
    full = geometry.described
    current = [e for m in methods for e in m.embeddings if e.weights == "current"]
    read = [e for m in methods if m.needs_embeddings for e in m.embeddings]
    sizes = [
        sum(taps[e.tap] for e in {e.key: e for e in some if e.weights == "current"}.values())
        for some in (current, read)
    ]
    learner = method.learner
    return ScanSize(
        images=geometry.n_images,
        pixels=height * width,
        units=len(geometry),
        scores=len(plan.scores_of(methods)) + sum(len(rider.entry.maps) for rider in method.riders),
        unit_scores=len(plan.unit_scores_of(methods))
        + sum(len(rider.entry.columns) for rider in method.riders)
        + len(method.learner.entry.columns),
        classes=classes if full else 0,
        embedding_size=sizes[0] if full else 0,
        read_size=sizes[1] if full else 0,
        untrained_size=sum(taps[e.tap] for e in plan.untrained_embeddings_of(methods)),
        feature_values=FEATURE_GRID**2 * min(taps[plan.coarse_tap(method)], FEATURE_CHANNELS)
        if plan.config.scan.view == "image"
        else 0,
        weights_bytes=tensors,
        goes_on=learner.entry.continues(learner.options),
        report_bytes=reported_bytes(method, classes) if plan.config.report.at else 0,
    )


def _added(size: ScanSize, lack: Lack, method: PlannedMethod, classes: int) -> ScanSize:
    """Return what is added to a published cycle: what the lack names, and no more."""
    taps, _ = networks(method, classes)
    return ScanSize(
        images=size.images,
        pixels=size.pixels,
        units=size.units,
        scores=len(lack.scores),
        unit_scores=len(lack.unit_scores),
        classes=0,
        embedding_size=sum(taps[e.tap] for e in (*lack.embeddings, *lack.untrained)),
        predictions=False,
    )
