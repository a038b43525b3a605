"""Adds scores to finished cycles: scans the pool with their stored networks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from workbench.aggregation import AGGREGATIONS
from workbench.compute import ResolvedCompute
from workbench.engine.compute import device_of
from workbench.engine.data import open_data
from workbench.engine.decoded import decoded_splits, with_decoded
from workbench.engine.events import OnEvent, Progress
from workbench.engine.plan import resolve
from workbench.engine.remaining import Lack
from workbench.engine.setting import Setting
from workbench.engine.supply import supply
from workbench.naming import DEFAULT_AGGREGATION
from workbench.store import Run, open_store
from workbench.store.writer import ExperimentWriter, open_experiment


def rescan(
    store: Path,
    run_id: str,
    scores: Iterable[str],
    cycles: Iterable[int] | None = None,
    on_event: OnEvent | None = None,
) -> list[int]:
    """Scan the pool again with the stored networks of a run, for scores or maps its cycles lack.

    The files of the cycles do not change; score maps, and the mean of each unit, are added beside
    them. A shared cycle 0 is scanned once, for all runs that share it. A network whose weights were
    not kept is trained again.

    Args:
        store: the run store.
        run_id: ``<experiment id>/<method>-s<seed>``.
        scores: score specs, e.g. ``mutual_information@mc_dropout``.
        cycles: the numbers of the cycles; every published one if not given.
        on_event: receives the progress events.

    Returns:
        The numbers of the cycles to which something was added.

    Raises:
        ConfigError: for an unknown score, or one that this model cannot compute.
        DatasetError: if the dataset is gone, or is not the one that the experiment was started on.
        TrainingError: if the weights of a cycle were not kept and training again gives others.
        StoreLockedError: if another process holds the lock of the run.
    """
    run = open_store(store).run(run_id)
    config = run.experiment.config
    more = config.scan.model_copy(update={"scores": tuple(scores)})
    others = (m for m in run.experiment.methods if m.name != run.method.name)  # riders are theirs
    plan = resolve(config.model_copy(update={"scan": more, "methods": (run.method, *others)}))
    plan = replace(plan, methods=plan.methods[:1])
    compute = ResolvedCompute(device_of(config.compute), **run.experiment.compute)
    compute.apply()
    opened = open_data(plan, run.experiment.data_dir, run.experiment, store)
    splits = decoded_splits(store, plan, opened.dataset, opened.seen)
    dataset = with_decoded(opened.dataset, splits)
    setting = Setting(plan, dataset, run.experiment.geometry, compute)
    experiment = open_experiment(store, run.experiment.id)
    about = {"run": run.id, "method": run.method.name, "seed": run.seed, "cycles": len(run.cycles)}
    progress = Progress(on_event or (lambda _: None), lambda: False, about)
    chosen = run.cycle_numbers if cycles is None else list(cycles)
    added = []
    with experiment.run_lock(run):
        for number in chosen:
            progress.about["cycle"] = number
            if _add(setting, experiment, run, number, progress):
                added.append(number)
    return added


def _add(
    setting: Setting, experiment: ExperimentWriter, run: Run, number: int, progress: Progress
) -> bool:
    """Add to one cycle the scores, or their maps, that it lacks; return whether it lacked any."""
    cycle = run.cycle(number)
    mean = AGGREGATIONS.bind(DEFAULT_AGGREGATION)
    missing = [s for s in setting.plan.extra_scores if not cycle.has_maps(s.name)]
    if not missing:
        return False
    lack = Lack(unit_scores=tuple((score, mean) for score in missing))
    key = cycle.shared_key
    with experiment.shared_lock(key) if key else nullcontext():
        methods = setting.plan.methods
        supply(
            setting,
            experiment,
            cycle,
            methods,
            run.seed,
            lack,
            progress,
            maps=True,
            run=run if number else None,
        )
    return True
