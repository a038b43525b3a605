"""The effect of approximations that save time or space in a scan on scores and the order of units.

DeepLabv3+ on MobileNetV2, 360×480, 11 classes, 4×4 units::

    python -m benchmarks.approximations [cache resolution] [--data DIR]

The network is trained first for a short while, so that the scores are realistic, on the images of
CamVid below ``--data`` or else on the built-in scenes.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.stats import kendalltau, spearmanr

from benchmarks.scan import PAPERS, THREE, Bench, Drop, Keep, in_turns, main
from workbench.aggregation import mean
from workbench.store.quantise import quantise, restore


def bench_cache(bench: Bench) -> None:
    """Measure the difference between a score and its cached map."""
    bench.train()
    kept = Keep()
    bench.scanned(bench.request(PAPERS, features=False), kept)
    for name in kept[bench.keys[0]].unit_scores:
        steps, cached = [], []
        for key in sorted(kept):
            exact = kept[key].score_maps[name]
            codes, low, high = quantise(exact, name)
            back = restore(codes, low, high)
            step = (high - low) / np.iinfo(codes.dtype).max
            steps.append(np.abs(back - exact).max() / step if step else 0.0)
            cached.append(mean(back, bench.unit_map.numpy(), 16))
        tau = kendalltau(np.concatenate(cached), kept.unit_scores(name)).statistic
        print(
            f"cached {name}: at most {max(steps):.3f} steps off, {codes.dtype}, "
            f"Kendall's tau of unit scores {tau:.4f}"
        )


def bench_resolution(bench: Bench) -> None:
    """Measure speed and scores at the output stride against full resolution."""
    bench.train()
    full, stride = (bench.request(PAPERS, features=False, at_stride=at) for at in (False, True))
    found = []
    for request in (full, stride):
        kept = Keep()
        bench.scanned(request, kept)
        found.append(kept)
    for name in found[0][bench.keys[0]].unit_scores:
        pair = [kept.unit_scores(name) for kept in found]
        print(
            f"output stride against full resolution, {name}: rank correlation of unit scores "
            f"{spearmanr(*pair).statistic:.4f}, Kendall's tau {kendalltau(*pair).statistic:.4f}"
        )
    for texts, what in ((THREE, "three scores"), (PAPERS, "all scores of the papers")):
        slow, fast = in_turns(
            1,
            partial(bench.scanned, bench.request(texts, features=False), Drop()),
            partial(bench.scanned, bench.request(texts, features=False, at_stride=True), Drop()),
        )
        print(f"output stride, {what}: {slow / fast:.2f} times faster than full resolution")


BENCHES = {
    "cache": bench_cache,
    "resolution": bench_resolution,
}


if __name__ == "__main__":
    main(BENCHES, __doc__)
