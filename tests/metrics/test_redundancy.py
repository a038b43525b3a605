"""Redundancy of a pool: known pools, a naive form, and what must not matter."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ShapeError
from workbench.metrics import distinct_units, following_share, redundancy, typical_distance


def far(groups, each):
    """Return groups of equal units, each group at right angles to the others."""
    return np.repeat(np.eye(groups) * 100, each, axis=0)


@pytest.mark.parametrize(("groups", "each"), [(1, 1), (1, 9), (7, 1), (4, 6), (12, 22)])
def test_groups_of_equal_units_count_as_one_each(groups, each):
    assert distinct_units(far(groups, each), scale=100) == pytest.approx(groups)
    assert redundancy(far(groups, each), scale=100) == pytest.approx(1 - 1 / each)


def test_the_papers_pools_of_perfect_repeats():
    found = [redundancy(far(264 // size, size), scale=100) for size in (1, 6, 12, 22)]
    assert found == pytest.approx([0, 5 / 6, 11 / 12, 21 / 22])


def naive(units, scale):
    n = len(units)
    logs = 0.0
    for one in units:
        alike = sum(
            math.exp(
                -sum((a - b) ** 2 for a, b in zip(one, two, strict=True))
                / (2 * (0.15 * scale) ** 2)
            )
            for two in units
        )
        logs += math.log(alike / n)
    return math.exp(-logs / n)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30), scale=st.floats(0.5, 20))
def test_it_is_what_the_formula_says(seed, n, scale):
    units = np.random.default_rng(seed).normal(size=(n, 3)) + 1000
    found = distinct_units(units, scale)
    assert found == pytest.approx(naive(units, scale), rel=1e-6)
    assert 1 - 1e-9 <= found <= n + 1e-9
    turned = np.random.default_rng(seed + 1).permutation(units)
    assert distinct_units(turned, scale) == pytest.approx(found, rel=1e-9)
    assert distinct_units(units * 7, scale * 7) == pytest.approx(found, rel=1e-6)


def test_repeating_a_pool_changes_nothing_in_it_but_its_redundancy():
    units = np.random.default_rng(0).normal(size=(40, 5))
    once, twice = distinct_units(units, 3), distinct_units(np.tile(units, (2, 1)), 3)
    assert once == pytest.approx(twice)
    assert 1 - redundancy(np.tile(units, (2, 1)), 3) == pytest.approx(
        (1 - redundancy(units, 3)) / 2
    )


def test_more_distances_than_fit_into_memory_give_the_same(monkeypatch):
    from workbench.metrics import _redundancy

    units = np.random.default_rng(0).normal(size=(400, 4))
    whole = distinct_units(units, 2)
    monkeypatch.setattr(_redundancy, "_MEMORY", 0.05)  # sixteen rows at a time
    assert distinct_units(units, 2) == pytest.approx(whole, rel=1e-12)


def test_at_scale_zero_equal_units_alone_are_alike():
    assert distinct_units([[1.0], [1.0], [1.0 + 1e-6]], 0) == pytest.approx(3 / 2 ** (2 / 3))
    assert distinct_units(np.ones((5, 2)), 0) == pytest.approx(1)


def test_without_units_there_is_nothing_to_measure():
    assert distinct_units(np.empty((0, 3)), 1) == 0
    assert math.isnan(redundancy(np.empty((0, 3)), 1))
    assert math.isnan(typical_distance(np.ones((1, 3))))
    with pytest.raises(ShapeError, match="wanted"):
        distinct_units([1.0, 2.0], 1)


def test_the_typical_distance_is_the_median_over_pairs():
    assert typical_distance([[0.0], [1.0], [3.0]]) == 2  # 1, 2, 3
    assert typical_distance(far(3, 1)) == pytest.approx(100 * math.sqrt(2))


ALL = ["a"] * 5 + ["b"] * 3
TIMES = [3, 13, 22, 31, 44, 0, 9, 22]


@pytest.mark.parametrize(
    ("sequences", "frames", "share"),
    [
        (ALL, TIMES, 6 / 8),
        (["a", "a", "a"], [13, 22, 31], 2 / 3),
        (["a", "a", "a"], [3, 22, 44], 0),
        (["a", "b"], [44, 0], 0),  # the end of one sequence, the start of the next
        (["b", "a", "b", ""], [9, 22, 0, 0], 1 / 4),
        (["copies"] * 3, [0, 1, 2], 2 / 3),  # a sequence that the dataset does not have
        (["a", "a", "a"], [13, 22, 22], 2 / 3),
    ],
)
def test_an_image_follows_the_one_before_it_in_the_dataset(sequences, frames, share):
    assert following_share(sequences, frames, ALL, TIMES) == pytest.approx(share)


def test_without_sequences_nothing_follows():
    assert math.isnan(following_share(["", ""], [0, 0], ["", "", ""], [0, 0, 0]))
    with pytest.raises(ShapeError, match="differ in shape"):
        following_share(["a"], [0, 1], [], [])
