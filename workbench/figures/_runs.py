"""What several figures read of runs and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import ConfigError
from workbench.store import run_of

if TYPE_CHECKING:
    from workbench.store import Cycle, ExperimentRecord, Run, RunStatus


def run_title(run: Run) -> str:
    """Return method and seed in words."""
    return f"{run.method.name}, seed {run.seed}"


def title_of(cycle: Cycle) -> str:
    """Return method, seed and cycle in words."""
    return f"{run_title(run_of(cycle))}, cycle {cycle.number}"


def standing(run: Run, status: RunStatus | None = None) -> str:
    """Return a run's state in words, and whether its experiment's file no longer lists it.

    Args:
        run: the run.
        status: its status, if it was read already.
    """
    found = (status or run.status).state
    state = "waiting for labels" if found == "waiting" else found
    return state if run.listed else f"{state}, no longer listed"


def last_shared(runs: Sequence[Run]) -> int:
    """Return the number of the last cycle that all the runs have; −1 if there is none."""
    numbers = [set(run.cycle_numbers) for run in runs]
    return max(set.intersection(*numbers), default=-1) if numbers else -1


def methods_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return every method of the runs' experiments, whether or not its run is among them.

    Methods of runs that their experiment no longer lists come last.
    """
    names = [method.name for run in runs for method in run.experiment.methods]
    return tuple(dict.fromkeys([*names, *(run.method.name for run in runs)]))


def one_experiment(runs: Sequence[Run], what: str) -> ExperimentRecord | None:
    """Return the experiment that all the runs belong to; ``None`` without runs.

    Args:
        runs: of one experiment or of none.
        what: what is drawn of one experiment at a time, as the subject of the error message.

    Raises:
        ConfigError: if they belong to several.
    """
    found = {run.experiment.id: run.experiment for run in runs}
    if len(found) > 1:
        raise ConfigError(
            f"{what} shows one experiment; these runs belong to {len(found)} experiments, choose "
            "runs of one of them."
        )
    return next(iter(found.values()), None)
