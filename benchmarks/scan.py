"""The scan against its naive forms, in one run, as ratios.

DeepLabv3+ on MobileNetV2, 360×480, 11 classes, 4×4 units::

    python benchmarks/scan.py [three bare all dropout memory] [--data DIR]

Images come from CamVid below ``--data`` or else from the built-in scenes. Forms alternate, and
a ratio is that of the fastest turns, so that other work on the machine slows both.
"""

from __future__ import annotations

import sys

sys.path.pop(0)  # else `select` would import the file beside this one, not the standard library

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.acquisition import entropy
from workbench.aggregation import AGGREGATIONS, mean
from workbench.committees import COMMITTEES, Forwards, Workspace, mc_dropout
from workbench.committees._dropout import DropoutSwitch
from workbench.compute import ResolvedCompute
from workbench.config import Embedding
from workbench.datasets import open_dataset
from workbench.learning import LEARNERS
from workbench.learning.base import Measurement, TrainTask
from workbench.models import build, fold
from workbench.observation import ImageScan
from workbench.scoring.scan import ScanImage, ScanRequest, scan
from workbench.scoring.scores import Score, parse_score
from workbench.store.rasters import MAP, Raster, RasterWriter
from workbench.types import Committee
from workbench.units import UNITS

CLOCK = time.perf_counter
CLASSES, SIZE = 11, (360, 480)
MODEL = {"name": "deeplabv3plus", "encoder": "mobilenet_v2"}
THREE = ("entropy", "least_confidence", "margin")
ODIN = tuple(f"least_confidence@odin:{t}" for t in (0.01, 0.1, 10, 100, 1000))
PAPERS = (
    *THREE,
    *ODIN,
    "least_confidence@odin:1000,0.0014",
    "mutual_information@mc_dropout",
    "vote_entropy@mc_dropout",
    "variance@mc_dropout",
    "total_entropy@transforms:hflip",
)
"""Chen et al., Gu's CEAL (variance over dropout), Golestaneh & Kitani."""


