"""Stores that the dashboard is opened on: full, half finished, empty."""

from pathlib import Path
from unittest.mock import patch

from tests.store import sample
from workbench import projection
from workbench.datasets import open_dataset
from workbench.store import open_store


def full_store(path: Path) -> Path:
    """A finished experiment whose images the built-in scenes have, with one projection."""
    keys = open_dataset("synthetic", path).keys("train")
    with patch.object(sample, "image_id", lambda number: keys[number]):
        sample.write_sample_store(
            path, methods=("random", "entropy"), images=6, size=(96, 128), cycles=3
        )
    projection.compute(path, open_store(path).runs()[0].id, 0, "pca")
    return path


def half_store(path: Path) -> Path:
    """One run was killed in its last cycle; its dataset's images are not there."""
    return sample.write_sample_store(
        path, methods=("entropy", "k_center"), seeds=(0,), images=6, cycles=2, running=True
    )
