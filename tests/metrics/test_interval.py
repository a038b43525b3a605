"""Intervals over seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from workbench.errors import ShapeError
from workbench.metrics import FEWEST, seed_interval


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("n", range(2, FEWEST))
def test_few_seeds_get_students_t(n):
    values = np.random.default_rng(n).normal(60, 2, n)
    found = seed_interval(values, rng())
    low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))
    assert found.sd[0] == pytest.approx(values.std(ddof=1))


def test_more_seeds_are_resampled_as_by_a_plain_loop():
    values = np.random.default_rng(1).normal(size=9)
    draws, t = np.random.default_rng(2), []
    for _ in range(8000):
        drawn = draws.choice(values, len(values))
        if np.ptp(drawn) > 0:
            t.append((drawn.mean() - values.mean()) / (drawn.std(ddof=1) / 3))
    low, high = np.quantile(t, [0.025, 0.975])
    error = stats.sem(values)
    found = seed_interval(values, rng())
    assert found.low[0] == pytest.approx(values.mean() - high * error, abs=0.15 * error)
    assert found.high[0] == pytest.approx(values.mean() - low * error, abs=0.15 * error)


def test_many_cells_are_as_each_alone():
    values = np.random.default_rng(3).normal(size=(7, 3))
    together = seed_interval(values, rng())
    for cell in range(3):
        alone = seed_interval(values[:, cell], rng())
        assert [a[0] for a in alone] == pytest.approx([t[cell] for t in together])


def test_ties_fall_back_to_students_t():
    found = seed_interval([1, 1, 1, 1, 2], rng())
    low, high = stats.t.interval(0.95, 4, 1.2, stats.sem([1, 1, 1, 1, 2]))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))


@given(arrays(float, st.integers(2, 12), elements=st.floats(0, 1).map(lambda v: round(v, 6))))
def test_an_interval_holds_its_mean_and_scales_with_its_values(values):
    found, doubled = seed_interval(values, rng()), seed_interval(2 * values + 1, rng())
    assert found.low[0] <= found.mean[0] + 1e-12
    assert found.mean[0] <= found.high[0] + 1e-12
    for one, two in zip(found, doubled, strict=True):
        shift = 0 if one is found.sd else 1
        assert two[0] == pytest.approx(2 * one[0] + shift, rel=1e-6, abs=1e-9)


def test_one_seed_has_no_spread_and_equal_seeds_have_none():
    one = seed_interval([0.4], rng())
    assert one.mean[0] == 0.4
    assert np.isnan([one.sd[0], one.low[0], one.high[0]]).all()
    same = seed_interval([0.1] * 6, rng())
    assert same.sd[0] == 0
    assert same.low[0] == same.high[0] == pytest.approx(0.1)


@pytest.mark.parametrize("values", [[], [1, np.nan], [np.inf, 1], np.zeros((2, 2, 2))])
def test_what_is_no_list_of_seeds_is_refused(values):
    with pytest.raises(ShapeError, match="finite"):
        seed_interval(values, rng())


@pytest.mark.parametrize("level", [0, 1, -1, float("nan")])
def test_a_level_is_a_share(level):
    with pytest.raises(ShapeError, match="between 0 and 1"):
        seed_interval([1, 2], rng(), level)


def covers(n, draws):
    """Return the share of repeated experiments whose interval holds the true mean, 0."""
    source = np.random.default_rng(n)
    found = seed_interval(source.normal(size=(n, draws)), rng())
    return np.mean((found.low <= 0) & (found.high >= 0))


@pytest.mark.parametrize("n", [3, 5])
def test_intervals_cover_at_their_stated_rate(n):
    assert covers(n, 400) == pytest.approx(0.95, abs=0.033)  # three standard errors of 400 draws


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 8, 12, 20])
def test_intervals_cover_at_their_stated_rate_in_2000_draws(n):
    assert covers(n, 2000) == pytest.approx(0.95, abs=0.015)
