"""Selectors against their naive forms, in one run, as ratios.

::

    python benchmarks/select.py [k_center badge facility_location what_if]
"""

from __future__ import annotations

import sys

sys.path.pop(0)  # else `select` would import this file, not the standard library

import argparse
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances

from workbench.selection import badge, class_stratified, k_center, k_means_plus_plus, top_k
from workbench.selection._batch import prepared
from workbench.selection._cover import LazyCover, cosine
from workbench.selection._plusplus import seeding
from workbench.types import Candidates


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return a call's result and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def peak_mb(call: Callable[[], Any]) -> float:
    """Return the peak of the memory that a call allocates, in 10⁶ bytes."""
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def naive_k_center(candidates: Candidates, k: int) -> list[int]:
    """Compute greedy k-centre by pairwise distances and a Python loop that updates them."""
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


def bench_k_center(rng: np.random.Generator) -> None:
    """Time 500 picks of 20,000 × 512 float32, 2,000 labelled."""
    candidates = Candidates(
        unit_ids=np.arange(20_000),
        embeddings=rng.normal(size=(20_000, 512)).astype(np.float32),
        labelled_embeddings=rng.normal(size=(2_000, 512)).astype(np.float32),
    )
    fast, fast_s = timed(lambda: k_center(candidates, 500, np.random.default_rng(0)))
    slow, slow_s = timed(lambda: naive_k_center(candidates, 500))
    same = fast.tolist() == slow
    held = peak_mb(lambda: k_center(candidates, 500, np.random.default_rng(0)))
    print(
        f"k_center, 500 of 20,000 x 512, 2,000 labelled: {fast_s:.2f} s, naive {slow_s:.2f} s, "
        f"{slow_s / fast_s:.1f} times, {same=}, peak {held:.0f} MB"
    )


def naive_badge(candidates: Candidates, k: int) -> list[int]:
    """Compute BADGE with the (U, C·D) matrix of gradients."""
    rng = np.random.default_rng(0)
    candidates, k = prepared(candidates, k, rng)
    shares, features = candidates.class_shares, candidates.embeddings
    errors = shares - np.eye(shares.shape[1], dtype=np.float32)[shares.argmax(axis=1)]
    gradients = np.einsum("uc,ud->ucd", errors, features).reshape(len(errors), -1)
    first = int((gradients**2).sum(axis=1).argmax())
    near = np.full(len(errors), np.inf)
    rows = seeding(
        near,
        k,
        rng,
        lambda row: ((gradients - gradients[row]) ** 2).sum(axis=1),
        first=first,
    )
    return candidates.unit_ids[rows].tolist()


def bench_badge(rng: np.random.Generator) -> None:
    """Time 200 of 20,000 × 256 with 20 classes; the naive form (20 × the memory) on a tenth."""
    candidates = Candidates(
        unit_ids=np.arange(20_000),
        embeddings=rng.normal(size=(20_000, 256)).astype(np.float32),
        class_shares=rng.dirichlet(np.ones(20), size=20_000).astype(np.float32),
    )
    _, seconds = timed(lambda: badge(candidates, 200, np.random.default_rng(0)))
    held = peak_mb(lambda: badge(candidates, 200, np.random.default_rng(0)))
    print(f"badge, 200 of 20,000 x 256, 20 classes: {seconds:.2f} s, peak {held:.0f} MB")
    few = candidates.take(np.arange(2_000))
    fast, fast_s = timed(lambda: badge(few, 50, np.random.default_rng(0)))
    slow, slow_s = timed(lambda: naive_badge(few, 50))
    same, naive_held = fast.tolist() == slow, peak_mb(lambda: naive_badge(few, 50))
    print(
        f"badge, 50 of 2,000 x 256, 20 classes: {fast_s:.3f} s, naive {slow_s:.2f} s, "
        f"{slow_s / fast_s:.0f} times, {same=}, naive peak {naive_held:.0f} MB"
    )


def bench_facility_location(rng: np.random.Generator) -> None:
    """Count the gains of 100 of 4,000 × 128, and compare the picks with plain greedy."""
    points = rng.normal(size=(4_000, 128)).astype(np.float32)
    points[:, :8] *= 4  # a few directions in which units resemble one another, as in real features
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    lazy = LazyCover(points, points, cosine())
    fast, fast_s = timed(lambda: lazy.pick(100).tolist())

    def plain() -> list[int]:
        similar, best, picked = np.maximum(points @ points.T, 0), np.zeros(len(points)), []
        for _ in range(100):
            gains = np.maximum(similar - best, 0).sum(axis=1)
            gains[picked] = -1
            picked.append(int(gains.argmax()))
            best = np.maximum(best, similar[picked[-1]])
        return picked

    slow, slow_s = timed(plain)
    fewer = 100 * len(points) / lazy.evaluations
    print(
        f"facility_location, 100 of 4,000 x 128: {lazy.evaluations} gains, {fewer:.0f} times fewer "
        f"than plain greedy; {fast_s:.2f} s against {slow_s:.2f} s, same={fast == slow}"
    )


def bench_what_if(rng: np.random.Generator) -> None:
    """Time selectors alone: 32 of CamVid's 5,872 regions (367 images, 4 × 4), 320 features."""
    candidates = Candidates(
        unit_ids=np.arange(5_872),
        scores=rng.random(5_872),
        class_shares=rng.dirichlet(np.ones(11), size=5_872),
        embeddings=rng.normal(size=(5_872, 320)).astype(np.float32),
        labelled_embeddings=rng.normal(size=(128, 320)).astype(np.float32),
    )
    for selector in (top_k, class_stratified, k_center, k_means_plus_plus):
        _, seconds = timed(lambda s=selector: s(candidates, 32, np.random.default_rng(0)))
        print(f"{selector.__name__}, 32 of 5,872 x 320: {seconds * 1000:.0f} ms")


BENCHMARKS = {
    "k_center": bench_k_center,
    "badge": bench_badge,
    "facility_location": bench_facility_location,
    "what_if": bench_what_if,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], help="which to run; all without any"
    )
    for name in parser.parse_args().names or BENCHMARKS:
        BENCHMARKS[name](np.random.default_rng(0))
