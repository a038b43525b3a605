"""Geometries as tables: what the store keeps gives the same geometry again."""

import numpy as np
import pandas as pd
import pytest

from tests.pool.conftest import TinyDataset
from workbench.errors import DatasetError, PoolError, ShapeError, StoreError
from workbench.geometry import Images, list_units, read_table
from workbench.geometry.windows import WindowGeometry
from workbench.types import UNITS_PER_IMAGE
from workbench.units import UNITS
from workbench.units.window import Windows

SPECS = ["image", "grid:2x3", "crop:5x7", "superpixel:4", "window:4x6,stride=2"]


def pair(spec, dataset=None):
    """A geometry, and the one that its table gives."""
    scheme = UNITS.bind(spec).call()
    made = list_units(dataset or TinyDataset(), scheme)
    table = made.table().sample(frac=1, random_state=0)
    return made, read_table(table, scheme, made.unit_maps)


@pytest.mark.parametrize("spec", SPECS)
def test_a_table_gives_the_same_geometry(spec):
    made, read = pair(spec)
    assert len(read) == len(made)
    assert read.image_ids == made.image_ids
    np.testing.assert_array_equal(read.sizes, made.sizes)
    np.testing.assert_array_equal(read.unit_ids, made.unit_ids)
    pd.testing.assert_frame_equal(read.places(made.unit_ids), made.places(made.unit_ids))
    pd.testing.assert_frame_equal(read.table(), made.table())
    for number in range(made.n_images):
        one, other = read.layout(number), made.layout(number)
        assert one.size == other.size == tuple(made.sizes[number])
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.areas, other.areas)
        some = one.local[::2]
        np.testing.assert_array_equal(one.pixels(some), other.pixels(some))


@pytest.mark.parametrize("spec", ["crop:5x7", "superpixel:4"])
def test_layouts_are_those_of_the_scheme_and_no_image_is_divided_twice(spec, monkeypatch):
    dataset, scheme = TinyDataset(), UNITS.bind(spec).call()
    wanted = [scheme.layout(dataset.size("train", k), dataset.image("train", k)) for k in
              dataset.keys("train")]  # fmt: skip
    made, read = pair(spec, dataset)
    monkeypatch.setattr(type(scheme), "layout", None)
    for geometry in (made, read):
        for number, layout in enumerate(wanted):
            np.testing.assert_array_equal(geometry.layout(number).unit_map, layout.unit_map)


def test_an_image_that_was_replaced_is_refused_where_units_follow_it():
    _, read = pair("superpixel:4")
    image = TinyDataset().image("train", "im3")
    read.check_image(3, image)
    with pytest.raises(DatasetError, match="image im3 is not the one that the experiment was"):
        read.check_image(3, 255 - image)
    pair("grid:2x3")[1].check_image(3, 255 - image)


def test_a_table_that_lacks_something_is_refused():
    scheme = UNITS.bind("grid:2x3").call()
    table = list_units(TinyDataset(), scheme).table()
    with pytest.raises(StoreError, match="lacks width"):
        read_table(table.drop(columns="width"), scheme)
    with pytest.raises(StoreError, match="lacks y0, x1"):
        read_table(table.drop(columns=["y0", "x1"]), scheme)
    with pytest.raises(StoreError, match="lacks an image"):
        read_table(table[table["image_number"] != 2], scheme)


def test_windows_are_not_listed_in_a_table():
    made, read = pair("window:4x6,stride=2")
    assert len(made.table()) == 6 < len(read)


def test_a_pixel_counts_once():
    images = Images.make(["a", "b", "c"], [(18, 25)] * 3)
    windows = WindowGeometry(images, Windows(8, 10, 4))
    assert windows.pixels == 3 * 18 * 25
    assert windows.spent([0, 1], "pixels") == 8 * 14
    assert windows.spent([], "pixels") == 0


def test_a_picture_shows_marked_windows_and_all_other_units(geometry):
    windows, _ = pair("window:4x6,stride=2")
    first = UNITS_PER_IMAGE
    marked = [first + 4, 3, first + 2, first + 4]
    assert windows.drawn(1, marked).tolist() == [first + 2, first + 4]
    assert geometry.drawn(1, [0]).tolist() == [first + i for i in range(6)]
    with pytest.raises(PoolError, match="not in the pool"):
        windows.places([3, 10**15])


def test_a_table_with_a_gap_is_refused():
    scheme = UNITS.bind("grid:2x3").call()
    table = list_units(TinyDataset(), scheme).table()
    with pytest.raises(ShapeError, match="numbered from 0 without gaps"):
        read_table(table[table["unit_id"] != 3], scheme)
