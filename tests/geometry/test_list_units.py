"""Listed units: their ids, places and costs."""

import numpy as np
import pytest

from workbench.errors import PoolError
from workbench.geometry import list_units
from workbench.types import UNITS_PER_IMAGE, image_numbers
from workbench.units import UNITS


def test_ids_encode_image_and_place(geometry, scheme, dataset):
    assert len(geometry) == 36
    assert geometry.n_images == 6
    assert geometry.image_ids == tuple(dataset.keys("train"))
    assert geometry.unit_ids[:7].tolist() == [0, 1, 2, 3, 4, 5, UNITS_PER_IMAGE]
    assert (np.diff(geometry.unit_ids) > 0).all()
    assert image_numbers(geometry.unit_ids).tolist() == [i for i in range(6) for _ in range(6)]
    layout, ids = scheme.layout((9, 10)), geometry.image_units(2)
    np.testing.assert_array_equal(geometry.boxes_of(ids), layout.boxes)
    np.testing.assert_array_equal(geometry.areas_of(ids), layout.areas)
    assert geometry.layout(2) is layout, "one layout serves all images of a size"
    assert geometry.sizes[2].tolist() == [9, 10]


def test_images_have_sequences_and_frames(geometry):
    assert geometry.images.sequences.tolist() == ["seq0"] * 3 + ["seq1"] * 2 + [""]
    assert geometry.images.frames.tolist() == [0, 1, 2, 0, 1, -1]


def test_listing_decodes_nothing(dataset, geometry):
    assert dataset.image_reads == dataset.mask_reads == []


def test_a_scheme_that_needs_the_image_gets_it(dataset):
    class Looks:
        needs_image = True

        def layout(self, size, image=None):
            assert image.shape == (*size, 3)
            return UNITS.bind("image").call().layout(size)

    assert len(list_units(dataset, Looks())) == 6


def test_rows_follow_the_order_of_the_ids(geometry):
    ids = geometry.unit_ids[[30, 3, 17]]
    assert geometry.rows(ids).tolist() == [30, 3, 17]
    assert geometry.rows([]).tolist() == []


@pytest.mark.parametrize("unknown", [-1, 6, UNITS_PER_IMAGE * 6, 10**18])
def test_an_unknown_unit_is_an_error(geometry, unknown):
    for read in (geometry.rows, geometry.places, geometry.candidates):
        with pytest.raises(PoolError, match=f"unit {unknown} is not in the pool of 36 units"):
            read([0, unknown])


def test_costs_in_units_and_pixels(geometry):
    assert geometry.costs("units").sum() == 36
    assert geometry.costs("pixels").sum() == geometry.pixels == 4 * 8 * 12 + 2 * 9 * 10
    for read in (lambda: geometry.costs("clicks"), lambda: geometry.candidates([0], "clicks")):
        with pytest.raises(PoolError, match="clicks of a unit are counted once"):
            read()


def test_candidates_carry_what_the_geometry_holds(geometry):
    ids = geometry.unit_ids[[20, 2]]
    candidates = geometry.candidates(ids, "pixels")
    assert candidates.unit_ids.tolist() == ids.tolist()
    assert candidates.image_ids.tolist() == ["im3", "im0"]
    assert candidates.sequences.tolist() == ["seq1", "seq0"]
    assert candidates.frames.tolist() == [0, 0]
    assert candidates.costs.tolist() == geometry.areas_of(ids).tolist()
    np.testing.assert_array_equal(candidates.boxes, geometry.boxes_of(ids))


def test_a_geometry_cannot_be_changed(geometry):
    with pytest.raises(ValueError, match="read-only"):
        geometry.unit_ids[0] = 7


def test_units_without_the_pixels_that_were_labelled_in_others(geometry):
    pixels = np.zeros((8, 12), bool)
    pixels[:4, :4] = pixels[4, 4] = True  # all of the first unit, a pixel of the fifth
    rest, labelled, candidates = geometry.begun({1: pixels})
    first = UNITS_PER_IMAGE
    assert labelled.tolist() == [first, first + 4]
    assert sorted(set(geometry.unit_ids) - set(candidates)) == [first]
    assert rest.areas_of([first, first + 4, 4]).tolist() == [0, 15, 16]
    assert rest.candidates([first + 4], "pixels").costs.tolist() == [15]
    assert rest.layout(1).unit_map[4, 4] == -1
    assert rest.layout(0) is geometry.layout(0)
    assert geometry.areas_of([first]).tolist() == [16], "the pool itself stays as it is"
