"""Outlines of units that are no rectangles."""

import cv2
import numpy as np
import pytest

from tests.units.test_contract import picture
from workbench.units import UNITS
from workbench.units.base import UnitLayout


def test_a_shape_with_a_hole_and_a_rectangle_by_hand():
    unit_map = np.zeros((5, 7), np.int32)
    unit_map[:, 5:] = 1
    unit_map[2, 2] = -1
    boxes = np.array([[0, 0, 5, 5], [0, 5, 5, 7]], np.int32)
    shape, rectangle = UnitLayout(unit_map, boxes, np.array([24, 10])).outlines()
    assert rectangle == []
    outer, hole = shape
    assert {(0, 0), (0, 4), (4, 4), (4, 0)} == set(zip(outer[::2], outer[1::2], strict=True))
    assert {(1, 2), (2, 1), (3, 2), (2, 3)} <= set(zip(hole[::2], hole[1::2], strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_filled_outlines_are_the_units(seed):
    layout = UNITS.bind("superpixel:9").call().layout((40, 60), picture(40, 60, seed))
    for unit, rings in enumerate(layout.outlines()):
        drawn = np.zeros((40, 60), np.uint8)
        y0, x0, y1, x1 = layout.boxes[unit]
        if not rings:
            drawn[y0:y1, x0:x1] = 1
        for ring in rings:
            cv2.fillPoly(drawn, [np.array(ring).reshape(-1, 2)], 1)
        assert ((layout.unit_map == unit) <= drawn.astype(bool)).all()
        assert drawn.sum() <= 1.1 * layout.areas[unit] + 4, "holes aside"
