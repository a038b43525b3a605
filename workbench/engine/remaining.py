"""What is left to do of an experiment: all of a new one, what is new of one that grew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.naming import run_id

if TYPE_CHECKING:
    from workbench.engine.method import PlannedMethod
    from workbench.engine.plan import Plan
    from workbench.store.experiment import ExperimentRecord


@dataclass(frozen=True)
class Start:
    """A cycle 0 that runs of one seed share.

    Attributes:
        key: its cycle-0 key.
        seed: of the runs.
        methods: that share it.
    """

    key: str
    seed: int
    methods: tuple[PlannedMethod, ...]


@dataclass(frozen=True)
class RunLeft:
    """What is left of one run.

    Attributes:
        method: of the run.
        seed: of the run.
        trainings: cycles, from 1, whose network is still to be trained.
    """

    method: PlannedMethod
    seed: int
    trainings: tuple[int, ...]


@dataclass(frozen=True)
class Remaining:
    """What is left to do.

    Attributes:
        starts: cycle 0s that are still to be trained.
        runs: those that are not finished, seed by seed.
    """

    starts: tuple[Start, ...]
    runs: tuple[RunLeft, ...]


def remaining(plan: Plan, record: ExperimentRecord | None) -> Remaining:
    """Compare a plan with what the store holds of it.

    Args:
        plan: the experiment as it is wanted.
        record: the experiment as it is stored; ``None`` if it is new.
    """
    stored = {run.id: run for run in record.runs()} if record is not None else {}
    cycles = plan.config.budget.cycles
    left = []
    for method, seed in plan.runs:
        run = stored.get(run_id(plan.config.id, method.name, seed))
        done = run.cycle_numbers if run is not None else []
        if len(done) < cycles:
            left.append(RunLeft(method, seed, tuple(range(max(1, len(done)), cycles))))
    keys = {plan.cycle_zero_key(one.method, one.seed): one.seed for one in left}
    starts = tuple(
        Start(key, seed, plan.sharing(key, seed))
        for key, seed in keys.items()
        if record is None or not record.has_shared(key)
    )
    return Remaining(starts, tuple(left))
