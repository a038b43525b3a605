"""A folder of one's own with a card file, a folder for each split."""

from pathlib import Path

from tests.datasets.makers import write_folder


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write three classes and void 255 at random, as many images in val as in train."""
    return write_folder(root, count=images, size=size, seed=seed)
