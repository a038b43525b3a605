"""Finds what is left to do of an experiment: all of a new one, the additions to one that grew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.aggregation import AggregationEntry
from workbench.config import Embedding
from workbench.engine.points import report_cycles, trained_by
from workbench.naming import column, run_id
from workbench.registry import Bound
from workbench.scoring.scores import Score
from workbench.store import layout
from workbench.store.definition import (
    require_reference_alike,
    require_same,
    require_trained_alike,
)
from workbench.store.run_files import run_record

if TYPE_CHECKING:
    from workbench.engine.method import PlannedMethod
    from workbench.engine.plan import Plan
    from workbench.pool import Allowance
    from workbench.store import Cycle
    from workbench.store.experiment import ExperimentRecord, Run


@dataclass(frozen=True)
class Lack:
    """What some methods read and a published cycle does not hold.

    Attributes:
        unit_scores: (score, aggregation) of each column that its unit table lacks.
        embeddings: lacking embeddings by the network of the cycle.
        untrained: lacking embeddings by the network before training.
    """

    unit_scores: tuple[tuple[Score, Bound[AggregationEntry]], ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    untrained: tuple[Embedding, ...] = ()

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores of the lacking columns, once each."""
        return tuple({score.name: score for score, _ in self.unit_scores}.values())

    @property
    def needs_scan(self) -> bool:
        """Whether the network of the cycle has to scan the pool again."""
        return bool(self.unit_scores or self.embeddings)

    def __bool__(self) -> bool:
        return self.needs_scan or bool(self.untrained)


@dataclass(frozen=True)
class Start:
    """A cycle 0 that runs of one seed share.

    Attributes:
        key: the cycle-0 key.
        seed: the seed of the runs.
        methods: the methods that share it.
        lack: what the methods read and the published cycle does not hold; ``None`` if the cycle is
            still to be trained.
        has_weights: whether the published cycle keeps the weights of its network.
    """

    key: str
    seed: int
    methods: tuple[PlannedMethod, ...]
    lack: Lack | None = None
    has_weights: bool = True

    @property
    def trains(self) -> bool:
        """Whether a network is trained: for the first time, or because its weights are missing."""
        return self.lack is None or (self.lack.needs_scan and not self.has_weights)


@dataclass(frozen=True)
class RunLeft:
    """What is left of one run.

    Attributes:
        method: the method of the run.
        seed: the seed of the run.
        trainings: cycles, from 1, whose network is still to be trained.
        queries: cycles from which units are still to be selected, or whose selection is still to be
            labelled.
        reports: cycles at which a report point is still to be trained.
    """

    method: PlannedMethod
    seed: int
    trainings: tuple[int, ...] = ()
    queries: tuple[int, ...] = ()
    reports: tuple[int, ...] = ()


@dataclass(frozen=True)
class Remaining:
    """What is left to do.

    Attributes:
        starts: cycle 0s that are still to be trained or supplemented.
        runs: the runs that are not finished, seed by seed.
        references: reference and seed of each that is not published.
    """

    starts: tuple[Start, ...] = field(default=())
    runs: tuple[RunLeft, ...] = field(default=())
    references: tuple[tuple[PlannedMethod, int], ...] = field(default=())


def remaining(plan: Plan, record: ExperimentRecord | None, allowance: Allowance) -> Remaining:
    """Compare a plan with what the store holds of it.

    Args:
        plan: the planned experiment.
        record: the stored experiment; ``None`` if it is new.
        allowance: the budget of the plan in the experiment's pool.

    Raises:
        ConfigError: if a method or reference of the same name was run with another definition.
        StoreError: if a reference is damaged, or something is damaged or gone that the published
            cycles of a run rest on.
    """
    stored = {run.id: run for run in record.runs()} if record is not None else {}
    for method, seed in plan.runs:
        _require_definition(plan, method, seed, record)
    for run in stored.values():
        run.whole()
    points = report_cycles(plan, allowance)
    left = [
        _run_left(plan, method, seed, stored.get(run_id(plan.config.id, method.name, seed)), points)
        for method, seed in plan.runs
    ]
    runs = tuple(run for run in left if run is not None)
    keys = {plan.cycle_zero_key(run.method, run.seed): run.seed for run in runs}
    starts = [_start(plan, record, key, seed) for key, seed in keys.items()]
    references = _references_left(plan, record)
    return Remaining(tuple(start for start in starts if start is not None), runs, references)


def _references_left(
    plan: Plan, record: ExperimentRecord | None
) -> tuple[tuple[PlannedMethod, int], ...]:
    left = []
    for planned, seed in plan.reference_runs:
        found = record.reference(planned.name, seed) if record is not None else None
        if found is None:
            left.append((planned, seed))
        else:
            require_reference_alike(found, trained_by(planned), f"{planned.name} of seed {seed}")
    return tuple(left)


def _require_definition(
    plan: Plan, method: PlannedMethod, seed: int, record: ExperimentRecord | None
) -> None:
    """Check that a stored run was begun with the definition that its method has now.

    Raises:
        ConfigError: if it was begun with another definition.
        StoreError: if its record is damaged or gone.
    """
    if record is None:
        return
    folder = layout.run(layout.store_of(record.path), run_id(plan.config.id, method.name, seed))
    if run_record(folder) is not None:
        definition = {"method": method.method.model_dump(mode="json")}
        require_same(folder / layout.RUN, definition | plan.rests_on(method, seed))


def _run_left(
    plan: Plan, method: PlannedMethod, seed: int, run: Run | None, points: tuple[int, ...]
) -> RunLeft | None:
    # a damaged cycle or report is an error here, never one that is still to be trained
    cycles = plan.config.budget.cycles
    published = set(run.whole()) if run is not None else set()
    found = {n: run.report(n) for n in run.reported} if run is not None else {}
    for one in filter(None, found.values()):
        require_trained_alike(one, trained_by(method), f"{method.name} of seed {seed}")
    left = RunLeft(
        method,
        seed,
        trainings=tuple(n for n in range(1, cycles) if n not in published),
        queries=tuple(n for n in range(cycles - 1) if run is None or run.labels(n) is None),
        reports=tuple(n for n in points if n not in found),
    )
    # killed at its last word, a run has all its cycles and does not say so
    done = run is not None and 0 in published and run.status.state == "done"
    return None if done and not (left.trainings or left.queries or left.reports) else left


def _start(plan: Plan, record: ExperimentRecord | None, key: str, seed: int) -> Start | None:
    methods = plan.sharing(key, seed)
    if record is None or not record.has_shared(key):
        return Start(key, seed, methods)
    cycle = record.shared(key)
    lack = lack_of(plan, cycle, methods)
    return Start(key, seed, methods, lack, has_weights=cycle.weights is not None) if lack else None


def lack_of(plan: Plan, cycle: Cycle, methods: tuple[PlannedMethod, ...]) -> Lack:
    """Return what some methods read and a published cycle does not hold."""
    columns, held = set(cycle.unit_score_columns), set(cycle.observation.embeddings)
    wanted = [e for e in plan.embeddings_of(methods) if e.key not in held]
    return Lack(
        unit_scores=tuple(
            (score, aggregation)
            for score, aggregation in plan.unit_scores_of(methods)
            if column(score.name, aggregation.key) not in columns
        ),
        embeddings=tuple(e for e in wanted if e.weights == "current"),
        untrained=tuple(e for e in wanted if e.weights == "initial"),
    )
