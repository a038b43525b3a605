"""A training step and a forward pass: plain convolutions against ours, float32 against bf16.

CPU time of one thread, the best of a few turns that alternate, so that other work on the machine
disturbs all of them alike. Whole steps of the learners are measured by :mod:`benchmarks.steps`.

::

    python -m benchmarks.train [step deterministic forward augmentation]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate

from workbench.compute import ResolvedCompute
from workbench.learning._augment import Augmentation
from workbench.learning._loss import cross_entropy
from workbench.models import SegmentationModel, _enlarge, build
from workbench.models._grouped import GroupedConv

SPEC = {"name": "deeplabv3plus", "encoder": "mobilenet_v2"}
CLASSES = 11
TURNS = 6


def variants() -> dict[tuple[str, str], SegmentationModel]:
    """Return a network for every (convolutions, precision)."""
    made = {}
    for kind in ("plain", "ours"):
        model = build(SPEC, CLASSES, seed=0)
        if kind == "plain":
            for module in model.modules():
                if isinstance(module, GroupedConv):
                    module.__class__ = nn.Conv2d
        made |= {(kind, precision): model for precision in ("float32", "bf16")}
    return made


def best(calls: dict[tuple[str, str], Callable[[], None]]) -> dict[tuple[str, str], float]:
    """Return the least CPU milliseconds of each call, turn by turn."""
    found = dict.fromkeys(calls, float("inf"))
    for turn in range(TURNS):
        for name, call in calls.items():
            start = time.process_time()
            call()
            if turn:  # the first one makes the kernels
                found[name] = min(found[name], 1e3 * (time.process_time() - start))
    return found


def table(times: dict[tuple[str, str], float]) -> None:
    """Print times and ratios to the plain float32 form."""
    for name, value in times.items():
        ratio = times["plain", "float32"] / value
        print(f"  {' '.join(name):16} {value:6.0f} ms  {ratio:4.2f} ×")


def bench_step() -> None:
    """Time a step on eight crops of 90×120, as in ``experiments/camvid_quick.yaml``."""
    print("training step, DeepLabv3+ MobileNetV2, 8 crops of 90×120")
    masks = torch.randint(0, CLASSES, (8, 90, 120), dtype=torch.uint8)
    images = torch.randint(0, 256, (8, 90, 120, 3), dtype=torch.uint8)

    def step(model: SegmentationModel, precision: str) -> None:
        model.train()
        with ResolvedCompute("cpu", precision).autocast():
            logits = model(model.normalise(images))
        cross_entropy(logits, masks).backward()
        model.zero_grad(set_to_none=True)

    table(best({n: (lambda m=m, p=n[1]: step(m, p)) for n, m in variants().items()}))


def bench_forward() -> None:
    """Time a forward pass of two images of 360×480."""
    print("forward pass, the same network, 2 images of 360×480")
    images = torch.randint(0, 256, (2, 360, 480, 3), dtype=torch.uint8)

    def forward(model: SegmentationModel, precision: str) -> None:
        model.eval()
        with torch.no_grad(), ResolvedCompute("cpu", precision).autocast():
            model(model.normalise(images))

    table(best({n: (lambda m=m, p=n[1]: forward(m, p)) for n, m in variants().items()}))


def bench_augmentation() -> None:
    """Time the augmentation of a batch of eight."""
    rng = np.random.default_rng(0)
    for height, width in ((90, 120), (360, 480)):
        image = torch.from_numpy(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        mask = torch.from_numpy(rng.integers(0, CLASSES, (height, width), dtype=np.uint8))
        for kinds in (("hflip",), ("hflip", "scale"), ("hflip", "scale", "colour")):
            augment = Augmentation(kinds, None, seed=0)
            start = time.process_time()
            for _ in range(40):
                augment(image, mask)
            each = 8e3 * (time.process_time() - start) / 40
            print(
                f"augmentation of 8 samples of {height}×{width}, {'+'.join(kinds)}: {each:.1f} ms"
            )


def bench_deterministic() -> None:
    """Time a step with native enlargement, and with the one that is deterministic on a GPU."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"training step on {device}, 8 crops of 90×120: enlargement native, by matrices")
    model = build(SPEC, CLASSES, seed=0).to(device).train()
    masks = torch.randint(0, CLASSES, (8, 90, 120), dtype=torch.uint8, device=device)
    images = torch.randint(0, 256, (8, 90, 120, 3), dtype=torch.uint8, device=device)
    forms = {"native": native, "by matrices": _enlarge.by_matrices}
    times: dict[str, list[float]] = {name: [] for name in forms}
    plain = _enlarge.enlarge
    for turn in range(TURNS):
        for name, form in forms.items():
            _enlarge.enlarge = form  # type: ignore[assignment]
            torch.use_deterministic_algorithms(name != "native", warn_only=True)
            start = time.process_time()
            cross_entropy(model(model.normalise(images)), masks).backward()
            model.zero_grad(set_to_none=True)
            if device == "cuda":
                torch.cuda.synchronize()
            times[name] += [time.process_time() - start] if turn else []
    _enlarge.enlarge = plain
    torch.use_deterministic_algorithms(False)
    middle = {name: 1e3 * float(np.median(found)) for name, found in times.items()}
    for name, value in middle.items():
        print(f"  {name:16} {value:6.0f} ms  {value / middle['native']:5.3f} ×")


def native(x: torch.Tensor, size: tuple[int, int], *, align_corners: bool = False) -> torch.Tensor:
    """Return maps enlarged by torch's own kernel."""
    return interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


BENCHMARKS = {
    "step": bench_step,
    "deterministic": bench_deterministic,
    "forward": bench_forward,
    "augmentation": bench_augmentation,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", default="all", choices=("all", *BENCHMARKS))
    torch.set_num_threads(1)
    which = parser.parse_args().which
    for name, bench in BENCHMARKS.items():
        if "all" in which or name in which:
            bench()
