"""The oracle and the labelled set: only revealed pixels ever carry a label."""

import numpy as np
import pytest

from tests.pool.conftest import TinyDataset
from workbench.datasets import open_dataset
from workbench.errors import ConfigError, PoolError, ShapeError
from workbench.geometry import list_units
from workbench.pool import LabelledSet, MaskLabels, Oracle
from workbench.types import IGNORE, UNITS_PER_IMAGE, unit_ids
from workbench.units import UNITS
from workbench.units.base import UnitLayout


@pytest.fixture
def oracle(dataset, scheme, index):
    return Oracle(MaskLabels(dataset, index), index)


def _expected(dataset, scheme, number, locals_):
    key = f"im{number}"
    unit_map = scheme.layout(dataset.size("train", key)).unit_map
    return np.where(np.isin(unit_map, locals_), dataset.mask("train", key), IGNORE)


def test_image_view_shows_revealed_units_and_nothing_else(dataset, scheme, oracle):
    oracle.reveal([*unit_ids(4, [5, 0]), *unit_ids(1, [2])])
    samples = LabelledSet(oracle, dataset, "image")
    assert [name for _, _, name in samples] == ["im1", "im4"]
    np.testing.assert_array_equal(samples[0][1], _expected(dataset, scheme, 1, [2]))
    np.testing.assert_array_equal(samples[1][1], _expected(dataset, scheme, 4, [0, 5]))
    np.testing.assert_array_equal(samples[1][0], dataset.image("train", "im4"))


def test_unit_view_cuts_one_sample_a_unit(dataset, oracle, index):
    ids = [*unit_ids(4, [5, 0]), *unit_ids(1, [2])]
    oracle.reveal(ids)
    samples = LabelledSet(oracle, dataset, "unit")
    assert [name for _, _, name in samples] == ["im1#2", "im4#0", "im4#5"]
    for (image, mask, name), unit in zip(samples, sorted(ids), strict=True):
        y0, x0, y1, x1 = index.boxes_of([unit])[0]
        key = name.split("#")[0]
        np.testing.assert_array_equal(image, dataset.image("train", key)[y0:y1, x0:x1])
        np.testing.assert_array_equal(mask, dataset.mask("train", key)[y0:y1, x0:x1])


def test_unit_view_voids_pixels_of_the_box_outside_the_unit(dataset):
    class Diagonal:
        needs_image = False

        def layout(self, size, image=None):
            unit_map = np.full(size, -1, np.int32)
            unit_map[np.tri(*size, dtype=bool)] = 0
            box = np.array([[0, 0, *size]], np.int32)
            return UnitLayout(unit_map, box, np.array([(unit_map == 0).sum()]))

    index = list_units(dataset, Diagonal())
    oracle = Oracle(MaskLabels(dataset, index), index)
    oracle.reveal([0])
    for view in ("image", "unit"):
        _, mask, _ = LabelledSet(oracle, dataset, view)[0]
        inside = np.tri(*mask.shape, dtype=bool)
        np.testing.assert_array_equal(mask[inside], dataset.mask("train", "im0")[inside])
        assert (mask[~inside] == IGNORE).all()


def test_masks_of_other_images_are_never_read(dataset, oracle):
    oracle.reveal(unit_ids(3, [0, 1]))
    for view in ("image", "unit"):
        list(LabelledSet(oracle, dataset, view))
    assert dataset.mask_reads == ["im3"]


def test_a_set_is_a_snapshot(dataset, oracle):
    oracle.reveal([0])
    before = LabelledSet(oracle, dataset, "image")
    oracle.reveal([1, UNITS_PER_IMAGE])
    assert len(before) == 1
    assert (before[0][1] != IGNORE).sum() <= 16
    assert len(LabelledSet(oracle, dataset, "image")) == 2


def test_order_of_labelling_changes_nothing(dataset, scheme, index):
    ids = index.unit_ids[[30, 2, 14, 3]]
    sets = []
    for order in (ids, ids[::-1]):
        oracle = Oracle(MaskLabels(dataset, index), index)
        oracle.reveal(order)
        sets.append(LabelledSet(oracle, dataset, "image"))
    for a, b in zip(*sets, strict=True):
        np.testing.assert_array_equal(a[1], b[1])
        assert a[2] == b[2]


