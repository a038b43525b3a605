"""What a widget can be given: a store, an experiment, or runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.errors import StoreError
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
