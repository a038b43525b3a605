"""Grids and whole images, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ShapeError
from workbench.units import UNITS
from workbench.units.grid import Grid


def test_a_grid_by_hand():
    layout = Grid(2, 2).layout((3, 5))
    np.testing.assert_array_equal(
        layout.unit_map, [[0, 0, 1, 1, 1], [2, 2, 3, 3, 3], [2, 2, 3, 3, 3]]
    )
    assert layout.boxes.tolist() == [[0, 0, 1, 2], [0, 2, 1, 5], [1, 0, 3, 2], [1, 2, 3, 5]]
    assert layout.areas.tolist() == [2, 3, 4, 6]


def test_camvid_in_five_by_five_blocks_of_72_by_96():
    layout = UNITS.bind("grid:5x5").call().layout((360, 480))
    assert set(layout.areas.tolist()) == {72 * 96}
    assert layout.boxes[7].tolist() == [72, 192, 144, 288]


def test_the_whole_image_is_one_unit():
    layout = UNITS.bind("image").call().layout((7, 9))
    assert layout.boxes.tolist() == [[0, 0, 7, 9]]
    assert layout.areas.tolist() == [63]
    assert not layout.unit_map.any()


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), more=st.tuples(*[st.integers(0, 40)] * 2))
def test_blocks_differ_by_at_most_one_pixel(rows, columns, more):
    boxes = Grid(rows, columns).layout((rows + more[0], columns + more[1])).boxes
    for low, high in ((0, 2), (1, 3)):
        lengths = boxes[:, high] - boxes[:, low]
        assert lengths.max() - lengths.min() <= 1


def test_an_image_too_small_for_the_grid_is_an_error():
    with pytest.raises(ShapeError, match=r"grid of 4×4 does not fit an image of 3×100"):
        Grid(4, 4).layout((3, 100))
