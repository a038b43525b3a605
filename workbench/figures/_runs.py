"""What figures ask of runs and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import StoreError

if TYPE_CHECKING:
    from workbench.store import Cycle, Run


def run_of(cycle: Cycle) -> Run:
    """Return the run of a cycle.

    Raises:
        StoreError: if the cycle is a shared cycle 0 that was opened for itself.
    """
    if cycle.run is None:
        raise StoreError(
            f"{cycle!r} was opened without its run; open it with store.run(run_id).cycle(0)."
        )
    return cycle.run


def title_of(cycle: Cycle) -> str:
    """Return method, seed and cycle in words."""
    run = run_of(cycle)
    return f"{run.method.name}, seed {run.seed}, cycle {cycle.number}"


def methods_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return every method of the runs' experiments, whether or not its run is among them."""
    return tuple(dict.fromkeys(m.name for run in runs for m in run.experiment.methods))
