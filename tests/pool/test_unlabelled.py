"""Images of the pool without their masks: those that are not labelled throughout."""

import numpy as np

from workbench.geometry import list_units
from workbench.pool import PoolState, UnlabelledImages
from workbench.types import unit_ids
from workbench.units import UNITS


def test_images_that_are_not_labelled_throughout(dataset, index):
    pool = PoolState(index)
    keys = dataset.keys("train")
    assert [name for _, name in UnlabelledImages(dataset, pool)] == keys
    pool = pool.reveal([*unit_ids(1, range(6)), *unit_ids(2, range(5))])
    found = UnlabelledImages(dataset, pool)
    assert [name for _, name in found[:]] == [keys[0], *keys[2:]]
    np.testing.assert_array_equal(found[1][0], dataset.image("train", keys[2]))
    assert len(UnlabelledImages(dataset, pool.reveal(pool.unlabelled))) == 0
    assert dataset.mask_reads == []


def test_an_image_of_windows_that_only_overlap_labelled_ones_is_left_out(dataset):
    windows = list_units(dataset, UNITS.bind("window:6x6,stride=3").call())
    pool = PoolState(windows)
    first = pool.unlabelled[pool.unlabelled < unit_ids(1, 0)]
    boxes = windows.boxes_of(first)
    apart = first[(boxes[:, 0] == boxes[:, 0].max()) & (boxes[:, 1] % 6 == 0)]
    found = UnlabelledImages(dataset, pool.reveal(apart))
    assert [name for _, name in found[:]] == dataset.keys("train")[1:]