def test_a_whole_image_equals_its_mask(dataset, oracle):
    oracle.reveal(unit_ids(2, np.arange(6)))
    (sample,) = LabelledSet(oracle, dataset, "image")
    np.testing.assert_array_equal(sample[1], dataset.mask("train", "im2"))


@pytest.mark.parametrize("view", ["image", "unit"])
def test_caches_change_nothing_but_the_reads(scheme, index, view):
    cached, plain = TinyDataset(), TinyDataset(cache_bytes=0)
    sets = []
    for dataset in (cached, plain):
        oracle = Oracle(MaskLabels(dataset, index), index)
        oracle.reveal(index.unit_ids[[30, 2, 14, 3]])
        kept = 1 << 20 if dataset is cached else 0
        sets.append(LabelledSet(oracle, dataset, view, cache_bytes=kept))
    for _ in range(3):
        for a, b in zip(*sets, strict=True):
            np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(a[1], b[1])
    assert len(cached.mask_reads) == len(cached.image_reads) == 3
    assert len(plain.mask_reads) == 3 * len(sets[1])


def test_samples_are_read_only_and_sliceable(dataset, oracle):
    oracle.reveal([0, 1, UNITS_PER_IMAGE])
    samples = LabelledSet(oracle, dataset, "unit")
    assert [name for *_, name in samples[1:]] == ["im0#1", "im1#0"]
    assert samples[-1][2] == "im1#0"
    image, mask, _ = samples[0]
    assert not image.flags.writeable
    assert not mask.flags.writeable
    with pytest.raises(IndexError):
        samples[3]


def test_nothing_revealed_is_an_empty_set(dataset, oracle):
    for view in ("image", "unit"):
        assert list(LabelledSet(oracle, dataset, view)) == []


def test_classes_are_counted_in_what_is_revealed_and_nowhere_else(dataset, scheme, oracle):
    assert oracle.class_pixels(5).tolist() == [0] * 5
    oracle.reveal([*unit_ids(4, [5, 0]), *unit_ids(1, [2])])
    shown = [_expected(dataset, scheme, 1, [2]), _expected(dataset, scheme, 4, [0, 5])]
    dataset.mask_reads.clear()
    counts = oracle.class_pixels(5)
    assert counts.tolist() == [sum(int((mask == c).sum()) for mask in shown) for c in range(5)]
    assert counts.sum() == sum(int((mask != IGNORE).sum()) for mask in shown) > 0
    assert set(dataset.mask_reads) <= {"im1", "im4"}


def test_what_the_oracle_refuses(dataset, oracle):
    oracle.reveal([0])
    with pytest.raises(PoolError, match="unit 0 is labelled already"):
        oracle.reveal([0])
    with pytest.raises(PoolError, match="not in the pool"):
        oracle.reveal([99])
    with pytest.raises(PoolError, match="unit 1 was not revealed"):
        oracle.labels(np.array([0, 1]))
    with pytest.raises(ConfigError, match="wanted image or unit"):
        LabelledSet(oracle, dataset, "crop")


def test_a_mask_of_another_size_is_an_error(scheme, index):
    class Cut(TinyDataset):
        def read_mask(self, split, key):
            return super().read_mask(split, key)[1:]

    dataset = Cut()
    oracle = Oracle(MaskLabels(dataset, index), index)
    oracle.reveal([0])
    with pytest.raises(ShapeError, match="mask of im0 is 7×12, its image 8×12"):
        LabelledSet(oracle, dataset, "image")[0]


def test_the_built_in_scenes_go_all_the_way(tmp_path):
    dataset = open_dataset("synthetic:6,1", tmp_path)
    scheme = UNITS.bind("grid:4x4").call()
    index = list_units(dataset, scheme)
    oracle = Oracle(MaskLabels(dataset, index), index)
    oracle.reveal(unit_ids(0, np.arange(16)))
    (sample,) = LabelledSet(oracle, dataset, "image")
    np.testing.assert_array_equal(sample[1], dataset.mask("train", sample[2]))
