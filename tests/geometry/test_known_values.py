"""Cells, shares and costs of units against plain sums, pixel by pixel."""

import math

import numpy as np
import pytest

from tests.pool.conftest import TinyDataset
from workbench.errors import PoolError, ShapeError
from workbench.geometry import Images, list_units
from workbench.geometry.base import require_room
from workbench.geometry.cells import (
    at_centres,
    cell_weights,
    centres,
    overlaps,
    window_means,
)
from workbench.geometry.counting import counts_of
from workbench.geometry.shares import boundary, boundary_share, class_shares
from workbench.geometry.windows import MOST_DESCRIBED, WindowGeometry
from workbench.types import UNITS_PER_IMAGE
from workbench.units import UNITS
from workbench.units.window import Windows

SIZE, CELLS = (7, 11), (3, 5)


def plain_overlap(pixels, cells):
    """Length of each pixel in each cell."""
    side = pixels / cells
    return np.array(
        [
            [max(0.0, min(p + 1, (c + 1) * side) - max(p, c * side)) for c in range(cells)]
            for p in range(pixels)
        ]
    )


def plain_weights(mask, cells):
    rows, columns = (plain_overlap(n, c) for n, c in zip(mask.shape, cells, strict=True))
    return (rows.T @ mask @ columns).ravel() / max(mask.sum(), 1)


@pytest.mark.parametrize(("pixels", "cells"), [(7, 3), (11, 5), (6, 6), (8, 2), (9, 1)])
def test_pixels_lie_in_the_cells_that_they_meet(pixels, cells):
    found = overlaps(pixels, cells)
    np.testing.assert_allclose(found, plain_overlap(pixels, cells), atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found.sum(axis=0), pixels / cells)


@pytest.mark.parametrize("cells", [CELLS, (7, 11), (1, 1), (2, 11), (7, 4)])
def test_weights_of_cells_are_shares_of_the_units_area(cells):
    unit_map = np.random.default_rng(0).integers(-1, 3, SIZE).astype(np.int32)
    unit_map[unit_map == 2] = 3  # the unit 2 has no pixels
    found = cell_weights(unit_map, 4, cells)
    assert found.shape == (4, cells[0] * cells[1])
    assert found.dtype == np.float32
    plain = [plain_weights(unit_map == unit, cells) for unit in range(4)]
    np.testing.assert_allclose(found, plain, atol=1e-6)
    assert found[2].sum() == 0
    np.testing.assert_allclose(found[[0, 1, 3]].sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("cells", [CELLS, (7, 11), (1, 2)])
def test_means_over_windows_are_those_of_their_cells(cells):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(*cells, 4)).astype(np.float32)
    boxes = np.array([[0, 0, 7, 11], [1, 2, 4, 9], [1, 3, 4, 8], [6, 10, 7, 11], [0, 2, 3, 9]])
    plain = []
    for y0, x0, y1, x1 in boxes:
        mask = np.zeros(SIZE)
        mask[y0:y1, x0:x1] = 1
        plain.append(plain_weights(mask, cells) @ features.reshape(-1, 4))
    np.testing.assert_allclose(window_means(features, boxes, SIZE), plain, atol=1e-5)


def test_centres_are_in_the_middle_of_their_cells():
    assert centres(8, 4).tolist() == [1, 3, 5, 7]
    assert centres(9, 3).tolist() == [1, 4, 7]
    assert centres(4, 4).tolist() == [0, 1, 2, 3]
    assert centres(3, 6).tolist() == [0, 0, 1, 1, 2, 2]
    assert centres(7, 1).tolist() == [3]
    array = np.arange(12).reshape(2, 6)
    assert at_centres(array, (1, 3)).tolist() == [[7, 9, 11]]
    assert at_centres(array, (4, 6)).tolist() == array.repeat(2, axis=0).tolist()


def test_shares_and_boundaries_are_counted_on_pixels():
    prediction = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [0, 0, 0, 0]], np.uint8)
    unit_map = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [-1, 2, 2, 2]])
    codes, areas = unit_map.ravel() + 1, np.array([4, 4, 3])
    found = class_shares(prediction, codes, areas, 4)
    np.testing.assert_allclose(found, [[0.75, 0, 0.25, 0], [0, 0.75, 0.25, 0], [1, 0, 0, 0]])
    edge = [[0, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]]
    assert boundary(prediction).astype(int).tolist() == edge
    np.testing.assert_allclose(boundary_share(prediction, codes, areas), [0.75, 0.75, 1])
    assert not boundary(np.zeros((3, 3), np.uint8)).any()


