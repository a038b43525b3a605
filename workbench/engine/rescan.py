"""Adds scores to finished cycles from their stored weights: a scan, no training."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from workbench.aggregation import AGGREGATIONS
from workbench.compute import ResolvedCompute
from workbench.engine.compute import device_of
from workbench.engine.events import OnEvent, Progress
from workbench.engine.observation import Sinks, score_infos
from workbench.engine.plan import resolve
from workbench.engine.setting import Setting, open_setting
from workbench.errors import NotStoredError
from workbench.models import build, load_weights
from workbench.naming import DEFAULT_AGGREGATION
from workbench.observation import ObservationBuilder
from workbench.scoring.scan import ScanRequest, scan
from workbench.scoring.scores import Score
from workbench.store import Cycle, open_store
from workbench.store.supplement_writer import SupplementWriter
from workbench.store.writer import ExperimentWriter, open_experiment


def rescan(
    store: Path,
    run_id: str,
    scores: Iterable[str],
    cycles: Iterable[int] | None = None,
    on_event: OnEvent | None = None,
) -> list[int]:
    """Scan the pool again with a run's stored networks, for scores that its cycles lack.

    What the cycles hold stays as it is; what is added stands beside it (score maps, and the mean of
    each unit). A shared cycle 0 is scanned once, for all runs that share it.

    Args:
        store: the run store.
        run_id: ``<experiment id>/<method>-s<seed>``.
        scores: score specs, e.g. ``mutual_information@mc_dropout``.
        cycles: which cycles; every published one if not given.
        on_event: hears the progress.

    Returns:
        The cycles to which something was added.

    Raises:
        ConfigError: for an unknown score, or one that this model cannot give.
        NotStoredError: if a cycle's weights were not kept.
        StoreLockedError: if another process works on the run.
    """
    run = open_store(store).run(run_id)
    config = run.experiment.config
    more = config.scan.model_copy(update={"scores": tuple(scores)})
    plan = resolve(config.model_copy(update={"scan": more}))
    compute = ResolvedCompute(device_of(config.compute), **run.experiment.compute)
    compute.apply()
    setting = open_setting(plan, run.experiment.data_dir, compute, run.experiment.geometry)
    experiment = open_experiment(store, run.experiment.id)
    about = {"run": run.id, "method": run.method.name, "seed": run.seed, "cycles": len(run.cycles)}
    progress = Progress(on_event or (lambda _: None), lambda: False, about)
    chosen = run.cycle_numbers if cycles is None else list(cycles)
    added = []
    with experiment.run_lock(run):
        for number in chosen:
            progress.about["cycle"] = number
            if _add(setting, experiment, run.cycle(number), progress):
                added.append(number)
    return added


def _add(setting: Setting, experiment: ExperimentWriter, cycle: Cycle, progress: Progress) -> bool:
    """Add to one cycle what it lacks; returns whether it lacked anything."""
    missing = tuple(s for s in setting.plan.extra_scores if s.name not in cycle.scores)
    if not missing:
        return False
    if cycle.weights is None:
        raise NotStoredError(
            f"{cycle!r} keeps no weights, so it cannot be scanned again; a new experiment with "
            "keep.weights: all keeps them."
        )
    key = cycle.shared_key
    lock = experiment.shared_lock(key) if key else nullcontext()
    model = build(setting.plan.model, setting.dataset.card.n_classes, seed=0)
    load_weights(model, cycle.weights)
    infos = score_infos(setting, missing)
    builder = ObservationBuilder()
    with lock, SupplementWriter(cycle, infos) as record:
        scan(
            model.to(setting.compute.device),
            setting.images(cycle.labelled),
            _request(setting, missing),
            setting.compute,
            Sinks(builder, record),
            lambda done: progress.step("scan", done, setting.geometry.n_images),
        )
        record.publish(builder.finish(cycle.labelled))
    return True


def _request(setting: Setting, scores: tuple[Score, ...]) -> ScanRequest:
    """Ask for the maps and the unit means of some scores, and for nothing else."""
    mean = AGGREGATIONS.bind(DEFAULT_AGGREGATION)
    return ScanRequest(
        scores=scores,
        unit_scores=tuple((score, mean) for score in scores),
        maps=True,
        predictions=False,
        features=False,
        batch_size=setting.plan.config.scan.batch_size,
        map_limit=setting.plan.config.scan.map_limit,
        at_stride=setting.plan.config.scan.resolution == "stride",
        view=setting.plan.config.scan.view,
    )
