"""Holds what all runs of an experiment share: data, pool, device and precision."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.budget import Initial
from workbench.compute import ResolvedCompute
from workbench.datasets import open_dataset
from workbench.datasets.ahead import ahead
from workbench.datasets.decoded import Decoded
from workbench.engine.data import open_data
from workbench.engine.method import PlannedMethod
from workbench.engine.plan import Plan
from workbench.engine.points import report_cycles
from workbench.engine.query import allowed
from workbench.errors import BudgetError, ConfigError
from workbench.geometry import Geometry, list_units
from workbench.pool import (
    Allowance,
    LabelSource,
    MaskLabels,
    Oracle,
    PoolState,
    Prices,
    Queue,
    check_budget,
    collect,
    initial_sets,
)
from workbench.scoring.scan import ScanImage, ScanRequest
from workbench.store import files, layout, open_store
from workbench.types import UNITS_PER_IMAGE, UnitIds, by_image

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.file_index import FileIndex
    from workbench.datasets.survey import Survey
    from workbench.store.experiment import ExperimentRecord


@dataclass(frozen=True)
class Setting:
    """The plan of an experiment together with its data.

    Attributes:
        plan: every part, looked up.
        dataset: opened; only the oracle and the validation read its masks.
        geometry: every unit of the pool.
        compute: device, precision, threads.
        counted: unit id ► clicks, counted once per process for all runs.
    """

    plan: Plan
    dataset: SegmentationDataset
    geometry: Geometry
    compute: ResolvedCompute
    counted: dict[int, int] = field(default_factory=dict)

    @cached_property
    def allowance(self) -> Allowance:
        """The budget of the experiment in this pool."""
        return Allowance(self.geometry, self.plan.config.budget)

    @cached_property
    def report_cycles(self) -> tuple[int, ...]:
        """The cycles at which a report point lies."""
        return report_cycles(self.plan, self.allowance)

    @cached_property
    def source(self) -> LabelSource:
        """The source of the labels."""
        return label_source(self.dataset, self.geometry)

    def initial_pools(self, seed: int, method: PlannedMethod) -> list[PoolState]:
        """Return the pool before cycle 0, with the initial units labelled: one per set drawn.

        The units depend on the seed alone, so that methods can be compared; with
        ``initial.filtered`` also on the pool filter of the method.

        Raises:
            WaitingError: if labels of these units are not available yet.
        """
        queues = _initial_sets(self.allowance, self.plan.config.initial, seed, method)
        paid = [collect(queue, self.source, self.prices()) for queue in queues]
        return [PoolState(self.geometry).reveal(one.unit_ids, one.clicks) for one in paid]

    def pool_of(self, labelled: UnitIds) -> PoolState:
        """Return the pool with some units labelled, with the clicks that were paid for them."""
        return self.labelled(PoolState(self.geometry), labelled)

    def labelled(self, pool: PoolState, ids: npt.ArrayLike) -> PoolState:
        """Return a pool after some more units were labelled, with the clicks paid for them."""
        paid = collect(Queue.of_units(ids), self.source, self.prices())
        return pool.reveal(paid.unit_ids, paid.clicks)

    def prices(self) -> Prices:
        """Return a price list with nothing paid for; clicks that were counted are reused."""
        return Prices(self.source, self.plan.config.budget.click_tolerance, self.counted)

    def oracle(self, pool: PoolState) -> Oracle:
        """Return an oracle that has revealed the labelled units of a pool, and no others."""
        return Oracle(self.source, self.geometry, pool.labelled)

    def images(self, labelled: UnitIds | None = None) -> Generator[ScanImage, None, None]:
        """Yield every image of the pool with the layout of its units, without masks.

        They are read two batches ahead of whoever takes them.

        Args:
            labelled: labelled units; windows that overlap one of them too much are left out, the
                labelled windows themselves are not.
        """
        parts = dict(by_image(() if labelled is None else labelled))
        none = np.empty(0, dtype=np.int64)

        def read(number: int) -> ScanImage:
            image_id = self.geometry.image_ids[number]
            image = self.dataset.image("train", image_id)
            self.geometry.check_image(number, image)
            layout = self.geometry.scanned(number, parts.get(number, none))
            return ScanImage(number, image_id, image, layout)

        depth = 2 * self.plan.config.scan.batch_size
        return ahead(read, range(self.geometry.n_images), depth)

    def untrained_key(self, methods: tuple[PlannedMethod, ...], seed: int) -> str | None:
        """Return the key of a seed's embeddings before training; ``None`` if there are none."""
        if not self.plan.untrained_embeddings_of(methods):
            return None
        return self.plan.cycle_zero_key(methods[0], seed)

    def scan_request(self, methods: tuple[PlannedMethod, ...], cycle: int) -> ScanRequest:
        """Return the request for the scan of a cycle: what to compute and keep for the methods."""
        config = self.plan.config
        cycles = config.budget.cycles
        return ScanRequest(
            scores=self.plan.scores_of(methods),
            unit_scores=self.plan.unit_scores_of(methods),
            embeddings=self.plan.embeddings_of(methods, cycle) if self.geometry.described else (),
            float32=self.plan.float32_of(methods),
            shares=self.geometry.described,
            maps=config.keep.keeps("maps", cycle, cycles),
            predictions=config.keep.keeps("predictions", cycle, cycles),
            features=config.keep.keeps("features", cycle, cycles),
            coarse_tap=self.plan.coarse_tap(methods[0]),
            batch_size=config.scan.batch_size,
            map_limit=config.scan.map_limit,
            at_stride=config.scan.resolution == "stride",
            view=config.scan.view,
        )


def label_source(dataset: SegmentationDataset, geometry: Geometry) -> LabelSource:
    """Return where the labels of a pool come from; another source is chosen here."""
    return MaskLabels(dataset, geometry)