@pytest.mark.parametrize("units", ["grid:2x3", "window:4x6,stride=2"])
def test_maps_of_half_the_size_are_counted_by_the_centres_of_their_cells(units):
    layout = UNITS.bind(units).call().layout((8, 12))
    rng = np.random.default_rng(2)
    prediction = rng.integers(0, 3, (4, 6)).astype(np.uint8)
    counts = counts_of(layout, (4, 6))
    rows, columns = centres(8, 4), centres(12, 6)
    shares, edges, areas, ordered = [], [], [], []
    for y0, x0, y1, x1 in layout.boxes.tolist():
        inside = np.outer((rows >= y0) & (rows < y1), (columns >= x0) & (columns < x1))
        shares.append(np.bincount(prediction[inside], minlength=3) / inside.sum())
        edges.append(boundary(prediction)[inside].mean())
        areas.append(inside.sum())
        ordered += sorted(prediction[inside].tolist())
    assert counts.areas.tolist() == areas
    np.testing.assert_allclose(counts.class_shares(prediction, 3), shares, atol=1e-6)
    np.testing.assert_allclose(counts.boundary_share(prediction), edges, atol=1e-6)
    values, sizes = counts.ascending(prediction)
    assert values.tolist() == ordered
    assert sizes.tolist() == areas


def test_units_between_the_cells_of_a_small_map_are_refused():
    with pytest.raises(ShapeError, match="Unit 0 of an image has 5 pixels"):
        counts_of(UNITS.bind("grid:1x12").call().layout((5, 12)), (1, 6))
    with pytest.raises(ShapeError, match=r"The window \[0, 0, 5, 1\]"):
        counts_of(Windows(5, 1, 1).layout((5, 12)), (1, 4))


def test_how_many_units_an_image_may_have_and_how_many_are_described():
    require_room("a", UNITS_PER_IMAGE)
    with pytest.raises(PoolError):
        require_room("a", UNITS_PER_IMAGE + 1)
    images = Images.make(["a"], [(4, MOST_DESCRIBED + 3)])
    assert WindowGeometry(images, Windows(4, 4, 1)).described
    images = Images.make(["a"], [(4, MOST_DESCRIBED + 4)])
    assert not WindowGeometry(images, Windows(4, 4, 1)).described
    assert list_units(TinyDataset(), UNITS.bind("grid:2x3").call()).described


@pytest.mark.parametrize(("max_overlap", "most"), [(0.0, 4), (0.5, 8), (0.99, 100)])
def test_as_many_windows_fit_as_have_few_new_pixels(max_overlap, most):
    images = Images.make(["a", "b"], [(9, 9), (20, 30)])
    windows = WindowGeometry(images, Windows(4, 6, 2, max_overlap))
    assert windows.most("pixels", 100) == most
    assert windows.most("units", 100) == 100
    assert math.isclose(windows.max_overlap, max_overlap)


def test_windows_pay_for_new_pixels_alone_whatever_is_around_them():
    labelled = np.zeros((8, 12), bool)
    labelled[0, 0] = labelled[3, 5] = labelled[7, 11] = True
    images = Images.make(["a", "b"], [(8, 12)] * 2)
    plain = WindowGeometry(images, Windows(4, 6, 2, 0.9))
    begun = plain.begun({1: labelled}).geometry
    other = UNITS_PER_IMAGE
    assert begun.prices([0, other, other + 1], "pixels").tolist() == [24, 22, 8]
    assert begun.prices([other + 1, other], "pixels").tolist() == [23, 7]
    assert begun.prices([other + 1], "pixels", [other]).tolist() == [8]
    assert begun.unlabelled_pixels(np.array([other + 1, 0, other]), []).tolist() == [23, 24, 22]
    assert begun.unlabelled_pixels(np.array([other + 1, 1]), [0]).tolist() == [23, 8]
    assert plain.labelled_areas([0, 1, other]).tolist() == [32, 24]
    assert plain.image_costs("units").tolist() == [4, 4]
    assert plain.image_costs("pixels").tolist() == [96, 96]
    assert plain.areas_of([0, other]).tolist() == [24, 24]
    apart = WindowGeometry(images, Windows(4, 6, 2, 0.0)).begun({1: labelled})
    assert other not in apart.candidates
    assert 0 in apart.candidates


def test_images_without_frames_have_no_sequence():
    images = Images.make(["a", "b"], [(3, 4), (5, 6)])
    assert images.sequences.tolist() == ["", ""]
    assert images.frames.tolist() == [-1, -1]
    assert images.size(1) == (5, 6)
    table = images.table()
    assert table["height"].tolist() == [3, 5]
    assert table["width"].tolist() == [4, 6]
    assert table["image_number"].tolist() == [0, 1]
