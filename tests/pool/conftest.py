"""A small pool: six images of two sizes in two sequences, a 2×3 grid, random masks."""

import numpy as np
import pytest

from workbench.datasets.base import SegmentationDataset
from workbench.geometry import list_units
from workbench.pool import Allowance, initial_sets
from workbench.types import IGNORE, DatasetCard, Frame
from workbench.units import UNITS


class TinyDataset(SegmentationDataset):
    """Six random images; counts how often each mask is read."""

    card = DatasetCard("tiny", ("a", "b"), ((0, 0, 0), (1, 1, 1)), 255, {"train": 6}, "a test")

    def __init__(self, cache_bytes=1 << 20):
        super().__init__(None, cache_bytes)
        self.mask_reads = []
        self.image_reads = []

    @property
    def splits(self):
        return ("train",)

    def keys(self, split):
        return [f"im{i}" for i in range(6)]

    def size(self, split, key):
        return (9, 10) if key in ("im2", "im4") else (8, 12)

    def frame(self, split, key):
        number = int(key[2:])
        return None if number == 5 else Frame(f"seq{number // 3}", number % 3)

    def read_image(self, split, key):
        self.image_reads.append(key)
        rng = np.random.default_rng(int(key[2:]))
        return rng.integers(0, 256, (*self.size(split, key), 3), dtype=np.uint8)

    def read_mask(self, split, key):
        self.mask_reads.append(key)
        rng = np.random.default_rng(100 + int(key[2:]))
        return rng.choice([0, 1, IGNORE], self.size(split, key)).astype(np.uint8)


def initial_units(geometry, initial, budget, seed, allowed=None):
    """Return the units that are labelled first, of a budget that is not in clicks."""
    (queue,) = initial_sets(Allowance(geometry, budget), initial, seed, allowed)
    return queue.unit_ids


@pytest.fixture
def dataset():
    return TinyDataset()


@pytest.fixture
def scheme():
    return UNITS.bind("grid:2x3").call()


@pytest.fixture
def index(dataset, scheme):
    return list_units(dataset, scheme)
