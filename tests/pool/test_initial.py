"""Initial units: even in time, through a pool filter, one of several sets, none."""

import numpy as np
import pytest

from tests.pool.conftest import TinyDataset, initial_units
from workbench.budget import Budget, Initial
from workbench.errors import BudgetError, ConfigError
from workbench.geometry import Images, list_units
from workbench.geometry.listed import ListedGeometry
from workbench.pool import Allowance, initial_sets, middle
from workbench.types import Frame, image_numbers, unit_ids
from workbench.units import UNITS

_GRID = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())


def _video(frames=(8, 4)):
    """A pool of whole images in sequences whose keys are not in the order of time."""
    places = [Frame(f"s{s}", n) for s, count in enumerate(frames) for n in range(count)][::-1]
    n = len(places)
    return _whole(Images.make([f"{i}" for i in range(n)], [(4, 5)] * n, places))


def _whole(images):
    n = len(images)
    ids = np.concatenate([unit_ids(i, [0]) for i in range(n)])
    return ListedGeometry(images, ids, np.zeros((n, 4), np.int32), np.full(n, 20))


def _budget(initial, unit="units"):
    return Budget(unit=unit, initial=initial, per_cycle=0, cycles=1)


@pytest.mark.parametrize("seed", [0, 7])
def test_uniform_takes_every_nth_frame_whatever_the_seed(seed):
    pool = _video()
    drawn = initial_units(pool, Initial(rule="uniform"), _budget(3), seed)
    assert (11 - image_numbers(drawn)).tolist() == [0, 4, 8]
    drawn = initial_units(pool, Initial(rule="uniform"), _budget("50%", "%"), seed)
    assert (11 - image_numbers(drawn)).tolist() == [0, 2, 4, 6, 8, 10]


def test_uniform_takes_whole_images_and_as_many_as_fit():
    drawn = initial_units(_GRID, Initial(rule="uniform"), _budget(12), 0)
    assert image_numbers(drawn).tolist() == [5] * 6 + [2] * 6, "the one without a sequence first"
    pixels = initial_units(_GRID, Initial(rule="uniform"), _budget(280, "pixels"), 0)
    assert len(np.unique(image_numbers(pixels))) == 2
    with pytest.raises(BudgetError, match="no whole number of images"):
        initial_units(_GRID, Initial(rule="uniform"), _budget(14), 0)
    with pytest.raises(BudgetError, match="not one whole image"):
        initial_units(_GRID, Initial(rule="uniform"), _budget(0.9, "images"), 0)


def test_uniform_needs_sequences_and_no_clicks():
    single = _whole(Images.make(["a", "b"], [(4, 5)] * 2))
    with pytest.raises(ConfigError, match="reads the frames of sequences"):
        initial_units(single, Initial(rule="uniform"), _budget(1), 0)
    with pytest.raises(ConfigError, match=r"only after labelling; choose images"):
        initial_units(_GRID, Initial(rule="uniform"), _budget(10, "clicks"), 0)


@pytest.mark.parametrize("rule", ["images", "units", "uniform", "middle_of"])
@pytest.mark.parametrize("unit", ["units", "clicks"])
def test_initial_units_may_be_none(rule, unit):
    (queue,) = initial_sets(Allowance(_GRID, _budget(0, unit)), Initial(rule=rule), 0)
    assert len(queue.unit_ids) == 0


@pytest.mark.parametrize("rule", ["images", "units", "uniform"])
def test_a_pool_filter_leaves_nothing_else_to_draw(rule):
    pool, allowed = _video(), np.arange(12) % 3 == 0
    for seed in range(5):
        drawn = initial_units(pool, Initial(rule=rule), _budget(4), seed, allowed)
        assert sorted(image_numbers(drawn).tolist()) == [0, 3, 6, 9]
    with pytest.raises(BudgetError, match=r"filter, which leaves 4 units, and .* is 5 units"):
        initial_units(pool, Initial(rule=rule), _budget(5), 0, allowed)
    (queue,) = initial_sets(
        Allowance(pool, _budget(9, "clicks")), Initial(rule="images"), 0, allowed
    )
    assert sorted(image_numbers(queue.unit_ids).tolist()) == [0, 3, 6, 9]


def test_middle_of_draws_several_sets_and_the_seed_decides_which():
    def sets(seed, **changes):
        initial = Initial(rule="middle_of", sets=4, **changes)
        queues = initial_sets(Allowance(_video((30, 30)), _budget(10)), initial, seed)
        return [tuple(queue.unit_ids.tolist()) for queue in queues]

    assert len(set(sets(1))) == 4
    assert sets(1) == sets(1) != sets(2)
    assert sets(1, share_across_seeds=True) == sets(2, share_across_seeds=True) == sets(0)
    alone = initial_units(_video((30, 30)), Initial(), _budget(10), 1)
    assert sets(1)[0] == tuple(alone.tolist()), "the first is the one that images draws"


def test_the_middle_of_the_range_is_neither_the_mean_nor_the_median():
    assert middle([0.1, 0.9, 0.12, 0.55, 0.11]) == 3
    assert middle([0.4]) == 0
    assert middle([0.2, 0.4]) == 0, "of equals the first"
    measured = [0.50, 0.52, 0.41, 0.44, 0.60, 0.58, 0.47, 0.49, 0.53, 0.55]
    assert middle(measured) == 0  # nearest to (0.41 + 0.60) / 2
    for wrong in ([], [0.1, np.nan]):
        with pytest.raises(BudgetError, match="wanted at least one, and finite"):
            middle(wrong)
