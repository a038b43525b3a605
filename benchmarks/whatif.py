"""What-if on a pool like CamVid's, warm, against the plain form, which reads all maps again.

::

    python -m benchmarks.whatif

367 maps of 360×480 in a synthetic store, grid:4x4 stored, 32 picked. The plain form reads each map
with ``Cycle.score_map`` and averages unit after unit with masks; it is measured on a tenth of the
images and scaled.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import workbench as wb
from workbench.config import Embedding, Method, parse_config
from workbench.geometry import list_units
from workbench.observation import ObservationBuilder
from workbench.store import Measured, ScoreInfo, create_experiment, run_of
from workbench.types import DatasetCard, Frame, unit_ids
from workbench.units import UNITS

IMAGES, SIZE, CLASSES, FEATURES = 367, (360, 480), 11, (12, 15, 256)
UNITS_SPEC = "grid:4x4"
PART = 36  # images that the plain form is measured on
CARD = DatasetCard(
    name="synthetic",
    classes=tuple(f"class {c}" for c in range(CLASSES)),
    palette=tuple((c, c, c) for c in range(CLASSES)),
    void_id=255,
    splits={"train": None, "val": None},
    source="benchmarks/whatif.py",
)


class Images:
    """Keys and sizes of a pool without pictures."""

    def keys(self, split: str) -> list[str]:  # noqa: ARG002 - there is one split
        """Return the keys."""
        return [f"{i:04d}" for i in range(IMAGES)]

    def size(self, split: str, key: str) -> tuple[int, int]:  # noqa: ARG002
        """Return the size of any image."""
        return SIZE

    def image(self, split: str, key: str) -> Any:  # noqa: ARG002
        """Raise LookupError: grids do not read images."""
        raise LookupError(f"image {key} of a pool that has no pictures")

    def frame(self, split: str, key: str) -> Frame:  # noqa: ARG002
        """Return the image's place in the only sequence."""
        return Frame("only", int(key))


@dataclass(frozen=True)
class Scan:
    """The results of a scan for one image."""

    image_id: str
    unit_ids: np.ndarray
    unit_scores: dict[str, np.ndarray]
    class_shares: np.ndarray
    boundary_share: np.ndarray
    embeddings: dict[str, np.ndarray]
    score_maps: dict[str, np.ndarray] = field(default_factory=dict)
    prediction: np.ndarray | None = None
    feature_map: np.ndarray | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)