class Bench:
    """Images, network and settings that all comparisons share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.compute = ResolvedCompute(options.device, options.precision, options.threads)
        self.compute.apply()
        self.batch, self.repeats = options.batch, options.repeats
        root = options.data / "camvid" if options.data else None
        spec: Any = {"name": "camvid", "root": str(root)}
        if root is None:
            spec = {"name": "synthetic", "height": SIZE[0], "width": SIZE[1], "train": 64}
        self.dataset = open_dataset(spec, Path())
        self.keys = self.dataset.keys("train")[: options.images]
        layout = UNITS.bind("grid:4x4").call().layout(SIZE)
        self.images = [
            ScanImage(i, key, self.dataset.image("train", key), layout)
            for i, key in enumerate(self.keys)
        ]
        self.unit_map = torch.from_numpy(layout.unit_map.astype(np.int64))
        self.model = build(MODEL, CLASSES, 0).to(options.device).eval()
        self.steps = options.steps
        self._trained = False

    def batches(self) -> list[torch.Tensor]:
        """Return the normalised images, batch by batch."""
        stacked = torch.from_numpy(np.stack([image.image for image in self.images]))
        return [self.model.normalise(part) for part in stacked.split(self.batch)]

    def request(self, texts: Sequence[str], **more: Any) -> ScanRequest:
        """Return the request for some scores with the mean of each."""
        scores = tuple(map(parse_score, texts))
        pairs = tuple((score, AGGREGATIONS.bind("mean")) for score in scores)
        return ScanRequest(scores, pairs, batch_size=self.batch, **more)

    def forward(self, model: torch.nn.Module | None = None) -> None:
        """Run the bare network, or another form ``model`` of it, on every batch."""
        for x in self._prepared:
            with torch.no_grad(), self.compute.autocast():
                (model or self.model)(x)

    @property
    def _prepared(self) -> list[torch.Tensor]:
        if not hasattr(self, "_inputs"):
            self._inputs = self.batches()
        return self._inputs

    def scanned(self, request: ScanRequest, sink: Any, compute: Any = None) -> None:
        """Scan all images once."""
        scan(self.model, self.images, request, compute or self.compute, sink)

    def train(self) -> None:
        """Train the network for a while, at the first call only."""
        if self._trained:
            return
        samples = [
            (image.image, self.dataset.mask("train", image.image_id), image.image_id)
            for image in self.images
        ]
        learner = LEARNERS.bind(
            {"name": "supervised", "epochs": 1, "steps_per_epoch": self.steps, "crop": [90, 120]}
        )
        task = TrainTask(
            build=lambda name: build(MODEL, CLASSES, 0),  # noqa: ARG005
            labelled=lambda view: samples,  # noqa: ARG005
            validate=lambda model: Measurement("val", np.zeros((0, 0))),  # noqa: ARG005
            seed=0,
            compute=self.compute,
        )
        self.model = learner.call().fit(task).scan_model
        self._trained = True


class Drop:
    """A sink that discards results."""

    def add(self, result: ImageScan) -> None:
        """Discard a result."""


class Cache:
    """A sink that writes score maps as the store does, behind the network."""

    def __init__(self, folder: Path) -> None:
        self._writer = RasterWriter(folder)

    def add(self, result: ImageScan) -> None:
        """Write the maps of one image."""
        for name, values in result.score_maps.items():
            self._writer.add(Raster(MAP, name, result.image_id, values))

    def finish(self) -> None:
        """Wait until all maps are written."""
        self._writer.finish()


class Keep(dict[str, ImageScan]):
    """A sink that keeps all results in memory."""

    def add(self, result: ImageScan) -> None:
        """Keep a result."""
        self[result.image_id] = result

    def unit_scores(self, name: str) -> np.ndarray:
        """Return one score of all units, image after image."""
        return np.concatenate([self[key].unit_scores[name] for key in sorted(self)])


def in_turns(repeats: int, *forms: Callable[[], Any]) -> list[float]:
    """Return the shortest time of each form in seconds; the forms alternate."""
    best = [float("inf")] * len(forms)
    for turn in range(repeats + 1):
        for i, form in enumerate(forms):
            start = CLOCK()
            form()
            if turn:  # the first one warms up
                best[i] = min(best[i], CLOCK() - start)
    return best


def bench_three(bench: Bench) -> None:
    """Time entropy, least confidence and margin with cached maps, against the bare network."""

    def cached(**more: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            sink = Cache(Path(folder))
            bench.scanned(bench.request(THREE, **more), sink)
            sink.finish()

    lean = {"features": False, "predictions": False}
    folded = fold(bench.model)
    forward, fast, three, more = in_turns(
        bench.repeats,
        bench.forward,
        partial(bench.forward, folded),
        partial(cached, **lean),
        partial(cached, embeddings=(Embedding(),)),
    )
    each = 1e3 / len(bench.images)
    print(
        f"three scores, maps cached: {three * each:.1f} ms per image, bare forward "
        f"{forward * each:.1f} ms (batch norm folded: {fast * each:.1f} ms): ratio "
        f"{three / forward:.2f} ({three / fast:.2f}); with predictions, embeddings and coarse "
        f"features {more * each:.1f} ms: ratio {more / forward:.2f} ({more / fast:.2f})"
    )


def bench_bare(bench: Bench) -> None:
    """One, three and all scores of the papers in one scan, nothing stored, on the bare network."""
    groups = (("entropy",), THREE, PAPERS)
    requests = [bench.request(texts, features=False, predictions=False) for texts in groups]
    scans = [partial(bench.scanned, request, Drop()) for request in requests]
    forward, *times = in_turns(bench.repeats, bench.forward, *scans)
    for texts, seconds in zip(groups, times, strict=True):
        print(f"{len(texts)} scores in one scan: {seconds / forward:.2f} times the bare pass")


def naive_members(bench: Bench, committee: Any, x: torch.Tensor) -> torch.Tensor:
    """Return all members at once, with a whole pass for each: (T, B, C, H, W) probabilities."""

    def network(inputs: torch.Tensor) -> torch.Tensor:
        with bench.compute.autocast():
            return bench.model(inputs).float()

    if committee.name == "mc_dropout":
        switch = DropoutSwitch(bench.model, committee.options["rate"], committee.options["seed"])
        members = []
        for number in range(committee.options["members"]):
            with switch.member(number):
                members.append(network(x).softmax(dim=1))
        return torch.stack(members)
    if committee.name == "transforms":
        return torch.stack([network(x), network(x.flip(-1)).flip(-1)]).softmax(dim=2)
    if committee.name == "odin":
        temperature, epsilon = committee.options["temperature"], committee.options["epsilon"]
        if epsilon:
            with torch.enable_grad():
                leaf = x.clone().requires_grad_()
                log_probs = (bench.model(leaf) / temperature).log_softmax(dim=1)
                (gradient,) = torch.autograd.grad(log_probs.max(dim=1).values.sum(), leaf)
            x = x + epsilon * gradient.sign()
        return (network(x) / temperature).softmax(dim=1)[None]
    return network(x).softmax(dim=1)[None]


def naive_scan(bench: Bench, score: Score) -> np.ndarray:
    """Make one pass over the images for one score; return (units,) means."""
    found = []
    for x in bench.batches():
        with torch.no_grad():
            probs = naive_members(bench, score.committee, x)
            maps = score.acquisition.call(Committee.from_members(probs)).cpu()
        found += [mean(score_map, bench.unit_map, 16).numpy() for score_map in maps]
    return np.concatenate(found)


def bench_all(bench: Bench) -> None:
    """Time all scores of the papers in one scan, against one pass per score."""
    request = bench.request(PAPERS, features=False)
    one, kept = Drop(), Keep()
    naive: dict[str, np.ndarray] = {}

    def each() -> None:
        for score in request.scores:
            naive[score.name] = naive_scan(bench, score)

    together, apart = in_turns(1, lambda: bench.scanned(request, one), each)
    bench.scanned(request, kept)
    off = max(
        float(np.abs(kept.unit_scores(score.name) - naive[score.name]).max())
        / score.range(CLASSES)[1]
        for score in request.scores
        if "0.0014" not in score.name  # a sign of a gradient near 0 has no tolerance
    )
    print(
        f"{len(PAPERS)} scores of the papers: one scan {together:.1f} s, one pass per score "
        f"{apart:.1f} s: {apart / together:.2f} times faster; unit scores differ by at "
        f"most {off:.0e} of their range"
    )


def bench_dropout(bench: Bench) -> None:
    """Time ten dropout members against one forward pass."""
    x = bench.batches()[0]
    needs = frozenset({"mean_entropy"})
    workspace = Workspace()

    def ten(after_softmax: bool) -> None:
        with torch.no_grad():
            forwards = Forwards(
                bench.model, x, bench.compute.autocast, workspace=workspace, dropout=after_softmax
            )
            if after_softmax:
                COMMITTEES.bind("softmax").call(forwards, needs)
            COMMITTEES.bind("mc_dropout:10").call(forwards, needs)

    def once() -> None:
        with torch.no_grad(), bench.compute.autocast():
            bench.model(x)

    one, alone, after = in_turns(bench.repeats, once, partial(ten, False), partial(ten, True))
    print(
        f"mc_dropout(10): {alone / one:.2f} forward passes; softmax and mc_dropout(10): "
        f"{after / one:.2f}"
    )


def peak_of(members: int, batch: int, queue: Any) -> None:
    """Put into the queue the peak memory of scoring with some dropout members, in MB."""
    torch.set_num_threads(1)
    model = build(MODEL, CLASSES, 0).eval()
    x = torch.randn(batch, 3, *SIZE)
    with torch.no_grad():
        committee = mc_dropout(
            Forwards(model, x), frozenset({"mean_entropy"}), members=members, rate=0.5, seed=0
        )
        entropy(committee)
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def bench_memory(bench: Bench) -> None:
    """Compare the peak memory of 50 and 10 dropout members, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    peaks = []
    for members in (10, 50):
        queue = context.Queue()
        process = context.Process(target=peak_of, args=(members, bench.batch, queue))
        process.start()
        peaks.append(queue.get())
        process.join()
    print(
        f"peak memory: {peaks[0]:.0f} MB with 10 members, {peaks[1]:.0f} MB with 50: "
        f"ratio {peaks[1] / peaks[0]:.3f}"
    )


BENCHES = {
    "three": bench_three,
    "bare": bench_bare,
    "all": bench_all,
    "dropout": bench_dropout,
    "memory": bench_memory,
}


def main(benches: Mapping[str, Callable[[Bench], None]], about: str | None) -> None:
    """Run the comparisons that were named, or all."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("which", nargs="*", metavar="WHICH", help=", ".join(benches))
    parser.add_argument("--data", type=Path, help="folder that holds camvid/")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="float32", choices=("float32", "bf16"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="CPU time of the network's thread, for a busy machine",
    )
    parser.add_argument("--steps", type=int, default=150, help="steps of training")
    options = parser.parse_args()
    if options.cpu_time:
        global CLOCK  # noqa: PLW0603
        CLOCK = time.thread_time
    bench = Bench(options)
    print(
        f"{bench.dataset.card.name}, {len(bench.images)} images, batch {options.batch}, "
        f"{options.precision}, {options.threads} threads, torch {torch.__version__}"
    )
    for name in options.which or benches:
        benches[name](bench)


if __name__ == "__main__":
    main(BENCHES, __doc__)
