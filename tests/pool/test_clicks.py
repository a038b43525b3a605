"""Clicks: known shapes, and what only the oracle may know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.pool.conftest import TinyDataset
from workbench.config import Budget, Initial
from workbench.errors import BudgetError, PoolError
from workbench.geometry import list_units
from workbench.pool import Oracle, PoolState, initial_units
from workbench.pool.clicks import click_points, count_clicks
from workbench.types import IGNORE, image_numbers, unit_ids
from workbench.units import UNITS


def mask(*rows):
    """Class ids, one digit a pixel; a dot is void."""
    return np.array([[IGNORE if c == "." else int(c) for c in row] for row in rows], np.uint8)


def click_map(labels, tolerance=2.0):
    """Clicks a pixel."""
    clicks = np.zeros(labels.shape)
    for y, x, count in click_points(labels, tolerance):
        clicks[int(y), int(x)] += count
    return clicks


def field(height=24, width=32):
    return np.zeros((height, width), np.uint8)


@pytest.mark.parametrize(
    ("labels", "clicks"),
    [
        (field(), 4 + 1),  # one class: the region's corners and the class
        (np.full((9, 9), IGNORE, np.uint8), 0),
        (mask("0"), 3 + 1),  # no polygon has fewer than three vertices
        (mask("0000"), 3 + 1),
        (mask("0.", ".0"), 3 + 1),  # touching at a corner is connected
        (mask("0.0"), 2 * (3 + 1)),
        (np.repeat(mask("01"), 12, axis=0).repeat(12, axis=1), 2 * 5),
    ],
)
def test_known_shapes(labels, clicks):
    assert count_clicks(labels) == clicks
    assert click_map(labels).sum() == pytest.approx(clicks)


def test_a_hole_costs_what_lies_in_it():
    ring = field()
    ring[6:18, 8:24] = IGNORE
    assert count_clicks(ring) == 5
    ring[6:18, 8:24] = 1
    assert count_clicks(ring) == 5 + 5
    ring[9:15, 12:20] = 0  # an island of the ring's own class, within the hole
    assert count_clicks(ring) == 5 + 5 + 5


def test_the_tolerance_says_how_closely_an_outline_is_followed():
    y, x = np.mgrid[0:60, 0:60]
    disc = np.where((y - 30) ** 2 + (x - 30) ** 2 < 25**2, 1, IGNORE).astype(np.uint8)
    counts = [count_clicks(disc, tolerance) for tolerance in (0.0, 0.5, 1.0, 2.0, 5.0, 100.0)]
    assert counts == sorted(counts, reverse=True)
    # a polygon of n vertices on a circle of radius r misses it by r (1 − cos(π / n)) at least
    assert 5 <= counts[3] - 1 <= 16
    assert counts[-1] == 3 + 1
    slope = np.where(y > 0.4 * x + 10, 1, 0).astype(np.uint8)  # a digital line is a staircase
    assert count_clicks(slope, 1.0) == 2 * (4 + 1)
    assert count_clicks(slope, 0.0) > 40


def test_clicks_fall_on_the_vertices():
    labels = np.full((10, 12), IGNORE, np.uint8)
    labels[2:7, 3:9] = 0
    points = click_points(labels)
    assert sorted(map(tuple, points.tolist())) == [
        (2, 3, 1.25), (2, 8, 1.25), (6, 3, 1.25), (6, 8, 1.25),
    ]  # fmt: skip
    assert click_points(np.full((3, 3), IGNORE, np.uint8)).shape == (0, 3)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3)),
    st.sampled_from([0.0, 1.0, 2.0]),
)
def test_the_map_adds_up_to_the_count(labels, tolerance):
    labels = np.where(labels == 3, np.uint8(IGNORE), labels)
    clicks = click_map(labels, tolerance)
    assert clicks.sum() == pytest.approx(count_clicks(labels, tolerance))
    assert (clicks >= 0).all()
    assert (clicks[labels == IGNORE] == 0).all()
    assert count_clicks(labels.T.copy(), tolerance) > 0 or (labels == IGNORE).all()


# the oracle


@pytest.fixture
def oracle(dataset, scheme, index):
    return Oracle(dataset, index)


def boxed(dataset, index, unit):
    """A unit's labels, cut by hand."""
    number = int(image_numbers(unit))
    y0, x0, y1, x1 = index.boxes_of([unit])[0]
    return dataset.read_mask("train", f"im{number}")[y0:y1, x0:x1]


def test_clicks_are_those_of_the_unit_alone(dataset, index, oracle):
    ids = [*unit_ids(4, [5, 0]), *unit_ids(1, [2])]
    oracle.reveal(ids)
    assert oracle.clicks(ids).tolist() == [count_clicks(boxed(dataset, index, u)) for u in ids]
    assert oracle.clicks([]).tolist() == []
    assert oracle.price(ids).tolist() == oracle.clicks(ids).tolist()


def test_clicks_of_hidden_units_are_not_told(oracle):
    oracle.reveal([0])
    oracle.price([1])  # even though somebody knows them
    with pytest.raises(PoolError, match="unit 1 was not revealed"):
        oracle.clicks([0, 1])


