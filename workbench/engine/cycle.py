"""One cycle of active learning: train ► measure ► scan ► select ► label.

Cycle 0 is the same for every method with the same cycle-0 key, so its network and its scan are made
once (:func:`make_shared`) and each method only selects from them (:func:`start_from_shared`).
"""

from __future__ import annotations

from dataclasses import replace

from workbench.engine.events import Progress
from workbench.engine.initial import embed_before_training, embedded_before_training
from workbench.engine.method import PlannedMethod
from workbench.engine.observation import kept, observe, score_infos, train
from workbench.engine.previous import PreviousCycle
from workbench.engine.query import choose
from workbench.engine.remaining import lack_of
from workbench.engine.setting import Setting
from workbench.engine.start import beginning
from workbench.engine.supply import supply
from workbench.observation import Observation
from workbench.pool import PoolState, Queue, collect
from workbench.store.records import Labels
from workbench.store.run_writer import RunWriter
from workbench.store.writer import ExperimentWriter


def run_cycle(
    setting: Setting,
    experiment: ExperimentWriter,
    run: RunWriter,
    method: PlannedMethod,
    pool: PoolState,
    cycle: int,
    progress: Progress,
) -> PoolState:
    """Run one cycle of a method and publish it.

    Args:
        setting: data, plan and compute.
        experiment: that the run belongs to.
        run: where the cycle is written.
        method: the run's.
        pool: what is labelled now.
        cycle: its number, at least 1.
        progress: is called at every step; may stop the cycle, which then leaves nothing behind.

    Returns:
        The pool with the chosen units labelled.
    """
    setting.compute.apply()  # again: UMAP in a query before sets the threads as it likes
    seed, methods = run.read.seed, (method,)
    name = f"{run.read.id} cycle {cycle}"
    previous = PreviousCycle(run.read.cycle(cycle - 1))
    with run.training(cycle) as kept_in:
        made = train(setting, methods, pool, seed, cycle, progress, name, previous, kept_in)
        with run.write_cycle(
            cycle,
            labelled=pool.labelled,
            scores=score_infos(setting, setting.plan.scores_of(methods)),
            keep=kept(setting, cycle),
            initial=setting.initial_key(methods, seed),
        ) as record:
            found = observe(setting, made.trained, methods, cycle, progress, record)
            initial = embedded_before_training(setting, experiment, methods, seed, pool.labelled)
            observation = found.with_embeddings(initial)
            record.publish(observation, made.measured, made.facts)
    progress.step("select", 0, 1)
    return query(setting, run, method, observation, pool, cycle)


def start_shared(
    setting: Setting, experiment: ExperimentWriter, key: str, seed: int, progress: Progress
) -> None:
    """Make a shared cycle 0 of a seed; one that is published gets what new methods read of it."""
    if not experiment.record.has_shared(key):
        make_shared(setting, experiment, key, seed, progress)
        return
    cycle, methods = experiment.record.shared(key), setting.plan.sharing(key, seed)
    lack = lack_of(setting.plan, cycle, methods)
    if lack:
        setting.compute.apply()
        maps = kept(setting, 0).maps
        supply(setting, experiment, cycle, methods, seed, lack, progress, maps=maps)


def make_shared(
    setting: Setting, experiment: ExperimentWriter, key: str, seed: int, progress: Progress
) -> None:
    """Train, measure and scan a cycle 0 of a seed, for all methods at once that share it."""
    setting.compute.apply()  # again: UMAP in a query before sets the threads as it likes
    methods = setting.plan.sharing(key, seed)
    start = beginning(setting, experiment, methods, key, seed, progress)
    embed_before_training(setting, experiment, methods, seed, start.seed, progress)
    name = f"the shared cycle 0 of seed {seed}"
    with experiment.training(key) as kept_in:
        made = train(setting, methods, start.pool, start.seed, 0, progress, name, kept_in=kept_in)
        facts = replace(made.facts, extras={**made.facts.extras, **start.extras})
        labelled = start.pool.labelled
        with experiment.write_shared(
            key,
            labelled=labelled,
            scores=score_infos(setting, setting.plan.scores_of(methods)),
            keep=kept(setting, 0),
            initial=setting.initial_key(methods, seed),
        ) as record:
            found = observe(setting, made.trained, methods, 0, progress, record)
            initial = embedded_before_training(setting, experiment, methods, seed, labelled)
            record.publish(found.with_embeddings(initial), made.measured, facts)


def start_from_shared(
    setting: Setting, experiment: ExperimentWriter, run: RunWriter, method: PlannedMethod
) -> PoolState:
    """Publish the run's cycle 0, which is its seed's shared one, and let the method select."""
    seed = run.read.seed
    key = setting.plan.cycle_zero_key(method, seed)
    if not experiment.record.has_shared(key):
        raise RuntimeError(f"cycle 0 {key} is not published; it comes before every run")
    shared = run.publish_shared(key)
    pool = setting.pool_of(shared.labelled)
    return query(setting, run, method, shared.observation, pool, 0)


def query(
    setting: Setting,
    run: RunWriter,
    method: PlannedMethod,
    observation: Observation,
    pool: PoolState,
    cycle: int,
) -> PoolState:
    """Let a method select from a published cycle, publish that, and have it labelled.

    Args:
        setting: data, plan and compute.
        run: holds the cycle; what it holds of the query already, after a kill, stays.
        method: the run's.
        observation: what the cycle's scan found.
        pool: what was labelled before.
        cycle: its number; the last one selects nothing.

    Returns:
        The pool with the chosen units labelled.

    Raises:
        WaitingError: if their labels are not there yet.
    """
    allowance, prices = setting.allowance, setting.prices()
    if cycle >= allowance.budget.cycles - 1:
        return pool
    selection = run.read.selection(cycle)
    if selection is None:
        seed = run.read.seed
        selection = choose(method, observation, pool, allowance, seed, cycle, prices.true)
        run.publish_selection(cycle, selection)
    labels = run.read.labels(cycle)
    if labels is None:
        queue = Queue.of_units(selection.unit_ids, allowance.click_limit(pool, cycle))
        paid = collect(queue, setting.source, prices)
        labels = Labels(paid.unit_ids, paid.clicks)
        run.publish_labels(cycle, labels)
    return pool.reveal(labels.unit_ids, labels.clicks)
