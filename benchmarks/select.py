"""Selectors against their naive forms, in one run, as ratios.

::

    python benchmarks/select.py
"""

from __future__ import annotations

import sys

sys.path.pop(
    0
)  # this folder: as a script, this file would stand before the standard library's `select`

import argparse
import time
from collections.abc import Callable

import numpy as np
from sklearn.metrics import pairwise_distances

from workbench.selection import k_center
from workbench.types import Candidates


def naive_k_center(candidates: Candidates, k: int) -> list[int]:
    """Greedy k-centre the plain way: pairwise distances and a Python loop that updates them."""
    points = candidates.embeddings
    nearest = pairwise_distances(points, candidates.labelled_embeddings).min(axis=1)
    picked: list[int] = []
    for _ in range(k):
        row = int(nearest.argmax())
        picked.append(row)
        distances = pairwise_distances(points, points[row : row + 1])[:, 0]
        for i in range(len(nearest)):
            nearest[i] = min(nearest[i], distances[i])
        nearest[row] = -1.0
    return candidates.unit_ids[picked].tolist()


def timed(call: Callable[[], object]) -> tuple[object, float]:
    """Return a call's result and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def bench_k_center(rng: np.random.Generator) -> None:
    """500 of 20,000 × 512 float32, 2,000 labelled."""
    candidates = Candidates(
        unit_ids=np.arange(20_000),
        embeddings=rng.normal(size=(20_000, 512)).astype(np.float32),
        labelled_embeddings=rng.normal(size=(2_000, 512)).astype(np.float32),
    )
    fast, fast_s = timed(lambda: k_center(candidates, 500, np.random.default_rng(0)))
    slow, slow_s = timed(lambda: naive_k_center(candidates, 500))
    same = list(fast) == slow
    print(f"k_center {fast_s:.2f} s, naive {slow_s:.2f} s: {slow_s / fast_s:.1f} times, {same=}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    bench_k_center(np.random.default_rng(0))
