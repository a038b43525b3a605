"""What all runs of an experiment share: its data, its pool and how it computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.compute import ResolvedCompute
from workbench.datasets import open_dataset
from workbench.engine.method import PlannedMethod
from workbench.engine.plan import Plan
from workbench.engine.query import allowed
from workbench.errors import BudgetError, ConfigError
from workbench.pool import Oracle, PoolIndex, PoolState, check_budget, index_pool, initial_units
from workbench.pool.windows import MOST_DESCRIBED
from workbench.scoring.scan import ScanImage, ScanRequest
from workbench.store import open_store
from workbench.types import UNITS_PER_IMAGE, UnitIds
from workbench.units.base import WindowLayout
from workbench.units.lattices import by_image

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.store.reader import ExperimentRecord
    from workbench.units.base import UnitScheme


@dataclass(frozen=True)
class Setting:
    """An experiment's plan, put to its data.

    Attributes:
        plan: every part, looked up.
        dataset: opened; its masks are read by the oracle and the validation alone.
        scheme: cuts an image into query units.
        index: every unit of the pool.
        compute: device, precision, threads.
        counted: unit id ► clicks that the oracles have counted.
    """

    plan: Plan
    dataset: SegmentationDataset
    scheme: UnitScheme
    index: PoolIndex
    compute: ResolvedCompute
    counted: dict[int, int] = field(default_factory=dict)

    def initial_pool(self, seed: int) -> PoolState:
        """Return the pool before cycle 0, with the initial units labelled.

        The units depend on the seed alone, never on the method, so that methods compare.
        """
        config = self.plan.config
        pool = PoolState(self.index)
        oracle = self.oracle(pool)
        drawn = initial_units(self.index, config.initial, config.budget, seed, oracle)
        return self.labelled(pool, drawn)

    def labelled(self, pool: PoolState, ids: npt.ArrayLike) -> PoolState:
        """Return the pool after some units were labelled, with what they took."""
        oracle = self.oracle(pool)
        oracle.reveal(ids)
        return pool.reveal(ids, oracle.clicks(ids))

    def oracle(self, pool: PoolState) -> Oracle:
        """Return an oracle that has revealed the labelled units, and no others."""
        tolerance = self.plan.config.budget.click_tolerance
        oracle = Oracle(self.dataset, self.scheme, self.index, tolerance, self.counted)
        oracle.reveal(pool.labelled)
        return oracle

    def images(self, labelled: UnitIds | None = None) -> Iterator[ScanImage]:
        """Yield every image of the pool with its units' layout; no mask comes along.

        Args:
            labelled: of windows those that overlap these too much are left out, but these are not.
        """
        parts = dict(by_image(labelled)) if labelled is not None else {}
        for number, image_id in enumerate(self.index.image_ids):
            image = self.dataset.image("train", image_id)
            layout = self.scheme.layout(image.shape[:2], image)
            if isinstance(layout, WindowLayout) and number in parts:
                layout = layout.only(self.index.scanned(number, parts[number]))
            yield ScanImage(number, image_id, image, layout)

    def initial_key(self, methods: tuple[PlannedMethod, ...], seed: int) -> str | None:
        """Name a seed's embeddings by the network before training; ``None`` if there are none."""
        if not self.plan.initial_embeddings_of(methods):
            return None
        return self.plan.cycle_zero_key(methods[0], seed)

    def scan_request(self, methods: tuple[PlannedMethod, ...], cycle: int) -> ScanRequest:
        """Return what the scan of a cycle has to compute and keep for these methods."""
        config = self.plan.config
        cycles = config.budget.cycles
        return ScanRequest(
            scores=self.plan.scores_of(methods),
            unit_scores=self.plan.unit_scores_of(methods),
            embeddings=self.plan.embeddings_of(methods)[:1] if self.index.described else (),
            float32=self.plan.float32_of(methods),
            shares=self.index.described,
            maps=config.keep.keeps("maps", cycle, cycles),
            predictions=config.keep.keeps("predictions", cycle, cycles),
            features=config.keep.keeps("features", cycle, cycles),
            batch_size=config.scan.batch_size,
            map_limit=config.scan.map_limit,
            at_stride=config.scan.resolution == "stride",
            view=config.scan.view,
        )


def open_setting(plan: Plan, data_dir: Path, compute: ResolvedCompute) -> Setting:
    """Open the data of a plan and index its pool; see :func:`open_pool`."""
    dataset, scheme, index = open_pool(plan, data_dir)
    return Setting(plan, dataset, scheme, index, compute)


def stored_experiment(store: Path | None, experiment_id: str) -> ExperimentRecord | None:
    """Return an experiment as it is stored, or ``None`` if it is new."""
    if store is None or not store.is_dir():
        return None
    found = [r for r in open_store(store).experiments() if r.id == experiment_id]
    return found[0] if found else None


def open_pool(plan: Plan, data_dir: Path) -> tuple[SegmentationDataset, UnitScheme, PoolIndex]:
    """Open a plan's dataset, list its query units and see that the budget fits.

    Raises:
        DatasetError: if the dataset is not there or not what its card says.
        BudgetError: if the budget is larger than the pool, or than what a pool filter leaves of it.
        ConfigError: if a method needs sequences and the dataset tells none.
    """
    dataset = open_dataset(plan.config.dataset, data_dir)
    scheme: UnitScheme = plan.units.call()
    index = index_pool(dataset, scheme)
    check_budget(index, plan.config.budget)
    if plan.initial_embeddings_of(plan.methods) and not index.described:
        raise ConfigError(
            f"Embeddings with initial weights are kept of every unit, but the pool has "
            f"{len(index):,} windows and at most {MOST_DESCRIBED:,} get one; choose a longer "
            "stride, or embedding.weights: current."
        )
    for method in plan.methods:
        _check_method(method, plan, index)
    return dataset, scheme, index


def _check_method(method: PlannedMethod, plan: Plan, index: PoolIndex) -> None:
    """See that the pool has what a method needs of it, to the last cycle.

    Raises:
        ConfigError: if it reads sequences and the dataset tells none.
        BudgetError: if its pool filter leaves less than its queries may label.
    """
    if not index.described and (method.needs_embeddings or "class_shares" in method.reads):
        raise ConfigError(
            f"The method {method.name} reads embeddings or class shares of all units, but the pool "
            f"has {len(index):,} windows and at most {MOST_DESCRIBED:,} get these; choose a "
            "longer stride, or a selector that reads scores alone, e.g. top_k."
        )
    if method.needs_sequences and not (index.image_frames()[0] != "").any():
        raise ConfigError(
            f"The method {method.name} goes by frames of sequences, but the dataset "
            f"{plan.config.dataset.name} tells of none; choose another method."
        )
    budget = plan.config.budget
    if method.pool_filter is None or budget.unit == "clicks" or index.max_overlap is not None:
        return  # what clicks and overlapping windows cost is known once they are labelled
    kept = allowed(method.pool_filter, index, np.arange(index.n_images) * UNITS_PER_IMAGE)
    whole = int(index.image_costs(budget.unit)[kept].sum())
    wanted = budget.per_cycle * (budget.cycles - 1)
    for seed in plan.config.seeds:
        first = initial_units(index, plan.config.initial, budget, seed)
        held = whole - index.spent(first[allowed(method.pool_filter, index, first)], budget.unit)
        if held < wanted:
            raise BudgetError(
                f"The pool filter {method.pool_filter.key} of {method.name} leaves {held} "
                f"{budget.unit} beside the initial ones of seed {seed}, and the queries label "
                f"{wanted}; lower budget.per_cycle or budget.cycles, or filter less."
            )
