"""A step of every learner against a minimal loop of the same passes, losses and optimisers.

The loops are in :mod:`benchmarks.loops`. Learner and loop take their steps in turn, one each, in
one process: after every step of the learner the loop takes one. So other work on the machine
disturbs both alike. Printed are the medians over all steps but the first ones, of CPU time of one
thread (on a GPU: of wall time), and their ratio. The learner's part of a step begins where the loop
ended and ends where it reports: batches, losses, optimisers, learning rates, checks and progress.

On a GPU the learner trains with deterministic algorithms, the loop with torch's native ones.

::

    python -m benchmarks.steps [LEARNER …] [--device cuda] [--rounds 4]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.loops import LOOPS, Data
from workbench.compute import ResolvedCompute
from workbench.learning import LEARNERS
from workbench.learning.base import Measurement, TrainProgress, TrainTask
from workbench.models import SegmentationModel, build
from workbench.seeding import seed_of

SPEC = {"name": "deeplabv3plus", "encoder": "mobilenet_v2"}
CLASSES = 11
NUMBER, SIZE = 32, (90, 120)
FIRST = 2
"""Steps that are left out: they make the kernels and the optimiser's moments."""

EPOCHS = 3
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "supervised": {},
    "self_consistency": {"augment": []},
    "pseudo_labels": {"continues": False, "delta": 1.0},
    "bootstrap": {},
    "s4gan": {},
    "vaal": {},
    "u2pl": {"augment": [], "sup_only_epochs": 0, "confidence": 0.0},
}
"""Where a learner's defaults differ from what its loop does."""


class Pool(list[tuple[np.ndarray, str]]):
    """The unlabelled images, each with its id."""

    @property
    def image_ids(self) -> Sequence[str]:
        """Their ids."""
        return [name for _, name in self]


@dataclass
class Before:
    """A cycle before that was sure of every image of the pool."""

    pool: Pool
    pseudo: np.ndarray
    number: int = 0
    labelled: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    networks: tuple[str, ...] = ()

    @property
    def units(self) -> pd.DataFrame:
        """One unit an image, the whole of it."""
        count = len(self.pool)
        box = {"y0": 0, "x0": 0, "y1": SIZE[0], "x1": SIZE[1], "area": SIZE[0] * SIZE[1]}
        return pd.DataFrame(
            {"unit_id": range(count), "image_id": self.pool.image_ids, **box, "entropy": 0.0}
        )

    def prediction(self, image_id: str) -> np.ndarray:
        """Return the classes that were predicted."""
        return self.pseudo[self.pool.image_ids.index(image_id)]


def network(name: str) -> SegmentationModel:
    """Return a network with the initial weights of its name."""
    return build(SPEC, CLASSES, seed_of(0, name))


def compare(name: str, device: str) -> dict[str, list[float]]:
    """Return the seconds of each step of a learner and of its loop, which take turns."""
    rng = np.random.default_rng(0)
    images, pool = rng.integers(0, 256, (2, NUMBER, *SIZE, 3), dtype=np.uint8)
    masks, pseudo = rng.integers(0, CLASSES, (2, NUMBER, *SIZE), dtype=np.uint8)
    names = [str(position) for position in range(NUMBER)]
    unlabelled = Pool(zip(pool, [f"pool {n}" for n in names], strict=True))
    parts = (torch.from_numpy(part).to(device) for part in (images, masks, pool, pseudo))
    loop = LOOPS[name](Data(lambda of: network(of).to(device), *parts))
    times: dict[str, list[float]] = {"loop": [], "learner": []}
    marks = [clock(device)]

    def report(progress: TrainProgress) -> None:
        """End the learner's step, and take one of the loop."""
        del progress
        done = clock(device)
        times["learner"].append(done - marks[-1])
        deterministic = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(False)
        start = clock(device)
        next(loop)
        times["loop"].append(clock(device) - start)
        torch.use_deterministic_algorithms(deterministic, warn_only=True)
        marks.append(clock(device))

    task = TrainTask(
        build=network,
        labelled=lambda view: list(zip(images, masks, names, strict=True)),  # noqa: ARG005
        unlabelled=lambda: unlabelled,
        validate=lambda model: Measurement("val", np.zeros((0, 0), np.int64)),  # noqa: ARG005
        seed=0,
        compute=ResolvedCompute(device, "float32"),
        report=report,
        previous=Before(unlabelled, pseudo) if name == "pseudo_labels" else None,
    )
    spec = {"name": name, "batch_size": 8, "epochs": EPOCHS, **SETTINGS[name]}
    LEARNERS.bind(spec).call().fit(task)
    return {of: found[FIRST:] for of, found in times.items()}


def clock(device: str) -> float:
    """Return the time in seconds: of this process on a CPU, of the wall on a GPU."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    """Print one line a learner."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", default=[], metavar="LEARNER")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--rounds", type=int, default=4, help="trainings of each learner")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"a step on {options.device}, DeepLabv3+ MobileNetV2, 8 images of 90×120, float32")
    for name in options.which or LOOPS:
        times: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for of, found in compare(name, options.device).items():
                times.setdefault(of, []).extend(found)
        middle = {of: 1e3 * float(np.median(found)) for of, found in times.items()}
        ratio = middle["learner"] / middle["loop"]
        print(
            f"  {name:18} {middle['learner']:7.1f} ms  loop {middle['loop']:7.1f} ms  "
            f"{ratio:5.3f} ×  ({len(times['loop'])} steps each, load {os.getloadavg()[0]:.1f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
