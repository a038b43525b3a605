"""The precision in which a score orders units as in float32.

DeepLabv3+ on MobileNetV2, trained for a while on built-in scenes of 360×480; other scenes are
scanned in float32 and in bf16, for every registered acquisition function::

    python -m benchmarks.precision [--steps 400] [--images 40]

Prints Kendall's τ between the two orders, over units (4×4 per image) and over whole images. Entries
of committees and acquisition functions require float32 where it is below 0.99 over units.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from scipy.stats import kendalltau

from benchmarks.scan import MODEL, Keep
from workbench.acquisition import ACQUISITIONS
from workbench.aggregation import AGGREGATIONS
from workbench.compute import ResolvedCompute
from workbench.datasets import open_dataset
from workbench.learning import LEARNERS
from workbench.learning.base import Measurement, TrainTask
from workbench.models import build
from workbench.scoring.scan import ScanImage, ScanRequest, scan
from workbench.scoring.scores import Score, parse_score
from workbench.units import UNITS

SIZE = (360, 480)
TRAINING_IMAGES = 24
"""Number of images that the networks are trained on; the others are scanned."""

DISAGREEMENT = (
    "total_entropy",
    "entropy",
    "mutual_information",
    "vote_entropy",
    "variation_ratio",
    "variance",
    "deviation",
)
COMMITTEES = ("transforms:hflip", "mc_dropout", "ensemble:2")
TEMPERATURES = (0.01, 0.03, 0.1, 0.3, 3, 10, 100, 1000)
TEXTS = (
    *(entry.name for entry in ACQUISITIONS if not entry.needs),
    *(f"least_confidence@odin:{t}" for t in TEMPERATURES),
    "least_confidence@odin:1000,0.0014",
    *(f"{name}@{committee}" for committee in COMMITTEES for name in DISAGREEMENT),
)
COUNTS = {"entropy": 0.6931471805599453, "least_confidence": 0.5, "margin": 0.8}


def trained(dataset: Any, keys: list[str], seed: int, options: argparse.Namespace) -> Any:
    """Return a network trained on some images."""
    samples = [(dataset.image("train", k), dataset.mask("train", k), k) for k in keys]
    spec = {"name": "supervised", "epochs": 1, "steps_per_epoch": options.steps, "crop": [180, 240]}
    task = TrainTask(
        build=lambda name: build(MODEL, dataset.card.n_classes, seed),  # noqa: ARG005
        labelled=lambda view: samples,  # noqa: ARG005
        validate=lambda model: Measurement("val", np.zeros((0, 0))),  # noqa: ARG005
        seed=seed,
        compute=ResolvedCompute("cpu", "bf16", options.threads),
    )
    return LEARNERS.bind(spec).call().fit(task).scan_model


def unit_scores(kept: Keep, name: str) -> np.ndarray:
    """Return one score of all units, (images, units per image)."""
    return np.stack([kept[key].unit_scores[name] for key in sorted(kept)])


def main() -> None:
    """Train, scan in both precisions, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400, help="steps of training")
    parser.add_argument("--images", type=int, default=40, help="images to scan")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--units", default="grid:4x4")
    options = parser.parse_args()
    spec = {"name": "synthetic", "height": SIZE[0], "width": SIZE[1], "frames": 4}
    dataset = open_dataset({**spec, "train": TRAINING_IMAGES + options.images}, Path())
    keys = dataset.keys("train")
    ResolvedCompute("cpu", "float32", options.threads).apply()
    networks = [trained(dataset, keys[:TRAINING_IMAGES], seed, options) for seed in (0, 1)]
    layout = UNITS.bind(options.units).call().layout(SIZE)
    images = [
        ScanImage(i, key, dataset.image("train", key), layout)
        for i, key in enumerate(keys[TRAINING_IMAGES:])
    ]
    scores = tuple(map(parse_score, TEXTS))
    pairs = [(score, AGGREGATIONS.bind("mean")) for score in scores]
    pairs += [(s, AGGREGATIONS.bind(f"count_above:{COUNTS[s.name]}")) for s in scores[:3]]
    request = ScanRequest(scores, tuple(pairs), maps=False, features=False, batch_size=2)
    found = []
    for precision in ("float32", "bf16"):
        kept = Keep()
        compute = ResolvedCompute("cpu", precision, options.threads)
        # as if no score required float32
        with patch.object(Score, "needs_float32", False):
            scan(networks[0], images, request, compute, kept, members=networks)
        found.append(kept)
    print(
        f"{options.steps} steps, {len(images)} images, {options.units}, torch {torch.__version__}"
    )
    print("score: tau of units, of images")
    for name in found[0][images[0].image_id].unit_scores:
        pair = [unit_scores(kept, name) for kept in found]
        units = kendalltau(*(values.ravel() for values in pair)).statistic
        whole = kendalltau(*(values.mean(axis=1) for values in pair)).statistic
        print(f"{name}: {units:.4f}, {whole:.4f}", flush=True)


if __name__ == "__main__":
    main()