def test_pixels_outside_a_unit_cost_nothing(dataset):
    class Corner:
        needs_image = False

        def layout(self, size, image=None):
            from workbench.units.base import UnitLayout

            unit_map = np.full(size, -1, np.int32)
            unit_map[:4, :4] = np.tri(4, dtype=np.int32) - 1  # the lower triangle is unit 0
            box = np.array([[0, 0, 4, 4]], np.int32)
            return UnitLayout(unit_map, box, np.array([10], np.int64))

    index = list_units(dataset, Corner())
    oracle = Oracle(dataset, index)
    oracle.reveal([0])
    labels = np.where(np.tri(4, dtype=bool), boxed(dataset, index, 0), np.uint8(IGNORE))
    assert oracle.clicks([0]) == [count_clicks(labels)]
    _, clicks, known, _ = oracle.click_set()[0]
    assert (known[:4, :4] == np.tri(4, dtype=bool)).all()
    assert known.sum() == 10
    assert clicks.sum() == pytest.approx(count_clicks(labels))


def test_masks_are_counted_once(dataset, scheme, index):
    counted = {}
    for _ in range(2):
        oracle = Oracle(dataset, index, counted=counted)
        oracle.price(unit_ids(2, np.arange(6)))
    assert len(counted) == 6
    assert len([key for key in dataset.mask_reads if key == "im2"]) == 1


_DATASET = TinyDataset()
_SCHEME = UNITS.bind("grid:2x3").call()
_INDEX = list_units(_DATASET, _SCHEME)
_COUNTED: dict = {}


@settings(max_examples=40, deadline=None)
@given(st.permutations(_INDEX.unit_ids.tolist()), st.integers(0, 400))
def test_units_are_revealed_in_order_as_long_as_they_fit(order, limit):
    oracle = Oracle(_DATASET, _INDEX, counted=_COUNTED)
    bought = oracle.reveal_within(order, limit)
    assert bought.tolist() == order[: len(bought)]
    assert oracle.revealed.tolist() == bought.tolist()
    assert oracle.clicks(bought).sum() <= limit
    if len(bought) < len(order):
        assert oracle.price(order[: len(bought) + 1]).sum() > limit


def test_where_units_were_clicked(dataset, index, oracle):
    ids = [*unit_ids(1, [4, 2]), *unit_ids(4, [0])]
    oracle.reveal(ids)
    samples = oracle.click_set()
    assert [name for *_, name in samples] == ["im1", "im4"]
    for image, clicks, known, name in samples:
        assert image.shape[:2] == clicks.shape == known.shape
        mine = [u for u in ids if f"im{image_numbers(u)}" == name]
        assert known.sum() == sum(boxed(dataset, index, u).size for u in mine)
        assert (clicks[~known] == 0).all()
        for unit in mine:
            y0, x0, y1, x1 = index.boxes_of([unit])[0]
            assert known[y0:y1, x0:x1].all()
            assert clicks[y0:y1, x0:x1].sum() == pytest.approx(oracle.clicks([unit])[0], rel=1e-5)


def test_windows_that_overlap_are_outlined_each_by_itself(dataset):
    scheme = UNITS.bind("window:4x4,stride=2").call()
    index = list_units(dataset, scheme)
    oracle = Oracle(dataset, index)
    first, second = unit_ids(0, [0, 1]).tolist()
    oracle.reveal([first, second])
    whole = dataset.read_mask("train", "im0")
    parts = [whole[0:4, 0:4], whole[0:4, 2:6]]
    assert oracle.clicks([first, second]).tolist() == [count_clicks(p) for p in parts]
    _, clicks, known, _ = oracle.click_set()[0]
    assert known.sum() == known[:4, :6].sum() == 24
    ours = [click_map(part) for part in parts]
    np.testing.assert_allclose(clicks[:4, 2:4], (ours[0][:, 2:] + ours[1][:, :2]) / 2, rtol=1e-6)


# the pool and its budget


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
    with pytest.raises(PoolError, match="known once the oracle reveals it"):
        index.costs("clicks")


def _drawn(rule, clicks, seed=0):
    oracle = Oracle(_DATASET, _INDEX, counted=_COUNTED)
    budget = Budget(unit="clicks", initial=clicks, per_cycle=10, cycles=2)
    return initial_units(_INDEX, Initial(rule=rule), budget, seed, oracle), oracle


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["images", "units"]), st.integers(250, 1500), st.integers(0, 99))
def test_initial_units_stay_within_their_clicks(rule, clicks, seed):
    ids, oracle = _drawn(rule, clicks, seed)
    assert 0 < oracle.price(ids).sum() <= clicks
    assert len(np.unique(ids)) == len(ids)
    assert len(oracle.revealed) == 0
    if rule == "images":
        assert all(np.bincount(image_numbers(ids))[np.unique(image_numbers(ids))] == 6)
    more, _ = _drawn(rule, clicks + 300, seed)
    assert more[: len(ids)].tolist() == ids.tolist()


def test_too_few_clicks_to_start_with_are_an_error():
    for rule, what in (("images", "image"), ("units", "unit")):
        with pytest.raises(BudgetError, match=f"3 clicks holds not one whole {what}"):
            _drawn(rule, 3)
