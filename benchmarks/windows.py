"""Sliding windows on a pool of Cityscapes' size: geometry, scores, queries, unit table.

::

    python -m benchmarks.windows
"""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.aggregation import over_boxes
from workbench.engine.batch import batch
from workbench.geometry import Images
from workbench.geometry.windows import WindowGeometry
from workbench.pool import PoolState
from workbench.selection import SELECTORS
from workbench.types import Frame
from workbench.units.window import Windows

IMAGES, SIZE, LABELLED = 2975, (1024, 2048), 50
WINDOWS = Windows(128, 128, 32)
QUERY = LABELLED * 128
"""Windows in the area of 50 images: CEREALS' query."""


def timed(what: str, call: Callable[[], Any]) -> Any:
    """Return a call's result; print its CPU time."""
    start = time.process_time()
    result = call()
    print(f"{what}: {time.process_time() - start:.3f} s")
    return result


def make_geometry() -> WindowGeometry:
    """Return the geometry of a pool whose images have names and sequences."""
    names = [f"image_{number:05d}" for number in range(IMAGES)]
    frames = [Frame(f"city_{number // 100}", number % 100) for number in range(IMAGES)]
    return WindowGeometry(Images.make(names, np.full((IMAGES, 2), SIZE), frames), WINDOWS)


def bench_geometry() -> WindowGeometry:
    """Measure the geometry against the arrays that it replaces."""
    geometry = timed("geometry", make_geometry)
    tracemalloc.start()
    make_geometry()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    every = geometry.candidates(geometry.unit_ids)
    held = (
        every.unit_ids,
        every.boxes,
        every.costs,
        every.image_ids,
        every.sequences,
        every.frames,
    )
    listed = sum(array.nbytes for array in held)
    print(f"{len(geometry):,} windows; peak {peak / 1e6:.2f} MB; listed {listed / 1e6:.0f} MB")
    return geometry


def bench_scores(rng: np.random.Generator) -> None:
    """Measure one score map summed over all windows of its image, against cutting them out."""
    layout, score_map = WINDOWS.layout(SIZE), rng.random(SIZE, dtype=np.float32)
    over_boxes(score_map, layout.boxes)  # the first call imports modules
    means = timed(
        "one image's windows by integral image", lambda: over_boxes(score_map, layout.boxes)
    )
    cut = timed(
        "one image's windows cut out",
        lambda: [score_map[a:c, b:d].mean(dtype=float) for a, b, c, d in layout.boxes.tolist()],
    )
    np.testing.assert_allclose(means, cut, rtol=1e-9)


def bench_queries(geometry: WindowGeometry, rng: np.random.Generator) -> None:
    """Measure the queries of selectors that rank, with 50 images labelled."""
    drawn = rng.permutation(IMAGES)[:LABELLED].tolist()
    pool = PoolState(geometry, np.concatenate([geometry.image_units(number) for number in drawn]))
    open_ids = timed("candidates", lambda: pool.unlabelled)
    print(
        f"{len(open_ids):,} candidates; {pool.cost('pixels') / np.prod(SIZE):.0f} images labelled"
    )
    # neighbours on the lattice have similar scores, as on real maps
    ys, xs = len(np.arange(0, 897, 32)), len(np.arange(0, 1921, 32))
    rough = rng.random((IMAGES, ys // 4 + 2, xs // 4 + 2))
    smooth = np.kron(rough, np.ones((4, 4)))[:, :ys, :xs] + rng.random((IMAGES, ys, xs)) / 4
    scores = smooth.ravel()[geometry.rows(open_ids)]
    known = geometry.candidates(open_ids, "pixels", pool.labelled).with_arrays(scores=scores)
    for name in ("top_k", "random", "cereals"):
        bound = SELECTORS.bind(name)
        chosen = timed(
            f"query of {QUERY} by {name}",
            lambda bound=bound: batch(bound, known, QUERY, np.random.default_rng(0), pool),
        )
        assert len(chosen) == QUERY
        assert geometry.prices(chosen, "pixels", pool.labelled).sum() == QUERY * 128 * 128


def bench_table(geometry: WindowGeometry, rng: np.random.Generator) -> None:
    """Measure the unit table that a cycle stores, by the number of its scores."""
    table = timed(
        "boxes, images and sequences of all windows", lambda: geometry.places(geometry.unit_ids)
    )
    table["boundary_share"] = rng.random(len(table), dtype=np.float32)
    for scores in (0, 1):
        if scores:
            table["entropy"] = rng.random(len(table))
        buffer = io.BytesIO()
        timed(
            f"unit table with {scores} scores, written",
            lambda buffer=buffer: table.to_parquet(buffer, index=False, compression="zstd"),
        )
        print(f"  {buffer.tell() / 1e6:.0f} MB")


def main() -> None:
    """Measure everything."""
    rng = np.random.default_rng(0)
    geometry = bench_geometry()
    bench_scores(rng)
    bench_queries(geometry, rng)
    bench_table(geometry, rng)


if __name__ == "__main__":
    main()
