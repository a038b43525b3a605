"""Pairs of methods seed by seed, on made-up curves."""

import numpy as np
import pytest
from scipy import stats

from tests.figures.made_curves import measured
from workbench.figures._judged import floors, judged, notes
from workbench.figures._pairs import of_pairs, over_budgets
from workbench.figures._seed_curves import seed_curves
from workbench.metrics import alc, holm

PAIR = {("b", "a"): ""}


def curves_of(full=None, nominal=None, **curves):
    return seed_curves(measured(curves, nominal), "miou", 100, full)


def noisy(seed, seeds=6, cycles=4, rise=0.0):
    return 0.5 + rise + np.random.default_rng(seed).normal(0, 0.02, (seeds, cycles))


def test_differences_are_of_the_seeds_that_both_have():
    a, b = noisy(1), noisy(2)
    b[[0, 3], 3] = np.nan
    table = of_pairs(curves_of(a=a, b=b), PAIR, 3)
    row = table.set_index("measure").loc["value"]
    both = [1, 2, 4, 5]
    assert row["seeds"] == 4
    assert row["difference"] == pytest.approx((b - a)[both, 3].mean())
    ends = stats.t.interval(0.95, 3, row["difference"], stats.sem((b - a)[both, 3]))
    assert (row["low"], row["high"]) == pytest.approx(ends)
    assert row["most"] == pytest.approx(np.abs((b - a)[both, 3]).max())


def test_one_row_each_pair_and_budget_also_where_seeds_differ():
    a, b = noisy(1), noisy(2)
    b[2, 2:] = np.nan
    table = over_budgets(curves_of(a=a, b=b), PAIR).set_index("cycle")
    assert table["seeds"].to_dict() == {0: 6, 1: 6, 2: 5, 3: 5}
    assert table.loc[1, "difference"] == pytest.approx((b - a)[:, 1].mean())
    assert table.loc[3, "difference"] == pytest.approx(np.delete(b - a, 2, axis=0)[:, 3].mean())
    assert table["p_holm"].to_numpy() == pytest.approx(holm(table["p"].to_numpy()))


def test_a_budget_at_which_no_seed_differs_is_no_test():
    a, b = noisy(1), noisy(2)
    b[:, 0] = a[:, 0]
    table = over_budgets(curves_of(a=a, b=b), PAIR).set_index("cycle")
    assert np.isnan(table.loc[0, "p"])
    assert set(table["tests"]) == {3}


def test_replays_are_no_tests_and_give_the_floor():
    a, b = noisy(1), noisy(2)
    again = a[:1] + np.array([0, 0.003, -0.004, 0.001])
    pairs = {("a2", "a"): "replay", ("b", "a"): ""}
    curves = curves_of(a=a, b=b, a2=again)
    table, budgets = of_pairs(curves, pairs, 3), over_budgets(curves, pairs)
    assert floors(table, budgets)["value"] == pytest.approx(0.004)
    assert table.query("first == 'a2'")["p_holm"].isna().all()
    assert set(table["tests"]) == {1}
    assert np.isnan(floors(*(t.query("first == 'b'") for t in (table, budgets)))["value"])


def test_auc_is_that_of_mittal_et_al_and_alc_that_of_the_mean_curve():
    flat = np.full((3, 5), 0.6842)
    found = curves_of(a=flat).measured("a", "auc", 4)
    assert found.to_list() == pytest.approx([27.368] * 3)
    shares = 0.02 * np.arange(1, 6)
    half = curves_of(a=np.full((1, 5), 0.77), nominal=shares).measured("a", "auc", 4)
    assert round(half[0], 2) == 6.16
    a = noisy(3) + np.linspace(0, 0.1, 4)
    areas = curves_of(0.7, a=a).measured("a", "alc", 3)
    assert areas.mean() == pytest.approx(alc([10, 20, 30, 40], a.mean(axis=0), 0.7))


@pytest.mark.parametrize("full", [0.1, 0.2])
def test_a_curve_that_starts_no_lower_than_the_whole_pool_has_no_alc(full):
    """Its divisor would be negative, and the worse method would have the larger area."""
    a, b = np.array([[0.2, 0.5, 0.6]]), np.array([[0.05, 0.5, 0.6]])
    curves = curves_of(full, a=a, b=b)
    assert curves.measured("a", "alc", 2).empty
    assert len(curves.measured("b", "alc", 2)) == 1
    told = notes(of_pairs(curves, {}, 2), np.nan, curves, ("a", "b"), 2)
    assert [n for n in told if n.startswith("No ALC of a:")]


def test_without_a_whole_pool_there_is_no_alc_and_in_clicks_no_auc():
    curves = curves_of(a=noisy(1), b=noisy(2), nominal=np.full(4, np.nan))
    assert set(of_pairs(curves, PAIR, 3)["measure"]) == {"value"}


def differs(seed, seeds=8, cycles=5):
    """Return whether two alike methods are called different at any budget."""
    curves = curves_of(a=noisy(2 * seed, seeds, cycles), b=noisy(2 * seed + 1, seeds, cycles))
    table = judged(over_budgets(curves, PAIR).assign(floor=np.nan))
    return bool(table["verdict"].isin(["better", "worse"]).any())


def test_alike_methods_are_rarely_called_different():
    assert sum(differs(seed) for seed in range(40)) <= 5  # 2 expected; more than 5: 1 in 70


@pytest.mark.slow
def test_of_200_alike_pairs_with_8_seeds_at_most_the_stated_share_is_called_different():
    found = sum(differs(1000 + seed) for seed in range(200))
    assert stats.binom.sf(found - 1, 200, 0.05) > 0.01
    assert found <= 0.05 * 200 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_a_clear_difference_is_called_one():
    curves = curves_of(a=noisy(1, 8), b=noisy(2, 8, rise=0.2))
    table = judged(over_budgets(curves, PAIR).assign(floor=np.nan))
    assert set(table["verdict"]) == {"better"}
