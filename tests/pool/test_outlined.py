"""Clicks by the outlines that annotators drew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset
from workbench.datasets.outlines import Outline
from workbench.geometry import list_units
from workbench.pool import MaskLabels, Oracle, Prices
from workbench.pool.click_set import ClickSet
from workbench.pool.clicks import count_clicks
from workbench.pool.outlined import clicks_of, points_of, recorded_points
from workbench.pool.source import UnitLabels
from workbench.types import IGNORE, unit_ids
from workbench.units import UNITS

SQUARE = Outline(1, np.array([[2, 2], [2, 9], [9, 9], [9, 2]], dtype=float))


def unit(top, left, bottom, right, *, labels=None, inside=None):
    """A unit whose labels are all of class 1."""
    shape = bottom - top, right - left
    return UnitLabels(
        0,
        (slice(top, bottom), slice(left, right)),
        np.ones(shape, bool) if inside is None else inside,
        np.ones(shape, np.uint8) if labels is None else labels,
    )


@pytest.mark.parametrize(
    ("box", "clicks"),
    [
        ((0, 0, 12, 12), 4 + 1),  # all of the outline: its vertices and the class
        ((0, 0, 12, 6), 2 + 2 + 1),  # half of it: two vertices, two crossings
        ((0, 0, 6, 6), 1 + 2 + 1),  # a corner of it
        ((4, 4, 8, 8), 3 + 1),  # within it: the fewest clicks
        ((4, 0, 8, 12), 4 + 1),  # a band across it: four crossings
        ((2, 2, 10, 10), 4 + 1),  # the outline lies on the border of the unit
    ],
)
def test_clicks_of_a_square_by_hand(box, clicks):
    points = recorded_points(unit(*box), [SQUARE])
    assert points[:, 2].sum() == pytest.approx(clicks)
    for row, column, _ in points:
        assert 0 <= row < box[2] - box[0]
        assert 0 <= column < box[3] - box[1]


def test_every_outline_costs_its_vertices_and_a_click_for_its_class():
    triangle = Outline(0, np.array([[3, 3], [3, 5], [5, 3]], dtype=float))
    assert recorded_points(unit(0, 0, 12, 12), [SQUARE, triangle])[:, 2].sum() == 5 + 4
    line = Outline(0, np.array([[3, 3], [3, 5]], dtype=float))
    assert recorded_points(unit(0, 0, 12, 12), [line])[:, 2].sum() == pytest.approx(4 + 4)
    assert len(recorded_points(unit(0, 0, 12, 12), [SQUARE, line])) == 4 + 2


def test_several_vertices_in_one_pixel_are_several_clicks():
    fine = Outline(1, np.array([[2.0, 2.0], [2.2, 2.4], [9, 9], [9, 2]]))
    assert recorded_points(unit(0, 0, 12, 12), [fine])[:, 2].sum() == pytest.approx(5)


def test_a_unit_of_void_costs_nothing_and_a_class_without_an_outline_the_fewest_clicks():
    void = np.full((12, 12), IGNORE, np.uint8)
    assert recorded_points(unit(0, 0, 12, 12, labels=void), [SQUARE]).shape == (0, 3)
    mixed = void.copy()
    mixed[:3], mixed[7:] = 0, 2
    points = recorded_points(unit(0, 0, 12, 12, labels=mixed), [])
    assert points[:, 2].tolist() == [4, 4]
    assert [mixed[int(y), int(x)] for y, x, _ in points] == [0, 2]


def test_only_pixels_of_the_unit_are_clicked():
    inside = np.zeros((12, 12), bool)
    inside[:, :4] = True
    inside[:, 8:] = True  # two bars, as a superpixel might be
    points = recorded_points(unit(0, 0, 12, 12, inside=inside), [SQUARE])
    assert points[:, 2].sum() == pytest.approx(4 + 4 + 1)
    assert all(inside[int(y), int(x)] for y, x, _ in points)


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=8),
    st.integers(1, 23),
    st.integers(1, 23),
)
def test_no_vertex_is_lost_where_a_grid_cuts_an_outline(vertices, row, column):
    outline = Outline(1, np.array(vertices, dtype=float))
    whole = recorded_points(unit(0, 0, 24, 24), [outline])
    boxes = [(0, 0, row, column), (0, column, row, 24), (row, 0, 24, column), (row, column, 24, 24)]
    parts = [recorded_points(unit(*box), [outline]) for box in boxes]
    found = np.concatenate(
        [part[:, :2] + box[:2] for part, box in zip(parts, boxes, strict=True)]
    ).tolist()
    for vertex in whole[:, :2].tolist():
        assert vertex in found
    assert sum(part[:, 2].sum() for part in parts) >= whole[:, 2].sum() - 1e-9
    for part in parts:
        assert part[:, 2].sum() == pytest.approx(round(part[:, 2].sum()))
        assert part[:, 2].sum() >= 4


class Drawn(TinyDataset):
    """Records a square in every image but two."""

    def outlines(self, split, key):
        assert split == "train"
        return None if key in ("im2", "im4") else (Outline(0, SQUARE.vertices[:, ::-1] / 2),)


def test_prices_and_training_samples_count_recorded_outlines_where_they_are():
    dataset = Drawn()
    index = list_units(dataset, UNITS.bind("image").call())
    source = MaskLabels(dataset, index)
    ids = np.concatenate([unit_ids(0, [0]), unit_ids(2, [0])])
    paid = Prices(source).pay(ids)
    recorded, masked = source.labels(ids)
    assert paid.tolist() == [4 + 1 + 4, count_clicks(masked.labels)]  # class 1 has no outline
    assert paid.tolist() == [clicks_of(one, 2.0) for one in (recorded, masked)]
    samples = list(ClickSet(Oracle(source, index, ids), dataset))
    assert [clicks.sum() for _, clicks, _, _ in samples] == pytest.approx(paid.tolist())
    for one, (_, clicks, _, _) in zip((recorded, masked), samples, strict=True):
        for row, column, _ in points_of(one, 2.0):
            assert clicks[int(row), int(column)] > 0


def test_outlines_are_read_once_an_image_and_only_for_clicks():
    reads = []

    class Counted(Drawn):
        def outlines(self, split, key):
            reads.append(key)
            return super().outlines(split, key)

    dataset = Counted()
    index = list_units(dataset, UNITS.bind("grid:2x3").call())
    source = MaskLabels(dataset, index)
    units = list(source.labels(unit_ids(0, np.arange(6))))
    assert reads == []
    for one in units:
        clicks_of(one, 2.0)
    assert reads == ["im0"]


def test_a_vertex_at_the_border_is_no_crossing_besides():
    labels = np.ones((6, 6), np.uint8)
    wedge = Outline(1, np.array([[1, 5.2], [3, 9], [4.6, 5.4]]))  # leaves between its vertices
    points = recorded_points(unit(0, 0, 6, 6, labels=labels), [wedge])
    assert points[:, :2].tolist() == [[1, 5], [5, 5]]  # the nearest pixels, each clicked once
    assert points[:, 2].sum() == pytest.approx(4)


def test_a_wide_class_is_clicked_in_the_middle_of_its_pixels():
    points = recorded_points(unit(0, 0, 3, 3), [])
    assert points.tolist() == [[1, 1, 4]]


def test_a_steep_outline_leaves_no_gap_at_a_narrow_unit():
    bar = np.zeros((12, 12), bool)
    bar[:, 5] = True
    needle = Outline(1, np.array([[2, 0.4], [2, 11.6], [9, 11.6], [9, 0.4]]))
    points = recorded_points(unit(0, 0, 12, 12, inside=bar), [needle])
    assert sorted(set(map(tuple, points[:, :2].tolist()))) == [(2, 5), (9, 5)]
