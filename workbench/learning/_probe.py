"""Measures which precision is faster on this machine, once, at the start of an experiment.

The result is written into the experiment, so that all of its cycles use it, also after a resume on
another machine.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, process_time
from typing import Literal

import torch
from torch import Tensor

from workbench.compute import ResolvedCompute
from workbench.learning._loss import cross_entropy
from workbench.models.base import SegmentationModel

CLEARLY_FASTER = 1.3
"""bf16 must beat float32 by this factor, forward and in a training step alike."""

_ROUNDS = 2
Precision = Literal["float32", "bf16"]
Clock = Callable[[], float]
Run = Callable[[SegmentationModel, Tensor, Precision], None]


def probe_precision(
    build: Callable[[], SegmentationModel],
    size: tuple[int, int],
    threads: int,
    device: str = "cpu",
) -> Precision:
    """Time one forward pass and one training step in both precisions, and return the better one.

    On CUDA nothing is timed: the result is bf16 wherever the GPU supports it.

    Args:
        build: builds the network.
        size: (H, W) of the images, pixels.
        threads: number of CPU threads of a run.
        device: ``cpu``, ``cuda`` or ``cuda:N``.

    Returns:
        ``bf16`` only where it is at least 1.3 times as fast in both, and all gradients are right.
    """
    if device != "cpu":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    model = build()
    if not (_supported() and model.right_in_bf16):
        return "float32"
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    # other work on the machine does not change the CPU time of a single thread
    clock = process_time if threads == 1 else perf_counter
    try:
        with torch.random.fork_rng(devices=[]):
            return _compare(model, size, clock)
    finally:
        torch.set_num_threads(before)


def _supported() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _compare(model: SegmentationModel, size: tuple[int, int], clock: Clock) -> Precision:
    for run, images in ((_forward, 1), (_step, 2)):
        x = model.normalise(torch.zeros(images, *size, 3, dtype=torch.uint8))

        def seconds(precision: Precision, run: Run = run, x: Tensor = x) -> float:
            start = clock()
            run(model, x, precision)
            return clock() - start

        # the first call in each precision makes the kernels and is not counted; then they alternate
        seconds("float32"), seconds("bf16")
        times = [(seconds("float32"), seconds("bf16")) for _ in range(_ROUNDS)]
        plain, low = (min(column) for column in zip(*times, strict=True))
        if plain < CLEARLY_FASTER * low:
            return "float32"
    return "bf16"


def _forward(model: SegmentationModel, x: Tensor, precision: Precision) -> None:
    model.eval()
    with torch.no_grad(), ResolvedCompute("cpu", precision).autocast():
        model(x)


def _step(model: SegmentationModel, x: Tensor, precision: Precision) -> None:
    model.train()
    masks = torch.zeros(len(x), *x.shape[-2:], dtype=torch.uint8)
    with ResolvedCompute("cpu", precision).autocast():
        logits = model(x)
    torch.autograd.backward(cross_entropy(logits, masks))
    model.zero_grad(set_to_none=True)
