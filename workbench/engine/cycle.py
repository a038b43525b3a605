"""One cycle of active learning: train ► measure ► scan ► select ► reveal.

Cycle 0 is the same for every method with the same cycle-0 key, so its network and its scan are made
once (:func:`make_shared`) and each method only selects from them (:func:`start_from_shared`).
"""

from __future__ import annotations

from dataclasses import replace

from workbench.engine.events import Progress
from workbench.engine.initial import embed_before_training
from workbench.engine.method import PlannedMethod
from workbench.engine.observation import kept, observe, score_infos, train
from workbench.engine.previous import PreviousCycle
from workbench.engine.query import Observation, choose
from workbench.engine.setting import Setting
from workbench.pool import PoolState, Queue, collect
from workbench.store.records import Selection
from workbench.store.run_writer import RunWriter
from workbench.store.writer import ExperimentWriter


def run_cycle(
    setting: Setting,
    run: RunWriter,
    method: PlannedMethod,
    pool: PoolState,
    cycle: int,
    progress: Progress,
) -> PoolState:
    """Run one cycle of a method and publish it.

    Args:
        setting: data, plan and compute.
        run: where the cycle is written.
        method: the run's.
        pool: what is labelled now.
        cycle: its number, at least 1.
        progress: hears every step; may stop the cycle, which then leaves nothing behind.

    Returns:
        The pool with the chosen units labelled.
    """
    setting.compute.apply()  # again: UMAP in a query before sets the threads as it likes
    seed, methods = run.read.seed, (method,)
    name = f"{run.read.id} cycle {cycle}"
    previous = PreviousCycle(run.read.cycle(cycle - 1))
    trained, measured = train(setting, methods, pool, seed, cycle, progress, name, previous)
    with run.write_cycle(
        cycle,
        labelled=pool.labelled,
        scores=score_infos(setting, setting.plan.scores_of(methods)),
        keep=kept(setting, cycle),
        initial=setting.initial_key(methods, seed),
    ) as record:
        observe(setting, trained, methods, cycle, progress, record)
        progress.step("select", 0, 1)
        selection = _labelled(setting, pool, method, record, seed, cycle)
        record.publish(measured, selection)
    return pool.reveal(selection.unit_ids, selection.clicks)


def make_shared(
    setting: Setting, experiment: ExperimentWriter, key: str, seed: int, progress: Progress
) -> None:
    """Train, measure and scan a cycle 0 of a seed, for all methods at once that share it."""
    setting.compute.apply()  # again: UMAP in a query before sets the threads as it likes
    pool, methods = setting.initial_pool(seed), setting.plan.sharing(key, seed)
    embed_before_training(setting, experiment, methods, seed, progress)
    name = f"the shared cycle 0 of seed {seed}"
    trained, measured = train(setting, methods, pool, seed, 0, progress, name)
    with experiment.write_shared(
        key,
        labelled=pool.labelled,
        scores=score_infos(setting, setting.plan.scores_of(methods)),
        keep=kept(setting, 0),
        initial=setting.initial_key(methods, seed),
    ) as record:
        observe(setting, trained, methods, 0, progress, record)
        record.publish(measured)


def start_from_shared(
    setting: Setting, experiment: ExperimentWriter, run: RunWriter, method: PlannedMethod
) -> PoolState:
    """Let a method select from its seed's shared cycle 0 and publish that as the run's cycle 0."""
    seed = run.read.seed
    key = setting.plan.cycle_zero_key(method, seed)
    shared = experiment.shared(key)
    if shared is None:
        raise RuntimeError(f"cycle 0 {key} is not published; it comes before every run")
    pool = setting.initial_pool(seed)
    selection = _labelled(setting, pool, method, shared, seed, 0)
    run.publish_shared(key, selection)
    return pool.reveal(selection.unit_ids, selection.clicks)


def _labelled(
    setting: Setting,
    pool: PoolState,
    method: PlannedMethod,
    observation: Observation,
    seed: int,
    cycle: int,
) -> Selection:
    """Choose units, request their labels, and return those that were paid for."""
    allowance, prices = setting.allowance, setting.prices()
    chosen = choose(method, observation, pool, allowance, seed, cycle, prices.true)
    queue = Queue.of_units(chosen.unit_ids, allowance.click_limit(pool, cycle))
    paid = collect(queue, setting.source, prices)
    scores = None if chosen.scores is None else chosen.scores[: len(paid.unit_ids)]
    return replace(chosen, unit_ids=paid.unit_ids, scores=scores, clicks=paid.clicks)