def smooth(rng: np.random.Generator, cells: tuple[int, int]) -> np.ndarray:
    """Return a field (H, W) in 0 … 1 that changes over some pixels, as score maps do."""
    import cv2

    coarse = rng.random(cells).astype(np.float32)
    return np.clip(cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def scan(number: int) -> Scan:
    """Return synthetic results of a scan for an image."""
    rng = np.random.default_rng(number)
    units = UNITS.bind(UNITS_SPEC).call().layout(SIZE)
    entropy = smooth(rng, (36, 48)) ** 3 * np.float32(np.log(CLASSES))
    prediction = (smooth(rng, (9, 12)) * (CLASSES - 1)).astype(np.uint8)
    pairs = np.bincount(
        units.unit_map.ravel() * CLASSES + prediction.ravel(), minlength=len(units) * CLASSES
    )
    sums = np.bincount(units.unit_map.ravel(), weights=entropy.ravel())
    features = rng.standard_normal(FEATURES, dtype=np.float32) + rng.standard_normal(FEATURES[2])
    return Scan(
        image_id=f"{number:04d}",
        unit_ids=unit_ids(number, np.arange(len(units))),
        unit_scores={"entropy": sums / units.areas},
        class_shares=(pairs.reshape(-1, CLASSES) / units.areas[:, None]).astype(np.float32),
        boundary_share=np.zeros(len(units), np.float32),
        embeddings={Embedding().key: rng.standard_normal((len(units), 320), dtype=np.float32)},
        score_maps={"entropy": entropy},
        prediction=prediction,
        feature_map=features.astype(np.float16),
    )


def write(path: Path) -> Any:
    """Write the store and return its cycle."""
    method = Method(name="entropy", score="entropy")
    config = parse_config(
        {
            "name": "whatif",
            "dataset": "synthetic",
            "units": UNITS_SPEC,
            "model": "tiny",
            "learner": "supervised",
            "methods": [method.model_dump()],
            "budget": {"initial": 128, "per_cycle": 32, "cycles": 2},
        }
    )
    pool = list_units(Images(), UNITS.bind(UNITS_SPEC).call())
    labelled = pool.unit_ids[:: len(pool) // 128][:128]
    iou = np.zeros(CLASSES)
    with patch("os.fsync"):
        experiment = create_experiment(
            path, config, card=CARD, pool=pool, methods=[method], data_dir=path
        )
        infos = (ScoreInfo("entropy", 0.0, float(np.log(CLASSES)), "nats"),)
        with (
            experiment.run(method, 0) as run,
            run.write_cycle(0, labelled=labelled, scores=infos) as writer,
        ):
            writer.write_network("network", lambda file: file.write_bytes(b"none"))
            found = ObservationBuilder()
            for number in range(IMAGES):
                found.add(image := scan(number))
                writer.add(image)
            confusion = np.zeros((CLASSES, CLASSES), np.int64)
            measured = Measured({"miou": 0.0, "pixel_accuracy": 0.0}, iou, confusion)
            writer.publish(found.finish(labelled), {"val": measured})
    return wb.open_store(path).runs()[0].cycle(0)


def timed(call: Callable[[], Any], times: int = 9) -> tuple[Any, float, float]:
    """Return a call's result, its CPU seconds and wall seconds, the least of some calls."""
    cpu = wall = np.inf
    result = None
    for _ in range(times):
        start, start_cpu = time.perf_counter(), time.process_time()
        result = call()
        cpu = min(cpu, time.process_time() - start_cpu)
        wall = min(wall, time.perf_counter() - start)
    return result, cpu, wall


def plain_counts(cycle: Any, threshold: float, part: slice) -> np.ndarray:
    """Return shares above a threshold by the plain form: maps from disk, each unit by a mask."""
    unit_map = UNITS.bind(UNITS_SPEC).call().layout(SIZE).unit_map
    counts = []
    for image_id in cycle.image_ids[part]:
        score_map = cycle.score_map("entropy", image_id)
        counts += [(score_map[unit_map == u] > threshold).mean() for u in range(unit_map.max() + 1)]
    return np.array(counts)


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cycle = write(Path(folder) / "runs")
        naive, cpu, wall = timed(lambda: plain_counts(cycle, 0.5, slice(0, PART)), 1)
        cpu, wall = cpu * IMAGES / PART, wall * IMAGES / PART
        print(f"plain form, a new threshold: {cpu:.2f} s CPU, {wall:.2f} s")
        _, cold_cpu, cold = timed(lambda: select(cycle, aggregation="count_above:0.5"), 1)
        print(f"cold (maps from disk): {cold_cpu:.2f} s CPU, {cold:.2f} s")
        fast = select(cycle, aggregation="count_above:0.5").unit_scores
        pool = run_of(cycle).experiment.pool["unit_id"].to_numpy()[: len(naive)]
        open_units = np.isin(pool, fast.index)
        same = np.array_equal(fast.loc[pool[open_units]], naive[open_units])
        print(f"{same=} counts")
        thresholds, quantiles = iter(np.linspace(0.1, 1.5, 100)), iter(np.linspace(0.1, 0.9, 100))
        for units in (UNITS_SPEC, "grid:5x5"):
            select(cycle, aggregation="count_above:0.5", units=units)
            what = f"a new threshold, top_k, {units}"
            report(what, cpu, lambda u=units: slide(cycle, f"count_above:{next(thresholds)}", u))
            what = f"a new quantile, top_k, {units}"
            report(what, cpu, lambda u=units: slide(cycle, f"quantile:{next(quantiles)}", u))
            for selector in ("top_k", "class_stratified", "k_center", "k_means_plus_plus"):
                options = {"units": units, "selector": selector, "aggregation": "count_above:0.5"}
                select(cycle, **options)  # warm: shares and vectors of these units
                report(f"{selector}, {units}", cpu, lambda o=options: select(cycle, **o))


def select(cycle: Any, **options: Any) -> Any:
    """Select 32 units by entropy."""
    return wb.whatif(cycle, score="entropy", k=32, **options)


def slide(cycle: Any, aggregation: str, units: str) -> Any:
    """Select with an aggregation that was not used before."""
    return select(cycle, aggregation=aggregation, units=units)


def report(what: str, plain_cpu: float, call: Callable[[], Any]) -> None:
    """Measure a call and print it beside the plain form."""
    _, cpu, wall = timed(call)
    print(f"{what}: {cpu:.3f} s CPU, {wall:.3f} s, {plain_cpu / cpu:.0f} times the plain form")


if __name__ == "__main__":
    main()
