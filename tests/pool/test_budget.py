"""Budgets: what fits, what is cut, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset, initial_units
from workbench.budget import Budget, Initial
from workbench.errors import BudgetError, ShapeError
from workbench.geometry import list_units
from workbench.pool import Allowance, affordable, check_budget, labelled_share
from workbench.types import image_numbers
from workbench.units import UNITS

_INDEX = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())


def _budget(initial, per_cycle=1, cycles=1, unit="units"):
    return Budget(unit=unit, initial=initial, per_cycle=per_cycle, cycles=cycles)


@given(costs=st.lists(st.integers(0, 9), max_size=12), limit=st.integers(0, 60))
def test_affordable_is_the_longest_prefix_within(costs, limit):
    ids = np.arange(len(costs)) + 100
    kept = affordable(ids, costs, limit)
    n = len(kept)
    assert kept.tolist() == ids[:n].tolist()
    assert sum(costs[:n]) <= limit
    assert n == len(costs) or sum(costs[: n + 1]) > limit


def test_affordable_wants_a_cost_a_unit():
    with pytest.raises(ShapeError, match="2 units came with 1 costs"):
        affordable([1, 2], [1], 5)


def test_a_budget_may_use_up_the_pool_and_no_more():
    check_budget(Allowance(_INDEX, _budget(12, 8, 4)))
    with pytest.raises(BudgetError, match=r"labels 44 units .*pool holds 36 .*cycles to at most 4"):
        check_budget(Allowance(_INDEX, _budget(12, 8, 5)))
    with pytest.raises(BudgetError, match=r"initial to at most 36"):
        check_budget(Allowance(_INDEX, _budget(37)))
    check_budget(Allowance(_INDEX, _budget(564, unit="pixels")))
    with pytest.raises(BudgetError, match="565 pixels"):
        check_budget(Allowance(_INDEX, _budget(565, unit="pixels")))


def test_a_query_that_can_hold_no_unit_is_refused():
    smallest = int(_INDEX.costs("pixels").min())
    check_budget(Allowance(_INDEX, _budget(100, smallest, 2, "pixels")))
    check_budget(Allowance(_INDEX, _budget(100, 1, 1, "pixels")))  # no query is made
    with pytest.raises(BudgetError, match=r"raise budget\.per_cycle, or choose smaller units"):
        check_budget(Allowance(_INDEX, _budget(100, smallest - 1, 2, "pixels")))


@given(seed=st.integers(0, 2**40), images=st.integers(1, 6))
def test_rule_images_takes_all_units_of_whole_images(seed, images):
    ids = initial_units(_INDEX, Initial(), _budget(6 * images), seed)
    assert len(ids) == 6 * images
    numbers = image_numbers(ids).reshape(images, 6)
    assert (numbers == numbers[:, :1]).all()
    assert len(set(numbers[:, 0])) == images


@given(seed=st.integers(0, 2**40), limit=st.integers(20, 564))
def test_pixels_are_never_exceeded(seed, limit):
    budget = _budget(limit, unit="pixels")
    rule = Initial(rule="units")
    ids = initial_units(_INDEX, rule, budget, seed)
    assert 0 < _INDEX.areas_of(ids).sum() <= limit
    if limit >= 96:
        ids = initial_units(_INDEX, Initial(), budget, seed)
        assert _INDEX.areas_of(ids).sum() <= limit
        assert len(ids) % 6 == 0


@given(seed=st.integers(0, 2**40), n=st.integers(1, 36))
def test_rule_units_draws_as_many_as_asked(seed, n):
    ids = initial_units(_INDEX, Initial(rule="units"), _budget(n), seed)
    assert len(set(ids.tolist())) == n


@pytest.mark.parametrize("rule", ["images", "units"])
def test_seeds_draw_the_same_again_and_differ_from_each_other(rule):
    def draw(seed, share=False):
        initial = Initial(rule=rule, share_across_seeds=share)
        return initial_units(_INDEX, initial, _budget(12), seed).tolist()

    assert draw(1) == draw(1)
    assert len({tuple(draw(seed)) for seed in range(8)}) > 1
    assert len({tuple(draw(seed, share=True)) for seed in range(8)}) == 1


def test_a_larger_first_budget_begins_with_the_smaller():
    small, large = (initial_units(_INDEX, Initial(), _budget(n), 3).tolist() for n in (6, 18))
    assert large[:6] == small


def test_the_draw_is_the_same_for_good():
    """A changed draw would change every experiment; see docs/decisions on seeds."""
    ids = initial_units(_INDEX, Initial(), _budget(12), 0)
    assert sorted(set(image_numbers(ids).tolist())) == [0, 3]


def test_part_of_an_image_is_refused_with_the_nearest_fit():
    with pytest.raises(BudgetError, match=r"has 6 units; set budget.initial to 12 or 18"):
        initial_units(_INDEX, Initial(), _budget(14), 0)
    with pytest.raises(BudgetError, match=r"set budget.initial to 6, or"):
        initial_units(_INDEX, Initial(), _budget(5), 0)
    with pytest.raises(BudgetError, match="not one whole image"):
        initial_units(_INDEX, Initial(), _budget(20, unit="pixels"), 0)
    with pytest.raises(BudgetError, match="not one whole unit"):
        initial_units(_INDEX, Initial(rule="units"), _budget(3, unit="pixels"), 0)


def test_the_labelled_share_is_of_images_in_their_pixel_equivalent(dataset):
    """Crops that are all labelled are the share of their images that they cover, no more."""
    grid, crops = (
        list_units(dataset, UNITS.bind(u).call()) for u in ("grid:2x3", "crop:height=4,width=4")
    )
    for number in range(grid.n_images):  # of two sizes: each image is one of six
        assert labelled_share(grid, grid.image_units(number)) == pytest.approx(1 / 6)
    assert labelled_share(grid, grid.unit_ids) == pytest.approx(1)
    assert labelled_share(grid, []) == 0
    areas = [9 * 10 if number in (2, 4) else 8 * 12 for number in range(6)]
    covered = [crops.areas_of(crops.image_units(n)).sum() / areas[n] for n in range(6)]
    assert labelled_share(crops, crops.unit_ids) == pytest.approx(np.mean(covered))
    assert np.mean(covered) < 1


def test_the_labelled_share_counts_a_pixel_of_two_windows_once(dataset):
    windows = list_units(dataset, UNITS.bind("window:height=4,width=4,stride=2").call())
    assert labelled_share(windows, windows.unit_ids) <= 1
    first = windows.unit_ids[:2]  # side by side, half of each in the other
    assert labelled_share(windows, first) == pytest.approx(4 * 6 / (8 * 12) / 6)
