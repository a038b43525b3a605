"""The time to draw a synthetic street scene, image and ground truth together.

python benchmarks/scenes.py
"""

from __future__ import annotations

import sys

sys.path.pop(0)  # else `select` would import the file beside this one, not the standard library

import time

from workbench.compute import ResolvedCompute
from workbench.datasets.synthetic import Synthetic

IMAGES, TURNS = 240, 5


def milliseconds(dataset: Synthetic) -> float:
    """Return the CPU milliseconds per image of the fastest turn, without caches of images."""
    keys = dataset.keys("train")
    best = float("inf")
    for turn in range(TURNS + 1):
        start = time.process_time()
        for key in keys:
            dataset.read_image("train", key)
        if turn:  # the first one lays out the streets
            best = min(best, time.process_time() - start)
    return 1e3 * best / len(keys)


def main() -> None:
    """Time scenes of several sizes and redundancies."""
    ResolvedCompute("cpu", "float32", 1).apply()
    for height, width in ((96, 128), (360, 480)):
        for redundancy in (0.9, 0.0):
            dataset = Synthetic(
                train=IMAGES, val=1, redundancy=redundancy, height=height, width=width
            )
            found = milliseconds(dataset)
            print(f"{height}×{width}, redundancy {redundancy}: {found:.2f} ms per image")


if __name__ == "__main__":
    main()
