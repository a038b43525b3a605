"""The catalogue of a large store and the cache keys of its pages, against the plain reading.

::

    python -m benchmarks.catalogue [--runs 1000 --cycles 20 --experiments 20] [--store DIR]

One run is written by the store's own writer, from made-up numbers and without maps; its cycles are
copied into the other runs, whose records the writer makes too. ``--store`` keeps the store, or
measures the one that is there.

*Cold* is the first look of a process, *warm* the median of nine later ones. The plain forms open
the records of every cycle: ``Run.cycles``, ``Run.revision``. ``--profile`` prints what takes the
time of a warm look.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from workbench.config import Method, parse_config
from workbench.figures import catalogue
from workbench.geometry import Geometry, Images, divide
from workbench.metrics import SplitCounts
from workbench.observation import Observation
from workbench.store import (
    ExperimentWriter,
    Keep,
    Labels,
    Measured,
    Run,
    RunWriter,
    ScoreInfo,
    Selection,
    Store,
    create_experiment,
    open_store,
)
from workbench.types import DatasetCard
from workbench.units import UNITS

CLASSES, IMAGES, UNITS_SPEC, METHODS = 11, 40, "grid:2x2", 5
CARD = DatasetCard(
    name="synthetic",
    classes=tuple(f"class {c}" for c in range(CLASSES)),
    palette=tuple((c, c, c) for c in range(CLASSES)),
    void_id=255,
    splits={"train": None, "val": None},
    source="benchmarks/catalogue.py",
)
SCORE = ScoreInfo("entropy", 0.0, float(np.log(CLASSES)), "nats")
KEEP = Keep(maps=False, predictions=False, features=False, weights=False, embeddings=False)


def pool() -> Geometry:
    """Return the geometry of a small pool."""
    images = Images.make([f"{i:04d}" for i in range(IMAGES)], [(48, 64)] * IMAGES)
    return divide(images, UNITS.bind(UNITS_SPEC).call())


def write(store: Path, experiments: int, runs: int, cycles: int) -> None:
    """Write experiments of as many runs each, all of them done."""
    methods = [Method(name=f"method{i}", score="entropy") for i in range(METHODS)]
    first: Path | None = None
    for number in range(experiments):
        config = parse_config(
            {
                "name": f"made{number:03d}",
                "dataset": "synthetic",
                "units": UNITS_SPEC,
                "model": "tiny",
                "learner": "supervised",
                "methods": [method.model_dump() for method in methods],
                "seeds": list(range(max(1, runs // METHODS))),
                "budget": {"initial": 4, "per_cycle": 4, "cycles": cycles},
            }
        )
        experiment = create_experiment(
            store, config, card=CARD, pool=pool(), methods=methods, data_dir=store
        )
        for run in experiment.record.runs():
            first = fill(experiment, run, cycles, first)


def fill(experiment: ExperimentWriter, run: Run, cycles: int, first: Path | None) -> Path:
    """Write a run, or copy the cycles of the first one; return the folder of the first one."""
    if first is not None:
        for name in ("cycles", "selections"):
            shutil.copytree(first / name, run.path / name)
    with experiment.run(run.method, run.seed) as writer:
        if first is None:
            for number in range(cycles):
                write_cycle(writer, number, last=number == cycles - 1)
        else:
            writer._published(cycles - 1)  # what a writer does after each cycle
        writer.finish("done")
    return first or run.path


def write_cycle(run: RunWriter, number: int, *, last: bool) -> None:
    """Write a cycle with the metrics, the unit table and the selection of a tiny pool."""
    units = run.read.experiment.pool
    rng = np.random.default_rng(number)
    labelled = units["unit_id"].to_numpy()[: 4 * (number + 1)]
    table = pd.DataFrame({"unit_id": units["unit_id"][len(labelled) :]})
    table["boundary_share"] = np.float32(0.0)
    for c in range(CLASSES):
        table[f"class_{c}"] = np.float32(1 / CLASSES)
    table["entropy"] = rng.random(len(table))
    confusion = rng.integers(1, 1000, (CLASSES, CLASSES)) + np.diag([1000 * (number + 1)] * CLASSES)
    measured = {"val": Measured.of(SplitCounts(confusion))}
    with run.write_cycle(number, labelled=labelled, scores=[SCORE], keep=KEEP) as writer:
        writer.write_network("network", lambda file: file.write_bytes(b"none"))
        writer.publish(Observation(table, {}, ("entropy",)), measured)
    if not last:
        picked = table["unit_id"].to_numpy()[:4]
        run.publish_selection(number, Selection(picked, None, "made up"))
        run.publish_labels(number, Labels(picked))


def seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Return the wall and CPU seconds that a call takes."""
    start, start_cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - start_cpu


def report(what: str, call: Callable[[], Any], *, profile: bool = False, times: int = 9) -> None:
    """Print the wall and CPU seconds of the first call and the medians of later ones."""
    cold = seconds(call)
    shown = f"{what}: cold {cold[0]:.3f} s ({cold[1]:.3f} s CPU)"
    if times:
        wall, cpu = zip(*[seconds(call) for _ in range(times)], strict=True)
        shown += f", warm {statistics.median(wall):.3f} s ({statistics.median(cpu):.3f} s CPU)"
    print(shown, flush=True)
    if profile:
        with cProfile.Profile() as seen:
            call()
        pstats.Stats(seen).sort_stats("tottime").print_stats(14)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--experiments", type=int, default=20)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--no-plain", action="store_true", help="leave the plain forms out")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder) / "runs"
        if not store.exists():
            with patch("os.fsync"):
                each = options.runs // options.experiments
                took, _ = seconds(lambda: write(store, options.experiments, each, options.cycles))
            print(f"written in {took:.0f} s")
        measure(open_store(store), plain=not options.no_plain, profile=options.profile)


def measure(store: Store, *, plain: bool, profile: bool) -> None:
    """Measure the catalogue, and the keys of one experiment's runs and of all runs."""
    report("catalogue", lambda: catalogue.read(store), profile=profile)
    runs = {"one experiment": store.experiments()[0].runs(), "all runs": store.runs()}
    for what, chosen in runs.items():
        report(f"keys of {what}", lambda runs=chosen: store.revisions(runs), profile=profile)
    if plain:
        report("plain points of all runs", lambda: points(store.runs()), times=0)
        for what, chosen in runs.items():
            report(f"plain keys of {what}", lambda runs=chosen: revisions(runs), times=1)


def points(runs: Sequence[Run]) -> list[list[float]]:
    """Return every mIoU by the plain form, the longest part of a plain catalogue."""
    return [[cycle.metrics.miou for cycle in run.cycles] for run in runs]


def revisions(runs: Sequence[Run]) -> list[str]:
    """Return the revisions by the plain form, as a page's new look does."""
    return [Run(run.experiment, run.method, run.seed).revision for run in runs]


if __name__ == "__main__":
    main()
