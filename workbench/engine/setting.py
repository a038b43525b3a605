"""What all runs of an experiment share: its data, its pool and how it computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.compute import ResolvedCompute
from workbench.datasets import open_dataset
from workbench.engine.plan import Plan, PlannedMethod
from workbench.pool import Oracle, PoolIndex, PoolState, check_budget, index_pool, initial_units
from workbench.scoring.scan import ScanImage, ScanRequest

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
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
    """

    plan: Plan
    dataset: SegmentationDataset
    scheme: UnitScheme
    index: PoolIndex
    compute: ResolvedCompute

    def initial_pool(self, seed: int) -> PoolState:
        """Return the pool before cycle 0, with the initial units labelled.

        The units depend on the seed alone, never on the method, so that methods compare.
        """
        config = self.plan.config
        drawn = initial_units(self.index, config.initial, config.budget, seed)
        return PoolState(self.index).reveal(drawn)

    def oracle(self, pool: PoolState) -> Oracle:
        """Return an oracle that has revealed the labelled units, and no others."""
        oracle = Oracle(self.dataset, self.scheme, self.index)
        oracle.reveal(pool.labelled)
        return oracle

    def images(self) -> Iterator[ScanImage]:
        """Yield every image of the pool with its units' layout; no mask comes along."""
        for number, image_id in enumerate(self.index.image_ids):
            image = self.dataset.image("train", image_id)
            layout = self.scheme.layout(image.shape[:2], image)
            yield ScanImage(number, image_id, image, layout)

    def scan_request(self, methods: tuple[PlannedMethod, ...], cycle: int) -> ScanRequest:
        """Return what the scan of a cycle has to compute and keep for these methods."""
        config = self.plan.config
        cycles = config.budget.cycles
        return ScanRequest(
            scores=self.plan.scores_of(methods),
            unit_scores=self.plan.unit_scores_of(methods),
            embedding=config.embedding,
            maps=config.keep.keeps("maps", cycle, cycles),
            predictions=config.keep.keeps("predictions", cycle, cycles),
            features=config.keep.keeps("features", cycle, cycles),
            batch_size=config.scan.batch_size,
            map_limit=config.scan.map_limit,
            at_stride=config.scan.resolution == "stride",
        )


def open_setting(plan: Plan, data_dir: Path, compute: ResolvedCompute) -> Setting:
    """Open the data of a plan and index its pool; see :func:`open_pool`."""
    dataset, scheme, index = open_pool(plan, data_dir)
    return Setting(plan, dataset, scheme, index, compute)


def open_pool(plan: Plan, data_dir: Path) -> tuple[SegmentationDataset, UnitScheme, PoolIndex]:
    """Open a plan's dataset, list its query units and see that the budget fits.

    Raises:
        DatasetError: if the dataset is not there or not what its card says.
        BudgetError: if the budget is larger than the pool.
    """
    dataset = open_dataset(plan.config.dataset, data_dir)
    scheme: UnitScheme = plan.units.call()
    index = index_pool(dataset, scheme)
    check_budget(index, plan.config.budget)
    return dataset, scheme, index
