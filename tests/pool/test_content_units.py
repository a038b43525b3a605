"""The oracle on crops and superpixels: what it shows, in both views."""

import numpy as np
import pytest

from workbench.datasets.synthetic import Synthetic
from workbench.geometry import list_units
from workbench.pool import LabelledSet, MaskLabels, Oracle, PoolState
from workbench.types import IGNORE, local_numbers
from workbench.units import UNITS


@pytest.fixture(scope="module")
def dataset():
    return Synthetic(None, train=3, val=1, height=32, width=48)


@pytest.mark.parametrize("units", ["crop:12x20", "superpixel:8"])
def test_both_views_show_the_revealed_units_and_nothing_else(dataset, units):
    scheme = UNITS.bind(units).call()
    index = list_units(dataset, scheme)
    oracle = Oracle(MaskLabels(dataset, index), index)
    second = index.image_units(1)
    ids = np.array([*second[1::2], *second[:1]])  # not in order
    oracle.reveal(ids)
    key = dataset.keys("train")[1]
    truth, unit_map = dataset.mask("train", key), index.layout(1).unit_map
    expected = np.where(np.isin(unit_map, local_numbers(ids)), truth, IGNORE)

    ((image, mask, name),) = LabelledSet(oracle, dataset, "image")
    np.testing.assert_array_equal(mask, expected)
    np.testing.assert_array_equal(image, dataset.image("train", key))
    assert name == key

    pasted = np.full_like(truth, IGNORE)
    samples = LabelledSet(oracle, dataset, "unit")
    assert len(samples) == len(ids)
    for unit, (image, mask, _) in zip(np.sort(ids), samples, strict=True):
        y0, x0, y1, x1 = index.boxes_of([unit])[0]
        assert image.shape[:2] == mask.shape == (y1 - y0, x1 - x0)
        own = unit_map[y0:y1, x0:x1] == local_numbers(unit)
        assert (mask[~own] == IGNORE).all()
        pasted[y0:y1, x0:x1][own] = mask[own]
    np.testing.assert_array_equal(pasted, expected)
    state = PoolState(index).reveal(ids)
    assert state.cost("pixels") == np.isin(unit_map, local_numbers(ids)).sum()
