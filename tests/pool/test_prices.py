"""Prices: the clicks of units, which are counted once they were paid for."""

import numpy as np
import pytest

from tests.pool.test_clicks import click_map
from workbench.errors import PoolError
from workbench.geometry import list_units
from workbench.pool import MaskLabels, Oracle, PoolState, Prices
from workbench.pool.click_set import ClickSet
from workbench.pool.clicks import count_clicks
from workbench.types import IGNORE, image_numbers, unit_ids
from workbench.units import UNITS
from workbench.units.base import UnitLayout


@pytest.fixture
def source(dataset, index):
    return MaskLabels(dataset, index)


@pytest.fixture
def oracle(source, index):
    return Oracle(source, index)


@pytest.fixture
def prices(source):
    return Prices(source)


def boxed(dataset, index, unit):
    """A unit's labels, cut by hand."""
    number = int(image_numbers(unit))
    y0, x0, y1, x1 = index.boxes_of([unit])[0]
    return dataset.read_mask("train", f"im{number}")[y0:y1, x0:x1]


def test_clicks_are_those_of_the_unit_alone(dataset, index, prices):
    ids = [*unit_ids(4, [5, 0]), *unit_ids(1, [2])]
    paid = prices.pay(ids)
    assert paid.tolist() == [count_clicks(boxed(dataset, index, u)) for u in ids]
    assert prices.of(ids[::-1]).tolist() == paid[::-1].tolist()
    assert prices.pay([]).tolist() == prices.of([]).tolist() == []


def test_the_price_of_a_unit_that_nobody_paid_for_is_not_known(source):
    counted = {}
    Prices(source, counted=counted).pay([0, 1])
    prices = Prices(source, counted=counted)  # of another run
    prices.pay([0])
    with pytest.raises(PoolError, match="unit 1 was not paid for"):
        prices.of([0, 1])
    assert prices.true([0, 1]).tolist() == [counted[0], counted[1]]  # the study that leaks
    with pytest.raises(PoolError, match="unit 1 was not paid for"):
        prices.of([1])


def test_pixels_outside_a_unit_cost_nothing(dataset):
    class Corner:
        needs_image = False

        def layout(self, size, image=None):
            unit_map = np.full(size, -1, np.int32)
            unit_map[:4, :4] = np.tri(4, dtype=np.int32) - 1  # the lower triangle is unit 0
            box = np.array([[0, 0, 4, 4]], np.int32)
            return UnitLayout(unit_map, box, np.array([10], np.int64))

    index = list_units(dataset, Corner())
    source = MaskLabels(dataset, index)
    labels = np.where(np.tri(4, dtype=bool), boxed(dataset, index, 0), np.uint8(IGNORE))
    assert Prices(source).pay([0]) == [count_clicks(labels)]
    _, clicks, known, _ = ClickSet(Oracle(source, index, [0]), dataset)[0]
    assert (known[:4, :4] == np.tri(4, dtype=bool)).all()
    assert known.sum() == 10
    assert clicks.sum() == pytest.approx(count_clicks(labels))


def test_masks_are_counted_once(dataset, source):
    counted = {}
    for _ in range(2):
        Prices(source, counted=counted).pay(unit_ids(2, np.arange(6)))
    assert len(counted) == 6
    assert dataset.mask_reads == ["im2"]


def test_where_units_were_clicked(dataset, index, oracle, prices):
    ids = [*unit_ids(1, [4, 2]), *unit_ids(4, [0])]
    prices.pay(ids)
    oracle.reveal(ids)
    samples = ClickSet(oracle, dataset)
    assert [name for *_, name in samples] == ["im1", "im4"]
    for image, clicks, known, name in samples:
        assert image.shape[:2] == clicks.shape == known.shape
        mine = [u for u in ids if f"im{image_numbers(u)}" == name]
        assert known.sum() == sum(boxed(dataset, index, u).size for u in mine)
        assert (clicks[~known] == 0).all()
        for unit in mine:
            y0, x0, y1, x1 = index.boxes_of([unit])[0]
            assert known[y0:y1, x0:x1].all()
            assert clicks[y0:y1, x0:x1].sum() == pytest.approx(prices.of([unit])[0], rel=1e-5)


def test_windows_that_overlap_are_outlined_each_by_itself(dataset):
    scheme = UNITS.bind("window:4x4,stride=2").call()
    index = list_units(dataset, scheme)
    source = MaskLabels(dataset, index)
    oracle = Oracle(source, index)
    first, second = unit_ids(0, [0, 1]).tolist()
    oracle.reveal([first, second])
    whole = dataset.read_mask("train", "im0")
    parts = [whole[0:4, 0:4], whole[0:4, 2:6]]
    assert Prices(source).pay([first, second]).tolist() == [count_clicks(p) for p in parts]
    _, clicks, known, _ = ClickSet(oracle, dataset)[0]
    assert known.sum() == known[:4, :6].sum() == 24
    ours = [click_map(part) for part in parts]
    np.testing.assert_allclose(clicks[:4, 2:4], (ours[0][:, 2:] + ours[1][:, :2]) / 2, rtol=1e-6)


def test_the_pool_adds_up_what_was_spent(index):
    pool = PoolState(index)
    assert pool.cost("clicks") == 0
    pool = pool.reveal([3, 1], [7, 5]).reveal([2], [4])
    assert pool.clicks.tolist() == [7, 5, 4]
    assert pool.cost("clicks") == 16
    with pytest.raises(PoolError, match="1 units came with 2 costs"):
        pool.reveal([4], [1, 2])
    with pytest.raises(PoolError, match="were not counted"):
        pool.reveal([4]).cost("clicks")
    with pytest.raises(PoolError, match="counted once the oracle reveals it"):
        index.costs("clicks")
