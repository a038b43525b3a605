"""Files decoded at each use, held in memory and decoded once; a dataset's files looked at.

Ratios within one run, on a dataset that is made for it. Times are CPU seconds of this process and
of its threads, so that other work on the machine disturbs them little, and wall time beside them.

::

    python -m benchmarks.decoding [read index] [--images 200] [--size 360 480] [--kind .jpg]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from workbench.datasets import open_dataset
from workbench.datasets.ahead import READERS, ahead
from workbench.datasets.base import SegmentationDataset
from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.decoded import Decoded
from workbench.datasets.decoding import fill, lay_out
from workbench.datasets.digest import dataset_digest
from workbench.datasets.file_index import SETTLED_NS, FileIndex
from workbench.datasets.folder import Folder
from workbench.datasets.survey import survey

CARD = """\
classes: [road, car, tree]
palette: [[128, 64, 128], [0, 0, 142], [107, 142, 35]]
sequence: '(?P<sequence>.+)_(?P<frame>\\d+)'
"""


def write(root: Path, images: int, size: tuple[int, int], kind: str) -> None:
    """Write a folder dataset of smooth noise, with a fortieth of the images to validate on."""
    rng = np.random.default_rng(0)
    height, width = size
    noise = rng.integers(0, 256, (2 * height, 2 * width, 3), dtype=np.uint8)
    scene = cv2.GaussianBlur(noise, (0, 0), 3)
    for split, count in (("train", images), ("val", max(2, images // 40))):
        for folder in ("images", "masks"):
            (root / folder / split).mkdir(parents=True)
        for number in range(count):
            y, x = rng.integers(0, height), rng.integers(0, width)
            image = scene[y : y + height, x : x + width].copy()
            image[0, 0] = number % 256, number // 256 % 256, split == "val"
            name = f"s{number // 100:04d}_{number % 100:02d}"
            cv2.imwrite(str(root / "images" / split / f"{name}{kind}"), image)
            mask = (image[..., 0] // 64 % 3).astype(np.uint8)
            cv2.imwrite(str(root / "masks" / split / f"{name}.png"), mask)
    (root / "dataset.yaml").write_text(CARD, encoding="utf-8")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return CPU and wall seconds of a call."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def epoch(dataset: SegmentationDataset, readers: int = READERS) -> None:
    """Read every image and mask of the pool, and look at each byte as a network would."""

    def read(key: str) -> int:
        both = dataset.image("train", key), dataset.mask("train", key)
        return sum(int(array.max()) for array in both)

    with closing(ahead(read, dataset.keys("train"), 4 * readers, readers)) as found:
        for _ in found:
            pass


def bench_read(data: Path) -> None:
    """Print what an epoch of reading takes: decoded, from memory, from the folder."""
    root = data / "folder"
    rows: dict[str, tuple[float, float]] = {}
    never = Folder(root, cache_bytes=0)
    rows["decoded at each use, 1 thread"] = timed(lambda: epoch(never, 1))
    rows[f"decoded at each use, {READERS} threads"] = timed(lambda: epoch(never))
    held = Folder(root, cache_bytes=DEFAULT_CACHE_BYTES)
    rows["held in memory, first epoch"] = timed(lambda: epoch(held))
    rows["held in memory, later ones"] = timed(lambda: epoch(held))
    facts = survey(never, ["val"]).splits["train"]
    folder = data / "decoded"
    folder.mkdir()

    def decode() -> None:
        for part in lay_out(folder, never, "train", facts):
            fill(folder, never, part, READERS, lambda _: None)

    rows["decoding once into the folder"] = timed(decode)
    mapped = Decoded(never, {"train": folder})
    rows["from the folder, first epoch (checked)"] = timed(lambda: epoch(mapped))
    rows["from the folder, later ones"] = timed(lambda: epoch(mapped))
    table(rows, next(iter(rows)))


def bench_index(data: Path) -> None:
    """Print what it takes to look at all files of a dataset: for the first time, and again."""
    root, file = data / "folder", data / "index.npz"
    time.sleep(SETTLED_NS / 1e9)  # files that were written just now are not kept

    def look() -> None:
        dataset = open_dataset("folder", data)
        index = FileIndex.read(file, root)
        dataset.look_up(index)
        dataset_digest(dataset, survey(dataset, ["val"]))
        if index.grown:
            file.write_bytes(index.to_bytes())

    rows = {"files looked at for the first time": timed(look), "again": timed(look)}
    table(rows, next(iter(rows)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:.0f} MiB")


def table(rows: dict[str, tuple[float, float]], base: str) -> None:
    """Print CPU and wall seconds, and the ratio of CPU time to that of one row."""
    for name, (cpu, wall) in rows.items():
        ratio = rows[base][0] / cpu
        print(f"  {name:42} {cpu:8.2f} s CPU {wall:8.2f} s wall  {ratio:7.2f} ×")


def main() -> None:
    """Run the parts that are asked for."""
    parts = {"read": bench_read, "index": bench_index}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(parts), help="read, index")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=(360, 480))
    parser.add_argument("--kind", default=".png")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    for part in asked.parts:
        with tempfile.TemporaryDirectory() as place:
            write(Path(place) / "folder", asked.images, tuple(asked.size), asked.kind)
            print(f"{part}: {asked.images} images of {asked.size[0]}×{asked.size[1]}, {asked.kind}")
            parts[part](Path(place))


if __name__ == "__main__":
    main()
