"""The pool's index."""

import numpy as np
import pytest

from workbench.errors import PoolError
from workbench.pool import index_pool
from workbench.types import UNITS_PER_IMAGE
from workbench.units import UNITS


def test_ids_encode_image_and_place(index, scheme, dataset):
    assert len(index) == 36
    assert index.n_images == 6
    assert index.image_ids == tuple(dataset.keys("train"))
    assert index.unit_ids[:7].tolist() == [0, 1, 2, 3, 4, 5, UNITS_PER_IMAGE]
    assert (np.diff(index.unit_ids) > 0).all()
    assert index.image_numbers.tolist() == [i for i in range(6) for _ in range(6)]
    layout = scheme.layout((9, 10))
    np.testing.assert_array_equal(index.boxes[12:18], layout.boxes)
    np.testing.assert_array_equal(index.areas[12:18], layout.areas)
    assert index.sizes[2].tolist() == [9, 10]


def test_sequences_and_frames_belong_to_every_unit(index):
    assert index.sequences[:6].tolist() == ["seq0"] * 6
    assert index.frames[24:30].tolist() == [1] * 6
    assert index.sequences[30] == ""
    assert index.frames[30] == -1


def test_indexing_decodes_nothing(dataset, index):
    assert dataset.image_reads == dataset.mask_reads == []


def test_a_scheme_that_needs_the_image_gets_it(dataset):
    class Looks:
        needs_image = True

        def layout(self, size, image=None):
            assert image.shape == (*size, 3)
            return UNITS.bind("image").call().layout(size)

    assert len(index_pool(dataset, Looks())) == 6


def test_rows_follow_the_order_asked_for(index):
    ids = index.unit_ids[[30, 3, 17]]
    assert index.rows(ids).tolist() == [30, 3, 17]
    assert index.rows([]).tolist() == []


@pytest.mark.parametrize("unknown", [-1, 6, UNITS_PER_IMAGE * 6, 10**18])
def test_an_unknown_unit_is_an_error(index, unknown):
    with pytest.raises(PoolError, match=f"unit {unknown} is not in the pool of 36 units"):
        index.rows([0, unknown])


def test_costs_in_units_and_pixels(index):
    assert index.costs("units").sum() == 36
    assert index.costs("pixels").sum() == 4 * 8 * 12 + 2 * 9 * 10


def test_candidates_carry_what_the_index_knows(index):
    ids = index.unit_ids[[20, 2]]
    candidates = index.candidates(ids, "pixels")
    assert candidates.unit_ids.tolist() == ids.tolist()
    assert candidates.image_ids.tolist() == ["im3", "im0"]
    assert candidates.sequences.tolist() == ["seq1", "seq0"]
    assert candidates.frames.tolist() == [0, 0]
    assert candidates.costs.tolist() == index.areas[[20, 2]].tolist()
    np.testing.assert_array_equal(candidates.boxes, index.boxes[[20, 2]])


def test_the_table_has_a_row_a_unit(index):
    table = index.table()
    assert list(table.columns) == [
        "unit_id",
        "image_id",
        "image_number",
        *("y0", "x0", "y1", "x1"),
        *("area", "sequence", "frame"),
    ]
    assert len(table) == 36
    row = table.iloc[13]
    assert (row.image_id, row.image_number, row.area) == ("im2", 2, index.areas[13])
    assert [row.y0, row.x0, row.y1, row.x1] == index.boxes[13].tolist()


def test_an_index_cannot_be_changed(index):
    with pytest.raises(ValueError, match="read-only"):
        index.areas[0] = 7
