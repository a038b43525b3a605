"""Budgets put to a pool: images and shares of them, what is carried on, nominal shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset
from workbench.budget import Budget
from workbench.errors import BudgetError, PoolError, ShapeError
from workbench.geometry import Images, list_units
from workbench.geometry.listed import ListedGeometry
from workbench.metrics import auc_at, miou_at
from workbench.pool import Allowance, PoolState, affordable, check_budget, nominal_shares
from workbench.pool.allowance import PARTS
from workbench.types import image_numbers, unit_ids
from workbench.units import UNITS

_GRID = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())  # six images of two sizes
_CAMVID = 367


def _allowance(geometry=_GRID, **budget):
    return Allowance(geometry, Budget(**{"initial": 0, "cycles": 3, **budget}))


def _whole_images(n=_CAMVID, size=(360, 480)):
    ids = np.concatenate([unit_ids(i, [0]) for i in range(n)])
    images = Images.make([f"{i}" for i in range(n)], [size] * n)
    boxes = np.tile(np.array([0, 0, *size], np.int32), (n, 1))
    return ListedGeometry(images, ids, boxes, np.full(n, size[0] * size[1]))


def _labelled_each_cycle(geometry, budget, order=None):
    """Units labelled at each cycle, if queries take what fits in an order."""
    allowance = Allowance(geometry, budget)
    order = geometry.unit_ids if order is None else order
    limit, pool, counts = allowance.nominal(0), PoolState(geometry), []
    for cycle in range(budget.cycles):
        rest = order[~np.isin(order, pool.labelled)]
        pool = pool.reveal(affordable(rest, allowance.prices(rest, pool.labelled), limit))
        counts.append(len(pool.labelled))
        limit = allowance.limit(pool, cycle)
    return counts


def test_rounding_to_whole_images_is_carried_on_and_never_adds_up():
    """Five times 36 of 367 images would be 49.05 %, not 49.86 %."""
    budget = Budget(unit="%", initial="10%", per_cycle=0.1, cycles=5)
    counts = _labelled_each_cycle(_whole_images(), budget)
    assert counts == [36, 73, 110, 146, 183]


def test_curve_metrics_take_nominal_shares_whatever_the_rounding():
    pool = _whole_images()
    budget = Budget(unit="%", initial=0.1, per_cycle=0.1, cycles=5)
    shares = nominal_shares(pool, budget)
    assert shares.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert auc_at(shares, [68.42] * 5, 0.5) == pytest.approx(27.368)
    assert miou_at(shares, [1, 2, 3, 4, 5], 0.5) == 5
    labelled = np.array(_labelled_each_cycle(pool, budget)) / _CAMVID
    with pytest.raises(ShapeError, match=r"runs from 0\.098\S* to 0\.498"):
        auc_at(labelled, [68.42] * 5, 0.5)


def test_nominal_shares_are_of_images_in_every_unit_but_clicks():
    crops = list_units(TinyDataset(), UNITS.bind("crop:4x6").call())
    shares = {
        "images": nominal_shares(_GRID, Budget(unit="images", initial=1, per_cycle=2, cycles=3)),
        "units": nominal_shares(_GRID, Budget(initial=6, per_cycle=12, cycles=3)),
        "pixels": nominal_shares(
            _whole_images(6), Budget(unit="pixels", initial=172_800, per_cycle=345_600, cycles=3)
        ),
    }
    for found in shares.values():
        np.testing.assert_allclose(found, [1 / 6, 3 / 6, 5 / 6], rtol=1e-9)
    # all six crops, of 24 pixels each, are less than two images of 96 or 90
    everything = nominal_shares(crops, Budget(initial=6, per_cycle=0, cycles=1))
    assert everything == pytest.approx((4 * 24 / 96 + 2 * 24 / 90) / 6)
    with pytest.raises(BudgetError, match="no nominal share"):
        nominal_shares(_GRID, Budget(unit="clicks", initial=6, per_cycle=6, cycles=2))


def test_a_crop_counts_its_part_of_its_image():
    crops = list_units(TinyDataset(), UNITS.bind("crop:4x6").call())
    allowance = _allowance(crops, unit="images", per_cycle=0.5)
    assert allowance.prices(crops.unit_ids)[:2].tolist() == [PARTS // 4, PARTS // 4]
    # of the third and the fifth image the crop is 24 of 90 pixels, so four would be 1.02 images
    assert _labelled_each_cycle(crops, allowance.budget) == [0, 2, 3]
    tenth = _allowance(crops, unit="%", per_cycle="10%")  # of six images, not of their crops
    assert tenth.nominal(1) == PARTS * 6 // 10
    assert _labelled_each_cycle(crops, tenth.budget) == [0, 2, 4]
    with pytest.raises(BudgetError, match=r"labels 100 % .* holds 25\.5555\d* % in 6 images"):
        check_budget(_allowance(crops, unit="%", per_cycle=0.5))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(5, 40), st.integers(5, 40)), min_size=1, max_size=4))
def test_the_units_of_an_image_never_count_more_than_the_image(sizes):
    class Any(TinyDataset):
        def keys(self, split):
            return [f"im{i}" for i in range(len(sizes))]

        def size(self, split, key):
            return sizes[int(key[2:])]

    geometry = list_units(Any(), UNITS.bind("grid:5x5").call())
    allowance = _allowance(geometry, unit="images", per_cycle=1)
    prices = allowance.prices(geometry.unit_ids)
    for number in range(len(sizes)):
        assert PARTS - 25 < prices[image_numbers(geometry.unit_ids) == number].sum() <= PARTS
    assert allowance.spent(PoolState(geometry, geometry.unit_ids)) == len(sizes) * PARTS
    images = Budget(unit="images", initial=0, per_cycle=1, cycles=len(sizes) + 1)
    counts = _labelled_each_cycle(geometry, images)
    assert counts == [25 * n for n in range(len(sizes) + 1)], "whole images, whatever 1/25 is"


def test_windows_count_the_pixels_that_they_newly_reveal():
    windows = list_units(TinyDataset(), UNITS.bind("window:4x6,stride=2,max_overlap=0.9").call())
    allowance = _allowance(windows, unit="images", per_cycle=1)
    first, second = windows.unit_ids[:2]
    assert allowance.prices([first, second]).tolist() == [PARTS * 24 // 96, PARTS * 8 // 96]
    pool = PoolState(windows, [first, second])
    assert allowance.spent(pool) == PARTS * 32 // 96
    assert allowance.prices([second], [first]).tolist() == [PARTS * 8 // 96]
    assert allowance.most(PARTS) >= 1
    assert allowance.image_costs().tolist() == [PARTS] * 6


@settings(max_examples=40, deadline=None)
@given(
    unit=st.sampled_from(["units", "pixels", "images", "%"]),
    seed=st.integers(0, 99),
    share=st.floats(0.02, 0.3),
)
def test_what_is_labelled_follows_the_nominal_budget(unit, seed, share):
    """Never above it, and below it by less than one unit."""
    whole = {"units": 36, "pixels": 564, "images": 6, "%": 1}[unit]
    amount = share * whole
    if unit in ("units", "pixels"):
        amount = max(int(amount), 21 if unit == "pixels" else 1)
    budget = Budget(unit=unit, initial=amount, per_cycle=amount, cycles=3)
    allowance, rng = Allowance(_GRID, budget), np.random.default_rng(seed)
    order = rng.permutation(_GRID.unit_ids)
    largest = int(allowance.prices(order).max())
    for cycle, count in enumerate(_labelled_each_cycle(_GRID, budget, order)):
        spent = allowance.spent(PoolState(_GRID, order[:count]))
        assert spent <= allowance.nominal(cycle) + 36  # of 2**32: each unit is rounded down
        assert count == 36 or spent > allowance.nominal(cycle) - largest


def test_a_share_is_refused_in_its_own_words():
    with pytest.raises(BudgetError, match=r"may label 1 %, and no unit of this pool has so few"):
        check_budget(_allowance(_whole_images(6), unit="%", per_cycle="1%"))
    with pytest.raises(BudgetError, match=r"labels 7 images \(1 images first.* at most 3, or"):
        check_budget(_allowance(unit="images", initial=1, per_cycle=2, cycles=4))
    with pytest.raises(PoolError, match="counted once it was paid"):
        _allowance(unit="clicks", per_cycle=1).prices([0])