def open_setting(
    plan: Plan,
    data_dir: Path,
    compute: ResolvedCompute,
    geometry: Geometry,
    decoded: Mapping[str, Path] | None = None,
) -> Setting:
    """Open the data of a plan with the pool that its experiment stores.

    Args:
        plan: the planned experiment.
        data_dir: holds one folder per dataset.
        compute: device, precision, threads.
        geometry: every unit of the pool.
        decoded: split ► folder of its decoded pictures, where they are in the store.
    """
    dataset = open_dataset(plan.config.dataset, data_dir, plan.config.pool)
    if decoded:
        dataset = Decoded(dataset, decoded)
    return Setting(plan, dataset, geometry, compute)


def stored_experiment(store: Path | None, experiment_id: str) -> ExperimentRecord | None:
    """Return the stored experiment of this id, or ``None`` if it is new.

    Raises:
        StoreError: if its record is damaged.
    """
    if store is None or not store.is_dir():
        return None
    opened = open_store(store)
    there = files.is_there(layout.experiment(store, experiment_id) / layout.EXPERIMENT)
    return opened.experiment(experiment_id) if there else None


class OpenedPool(NamedTuple):
    """The data of a plan.

    Attributes:
        dataset: the dataset.
        geometry: the geometry of its pool.
        digest: the content digest of the dataset.
        seen: what its files are.
        files: what was known and found of its files; ``None`` for one without files.
    """

    dataset: SegmentationDataset
    geometry: Geometry
    digest: dict[str, Any]
    seen: Survey
    files: FileIndex | None


def open_pool(
    plan: Plan,
    data_dir: Path,
    stored: ExperimentRecord | None = None,
    store: Path | None = None,
) -> OpenedPool:
    """Open the dataset of a plan, list its query units and check that the budget fits.

    Args:
        plan: the planned experiment.
        data_dir: holds one folder per dataset.
        stored: the stored experiment, whose pool is used: no image is divided into units again.
        store: the store, which may know the files of the dataset; nothing is written.

    Raises:
        DatasetError: if the dataset is missing or differs from its card, lacks a split that
            networks are measured on, or is not the one that the experiment was started on.
        BudgetError: if the budget is larger than the pool, or than the part of it that a pool
            filter allows.
        ConfigError: if a method needs sequences and the dataset has none.
    """
    dataset, digest, seen, index = open_data(plan, data_dir, stored, store)
    geometry = list_units(dataset, plan.units.call()) if stored is None else stored.geometry
    allowance = Allowance(geometry, plan.config.budget)
    check_budget(allowance)
    initial_sets(allowance, plan.config.initial, plan.config.seeds[0])  # for the errors it raises
    if plan.untrained_embeddings_of(plan.methods) and not geometry.described:
        raise ConfigError(
            f"Embeddings with initial weights are kept of every unit, but the pool has "
            f"{len(geometry):,} windows and at most {geometry.most_described:,} get one; choose a "
            "longer stride, or embedding.weights: current."
        )
    for method in plan.methods:
        _check_method(method, plan, geometry)
    return OpenedPool(dataset, geometry, digest, seen, index)


def _check_method(method: PlannedMethod, plan: Plan, geometry: Geometry) -> None:
    """Check that the pool has what a method needs, up to the last cycle.

    Raises:
        ConfigError: if the method reads sequences and the dataset has none, or reads embeddings or
            class shares and the pool is too large for them.
        BudgetError: if its pool filter leaves less than its queries may label.
    """
    if not geometry.described and (method.needs_embeddings or "class_shares" in method.reads):
        raise ConfigError(
            f"The method {method.name} reads embeddings or class shares of all units, but the pool "
            f"has {len(geometry):,} windows and at most {geometry.most_described:,} get these; "
            "choose a longer stride, or a selector that reads scores alone, e.g. top_k."
        )
    if method.needs_sequences and not (geometry.images.sequences != "").any():
        raise ConfigError(
            f"The method {method.name} reads frames of sequences, but the dataset "
            f"{plan.config.dataset.name} has no sequences; choose another method."
        )
    allowance = Allowance(geometry, plan.config.budget)
    if method.pool_filter is None or allowance.in_clicks or geometry.overlapping:
        return  # the cost in clicks, or of overlapping windows, is counted when they are labelled
    images = allowed(method.pool_filter, geometry, np.arange(geometry.n_images) * UNITS_PER_IMAGE)
    whole = int(allowance.image_costs()[images].sum())
    for seed in plan.config.seeds:
        for queue in _initial_sets(allowance, plan.config.initial, seed, method):
            first = queue.unit_ids
            inside = first[allowed(method.pool_filter, geometry, first)]
            left = whole - int(allowance.prices(inside).sum())
            wanted = allowance.nominal(plan.config.budget.cycles - 1)
            wanted -= int(allowance.prices(first).sum())
            if left < wanted:
                raise BudgetError(
                    f"The pool filter {method.pool_filter.key} of {method.name} leaves "
                    f"{allowance.text(left)} besides the initial ones of seed {seed}, and the "
                    f"queries label {allowance.text(wanted)}; lower budget.per_cycle or "
                    "budget.cycles, or filter less."
                )


def _initial_sets(
    allowance: Allowance, initial: Initial, seed: int, method: PlannedMethod
) -> tuple[Queue, ...]:
    """Draw the initial units of a method; with ``initial.filtered`` through its pool filter."""
    if method.pool_filter is None or not initial.filtered:
        return initial_sets(allowance, initial, seed)
    images = np.arange(allowance.geometry.n_images) * UNITS_PER_IMAGE
    inside = allowed(method.pool_filter, allowance.geometry, images)
    return initial_sets(allowance, initial, seed, inside)
