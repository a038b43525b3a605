"""What a widget can show: a store, an experiment, or runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.datasets import open_dataset
from workbench.datasets.base import SegmentationDataset
from workbench.errors import DatasetError, StoreError
from workbench.figures._runs import run_title
from workbench.store import ExperimentRecord, Run, Store, open_store

Source = Store | ExperimentRecord | Run | Sequence[Run] | str | Path
"""A store (or its path) stands for its newest experiment."""


def reader(source: Source) -> Callable[[], list[Run]]:
    """Return a function that reads the runs afresh each time, so that live runs can be followed.

    Raises:
        StoreError: if there is no store, or it holds no experiment.
    """
    if isinstance(source, str | Path):
        source = open_store(source)
    if isinstance(source, Store):
        experiments = source.experiments()
        if not experiments:
            raise StoreError(
                f"The run store {source.path} holds no experiment yet; `workbench demo` makes one."
            )
        source = experiments[0]
    if isinstance(source, ExperimentRecord):
        return source.runs
    runs = [source] if isinstance(source, Run) else list(source)
    if not runs:
        raise StoreError("No run was given; choose some of `store.runs()`.")
    return lambda: list(runs)


def measured_runs(source: Source) -> dict[str, Run]:
    """Return method and seed in words ► run, for the runs that have published a cycle.

    Raises:
        StoreError: if none has.
    """
    runs = {run_title(run): run for run in reader(source)() if run.cycle_numbers}
    if not runs:
        raise StoreError(
            "None of these runs has published a cycle yet; the first is there when its network is "
            "trained and has scanned the pool."
        )
    return runs


class Datasets:
    """Datasets of the experiments that are looked at, each opened once."""

    def __init__(self) -> None:
        self._opened: dict[str, SegmentationDataset | None] = {}

    def of(self, run: Run) -> SegmentationDataset | None:
        """Return a run's dataset; ``None`` if it is gone, which the picture then notes."""
        experiment = run.experiment
        if experiment.id not in self._opened:
            try:
                config = experiment.config
                opened = open_dataset(config.dataset, experiment.data_dir, config.pool)
            except DatasetError:
                opened = None
            self._opened[experiment.id] = opened
        return self._opened[experiment.id]
