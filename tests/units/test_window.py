"""Sliding windows: where they lie, without a list."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ConfigError
from workbench.types import UNITS_PER_IMAGE
from workbench.units import UNITS
from workbench.units.lattices import Lattices
from workbench.units.window import Windows

SIDES = st.integers(1, 40)


def test_the_spec_is_written_as_in_the_paper():
    bound = UNITS.bind("window:128x64,stride=16")
    assert dict(bound.options) == {"height": 128, "width": 64, "stride": 16, "max_overlap": 0.0}
    assert UNITS.bind("window:128x64,16").options == bound.options
    assert UNITS.bind(bound.key).options == bound.options
    with pytest.raises(ConfigError, match="stride"):
        UNITS.bind("window:8x8,stride=0")


def test_the_last_window_is_pulled_in():
    layout = Windows(4, 6, 3).layout((10, 9))
    assert sorted({(y0, y1) for y0, _, y1, _ in layout.boxes.tolist()}) == [(0, 4), (3, 7), (6, 10)]
    assert sorted({(x0, x1) for _, x0, _, x1 in layout.boxes.tolist()}) == [(0, 6), (3, 9)]
    assert layout.boxes[1].tolist() == [0, 3, 4, 9], "row by row"


def test_a_small_image_is_taken_whole():
    assert Windows(8, 8, 2).layout((5, 20)).boxes[:, [0, 2]].tolist() == [[0, 5]] * 7
    assert Windows(8, 8, 2).layout((5, 6)).boxes.tolist() == [[0, 0, 5, 6]]


def test_cityscapes_at_stride_32():
    assert Windows(128, 128, 32).count((1024, 2048)) * 2975 == 5_262_775


@given(height=SIDES, width=SIDES, window=st.tuples(SIDES, SIDES), stride=st.integers(1, 12))
def test_layout_count_boxes_and_cover_agree(height, width, window, stride):
    scheme, size = Windows(*window, stride), (height, width)
    layout = scheme.layout(size)
    assert scheme.count(size) == len(layout)
    np.testing.assert_array_equal(layout.local, np.arange(len(layout)))
    y0, x0, y1, x1 = layout.boxes.T
    assert ((y1 - y0) == min(window[0], height)).all()
    assert ((x1 - x0) == min(window[1], width)).all()
    assert y0.min() == x0.min() == 0
    assert (y1.max(), x1.max()) == size
    assert len(np.unique(layout.boxes, axis=0)) == len(layout)
    covered = layout.pixels(layout.local)
    assert scheme.covered(size) == covered.sum()
    if stride <= min(window):
        assert covered.all()


@given(height=SIDES, width=SIDES, window=st.tuples(SIDES, SIDES), stride=st.integers(1, 12))
def test_windows_side_by_side_leave_no_gap(height, width, window, stride):
    scheme, size = Windows(*window, stride), (height, width)
    local = scheme.side_by_side(size)
    assert (np.diff(local) > 0).all()
    if stride <= min(window):
        assert scheme.layout(size).pixels(local).all()
    if window[0] % stride == window[1] % stride == 0:
        wanted = -(-height // window[0]) * -(-width // window[1])
        assert len(local) == wanted, "the last one pulled in"


def test_some_windows_of_many_images():
    lattices = Lattices([(10, 9), (4, 6), (10, 9)], Windows(4, 6, 3))
    assert len(lattices) == 6 + 1 + 6
    ids = lattices.unit_ids
    assert ids[5:8].tolist() == [5, UNITS_PER_IMAGE, 2 * UNITS_PER_IMAGE]
    np.testing.assert_array_equal(lattices.rows(ids), np.arange(13))
    assert lattices.rows([6, -1, UNITS_PER_IMAGE + 1, 3 * UNITS_PER_IMAGE]).tolist() == [-1] * 4
    np.testing.assert_array_equal(lattices.boxes(ids)[7:], lattices.layout(2).boxes)
    assert lattices.boxes(ids[[6, 0]]).tolist() == [[0, 0, 4, 6], [0, 0, 4, 6]]
    assert lattices.covered([0, 1, UNITS_PER_IMAGE]) == 4 * 9 + 24, "a shared pixel counts once"


def test_part_of_a_layout_keeps_its_numbers():
    layout = Windows(4, 6, 3).layout((10, 9))
    part = layout.only(np.array([1, 4]))
    assert part.local.tolist() == [1, 4]
    np.testing.assert_array_equal(part.boxes, layout.boxes[[1, 4]])
    np.testing.assert_array_equal(part.pixels(np.array([4])), layout.pixels(np.array([4])))
