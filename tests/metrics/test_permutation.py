"""The paired permutation test, Holm's correction, and how many seeds are needed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from workbench.errors import ShapeError
from workbench.metrics import (
    ALPHA,
    POWER,
    fewest_seeds,
    holm,
    least_p,
    paired_permutation_test,
    seeds_needed,
)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_equal_to_scipy(n):
    differences = np.random.default_rng(n).normal(0.5, 1, (n, 6))
    found = paired_permutation_test(differences, rng())
    for cell in range(6):
        theirs = stats.permutation_test(
            (differences[:, cell],),
            lambda x, axis: x.mean(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=np.inf,
        )
        assert found.p[cell] == pytest.approx(theirs.pvalue)
    assert found.error == 0


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=7))
def test_equal_to_counting_every_choice_of_signs(differences):
    d = np.array(differences)
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((1, -1), repeat=len(d))]
    expected = np.mean([total >= abs(d.sum()) for total in sums])
    assert paired_permutation_test(d / 10, rng()).p[0] == pytest.approx(expected)


def test_the_least_p_is_that_of_one_sign():
    for n in (1, 3, 5, 6, 8):
        assert paired_permutation_test(np.arange(1, n + 1), rng()).p[0] == least_p(n)
    assert least_p(3) == 0.25


def test_many_seeds_are_drawn_with_a_stated_error():
    differences = np.random.default_rng(4).normal(0.35, 1, 17)
    found = paired_permutation_test(differences, rng())
    assert 0 < found.error < 0.002
    theirs = stats.permutation_test(
        (differences,),
        lambda x, axis: x.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert found.p[0] == pytest.approx(theirs.pvalue, abs=4 * found.error)
    assert paired_permutation_test(np.ones(40), rng()).p[0] > 0


@pytest.mark.parametrize("differences", [[], [1, np.nan], np.zeros((1, 1, 1))])
def test_what_is_no_list_of_differences_is_refused(differences):
    with pytest.raises(ShapeError, match="finite"):
        paired_permutation_test(differences, rng())


def test_the_fewest_seeds_are_those_whose_least_p_is_low_enough():
    for tests in (1, 2, 3, 10, 325):
        n = fewest_seeds(tests)
        assert least_p(n) <= ALPHA / tests < least_p(n - 1)
    assert fewest_seeds() == 6


def test_holm_is_equal_to_statsmodels():
    for seed in range(5):
        p = np.random.default_rng(seed).random(12) ** 3
        p[3] = p[7]
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_steps_down():
    # 0.01 × 3 = 0.03; 0.03 × 2 = 0.06; 0.04 × 1 is raised to what came before it
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([np.nan, 0.02]) == pytest.approx([np.nan, 0.02], nan_ok=True)
    assert len(holm([])) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_between_no_correction_and_bonferronis(p):
    corrected = holm(p)
    assert (corrected >= np.array(p) - 1e-12).all()
    assert (corrected <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()


@pytest.mark.parametrize("p", [[-0.1], [1.1], [[0.5]]])
def test_holm_wants_p_values(p):
    with pytest.raises(ShapeError, match="between 0 and 1"):
        holm(p)


@pytest.mark.parametrize(("mean", "sd", "tests"), [(1.8, 1.5, 1), (0.5, 1, 1), (0.5, 1, 10)])
def test_the_seeds_that_are_needed_have_the_stated_power(mean, sd, tests):
    n = seeds_needed(mean, sd, tests)
    power = TTestPower().power
    assert power(mean / sd, n, ALPHA / tests) >= POWER > power(mean / sd, n - 1, ALPHA / tests)
    assert seeds_needed(-mean, sd, tests) == n


def test_clear_differences_need_what_the_test_needs_and_none_needs_too_many():
    assert seeds_needed(1, 0) == seeds_needed(1, 1e-6) == fewest_seeds()
    assert seeds_needed(0, 1) is None
    assert seeds_needed(0.01, 1) is None


@pytest.mark.parametrize(("mean", "sd"), [(np.nan, 1), (1, np.nan), (1, -1)])
def test_seeds_needed_wants_finite_numbers(mean, sd):
    with pytest.raises(ShapeError):
        seeds_needed(mean, sd)
