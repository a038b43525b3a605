import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.acquisition import softmax_score
from workbench.errors import ConfigError, ScoreError, ShapeError
from workbench.metrics import (
    SYNTHETIC_KINDS,
    EntropyHistogram,
    entropy_distribution,
    synthetic_logits,
)


def pool(kind="rivals", count=4000, classes=19, seed=0, **options):
    return synthetic_logits(kind, count, classes, np.random.default_rng(seed), **options)


def odin(logits, temperatures):
    scores = {t: softmax_score(logits, "least_confidence", t) for t in temperatures}
    return entropy_distribution(softmax_score(logits, "entropy"), scores)


# the curves


def test_a_curve_worked_by_hand():
    found = entropy_distribution([0.3, 0.1, 0.2, 0.4], {"margin": [0.0, 1.0, 3.0, 4.0]})
    np.testing.assert_allclose(found.entropy, [0.1, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(found.share, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.fractions["margin"], [0, 1 / 8, 4 / 8, 4 / 8, 1])
    np.testing.assert_allclose(found.fractions["entropy"], [0, 0.1, 0.3, 0.6, 1])
    assert found.means == {"margin": 2.0, "entropy": pytest.approx(0.25)}
    assert found.pixels == 4
    # |differences| 0, .025, .2, -.1, 0: a crossing a third of the way back from the fourth
    assert found.distance("margin") == pytest.approx(
        (0.025 / 2 + 0.225 / 2 + (0.2**2 + 0.1**2) / (2 * 0.3) + 0.1 / 2) / 4
    )
    assert found.half_share("entropy") == pytest.approx(1 - (0.5 + 0.25 * 2 / 3))


def test_pixels_of_equal_entropy_are_one_straight_step_in_any_order():
    entropy, score = np.array([0.5, 0.1, 0.5, 0.5]), np.array([3.0, 1.0, 0.0, 6.0])
    found = entropy_distribution(entropy, {"s": score})
    again = entropy_distribution(entropy[::-1], {"s": score[::-1]})
    np.testing.assert_allclose(found.fractions["s"], [0, 0.1, 1])
    np.testing.assert_array_equal(found.fractions["s"], again.fractions["s"])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(sorted(SYNTHETIC_KINDS)))
def test_curves_rise_from_0_to_1_and_entropys_own_is_convex(seed, kind):
    found = odin(pool(kind, 200, 5, seed), (0.01, 1, 1000))
    for values in (found.share, *found.fractions.values()):
        assert values[0] == 0
        assert values[-1] == pytest.approx(1)
        assert (np.diff(values) >= 0).all()
    slopes = np.diff(found.fractions["entropy"]) / np.diff(found.share)
    assert (np.diff(slopes) >= -1e-9).all()
    assert (found.fractions["entropy"] <= found.share + 1e-12).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), images=st.integers(1, 4), bins=st.integers(1, 300))
def test_the_streamed_histogram_has_the_exact_curves_corners(seed, images, bins):
    logits = pool("independent", 60 * images, 4, seed)
    entropy, score = softmax_score(logits, "entropy"), softmax_score(logits, "margin")
    exact = entropy_distribution(entropy, {"margin": score})
    histogram = EntropyHistogram(np.log(4), bins)
    for part in np.array_split(np.arange(len(entropy)), images):
        histogram.add(entropy[part], {"margin": score[part]})
    streamed = histogram.distribution()
    assert streamed.pixels == exact.pixels
    assert streamed.means["margin"] == pytest.approx(exact.means["margin"])
    for name in ("margin", "entropy"):
        expected = np.interp(streamed.share, exact.share, exact.fractions[name])
        np.testing.assert_allclose(streamed.fractions[name], expected, atol=1e-9)
    at_edges = [(entropy <= edge + 1e-9).mean() for edge in streamed.entropy[1:]]
    np.testing.assert_allclose(streamed.share[1:], at_edges)
    below = np.interp(streamed.entropy[1:], np.sort(entropy), np.arange(1, len(entropy) + 1))
    assert (below / len(entropy) >= streamed.share[1:] - 1e-9).all()


def test_thinning_keeps_ends_and_hardly_moves_the_curves():
    whole = odin(pool(), (0.1, 1, 10))
    thin = whole.thinned(300)
    assert len(thin.share) <= 600
    for name, values in whole.fractions.items():
        assert (thin.fractions[name][0], thin.fractions[name][-1]) == (0, values[-1])
        moved = np.interp(whole.share, thin.share, thin.fractions[name]) - values
        assert np.abs(moved).max() < 0.02
        assert thin.distance(name) == pytest.approx(whole.distance(name), abs=1e-3)


def test_thinned_corners_are_even_in_share_and_in_entropy():
    """Most pixels are certain: without places even in entropy, few corners lie among the rest."""
    entropy = np.concatenate([np.linspace(0.5, 0.6, 900), np.linspace(0.7, 2.0, 100)])
    whole = entropy_distribution(entropy, {})
    thin = whole.thinned(21)
    assert np.isin(thin.entropy, whole.entropy).all()
    assert (thin.entropy[0], thin.entropy[-1]) == (0.5, 2.0)
    assert np.diff(thin.share).max() <= 1 / 20 + 1 / 1000
    assert np.diff(thin.entropy).max() <= 1.5 / 20 + 0.1  # a gap of 0.1 is in the pixels
    even = whole.entropy[np.searchsorted(whole.entropy, 0.5 + 1.5 * np.arange(21) / 20)]
    assert np.isin(even, thin.entropy).all()
    assert 21 <= len(thin.share) <= 42
    few = entropy_distribution([0.1, 0.2, 0.3], {}).thinned(400)
    np.testing.assert_allclose(few.share, [0, 1 / 3, 2 / 3, 1])


def test_a_score_that_is_zero_everywhere_has_no_curve():
    found = entropy_distribution([0.1, 0.2], {"votes": [0.0, 0.0]})
    assert np.isnan(found.fractions["votes"]).all()
    assert np.isnan(found.distance("votes"))
    assert np.isnan(found.half_share("votes"))
    assert found.means["votes"] == 0


def test_half_of_the_sum_lies_in_half_of_the_pixels_where_all_count_alike():
    found = entropy_distribution(np.arange(100), {"even": np.ones(100)})
    assert found.half_share("even") == pytest.approx(0.5)
    assert found.half_share("entropy") == pytest.approx(0.29, abs=0.01)  # 1 − √½


def test_what_cannot_be_added_up_is_refused():
    with pytest.raises(ShapeError, match="margin has 3 pixels"):
        entropy_distribution([0.1, 0.2], {"margin": [1, 2, 3]})
    with pytest.raises(ScoreError, match="margin holds"):
        entropy_distribution([0.1, 0.2], {"margin": [1, -2]})
    with pytest.raises(ScoreError, match="entropy holds"):
        entropy_distribution([0.1, np.nan], {})
    with pytest.raises(ShapeError, match="at least one pixel"):
        EntropyHistogram(1.0).distribution()
    histogram = EntropyHistogram(1.0)
    histogram.add([0.1], {"margin": [1]})
    with pytest.raises(ShapeError, match="same scores"):
        histogram.add([0.1], {})


# synthetic pools


@pytest.mark.parametrize("kind", SYNTHETIC_KINDS)
@pytest.mark.parametrize("classes", [3, 19])
def test_pools_are_seeded_and_skewed_to_low_entropy(kind, classes):
    logits = pool(kind, classes=classes)
    np.testing.assert_array_equal(logits, pool(kind, classes=classes))
    entropy = softmax_score(logits, "entropy")
    assert np.median(entropy) < entropy.mean() < 0.3 * np.log(classes)
    assert entropy.max() > 0.5 * np.log(classes)
    assert len(np.unique(logits.argmax(axis=1))) == classes


def test_rivals_lie_below_the_likeliest_class_by_exponential_gaps():
    from workbench.metrics._synthetic_softmax import _GAP, _THIRD_SHARE

    high = np.sort(pool("rivals", 20_000, rise=1000.0), axis=1)[:, ::-1]
    high = high[high[:, 1] > 500]  # distributions at a boundary
    three = high[:, 2] > 500
    assert three.mean() == pytest.approx(_THIRD_SHARE, abs=0.03)
    two_gaps, three_gaps = high[~three, :1] - high[~three, 1:2], high[three, :1] - high[three, 1:3]
    assert two_gaps.mean() == pytest.approx(_GAP, rel=0.06)
    assert three_gaps.mean() == pytest.approx(_GAP, rel=0.06)
    assert three_gaps.min(axis=1).mean() == pytest.approx(_GAP / 2, rel=0.08)


def test_pools_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="rivals"):
        pool("rival")
    with pytest.raises(ShapeError, match="at least three"):
        pool(classes=2)


# what the paper finds in Figs. 4 and 5


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", SYNTHETIC_KINDS)
def test_the_uncertainty_measures_lie_close_together(kind, seed):
    logits = pool(kind, seed=seed)
    scores = {name: softmax_score(logits, name) for name in ("least_confidence", "margin")}
    scores |= {t: softmax_score(logits, "least_confidence", t) for t in (0.01, 0.1, 10, 100, 1000)}
    found = entropy_distribution(softmax_score(logits, "entropy"), scores)
    close = max(found.distance("least_confidence"), found.distance("margin"))
    assert close < 0.08
    assert close < min(found.distance(t) for t in (0.01, 0.1, 10, 100, 1000))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_odin_at_10_is_further_from_entropy_than_at_100_where_rivals_leave_the_rest_behind(seed):
    """The paper's finding, by the area between the curves."""
    found = odin(pool("rivals", seed=seed), (1, 10, 100, 1000))
    assert found.distance(10) > found.distance(100) + 0.003
    assert found.distance(100) > found.distance(1) + 0.2
    assert found.half_share(10) > 0.5, "certain pixels hold more of its sum than uncertain ones"


@pytest.mark.parametrize(("kind", "options"), [("independent", {}), ("rivals", {"rise": 0.0})])
def test_odin_at_10_lies_between_1_and_100_where_the_rest_is_no_farther_away(kind, options):
    """Where ours differs from the paper: skewed to low entropy, but in order of temperature."""
    found = odin(pool(kind, **options), (1, 10, 100, 1000))
    assert found.distance(1) < found.distance(10) < found.distance(100) < found.distance(1000)


@pytest.mark.parametrize(("kind", "rise"), [("rivals", 10.0), ("rivals", 0.0), ("independent", 0)])
def test_the_side_is_that_of_the_largest_logit_over_the_mean(kind, rise):
    """Large T: the curve leaves the diagonal by 1/T, to the side of cov(entropy, max − mean)."""
    logits = pool(kind, rise=rise)
    above = logits.max(axis=1) - logits.mean(axis=1)
    place = softmax_score(logits, "entropy").argsort().argsort()
    side = np.sign(np.cov(place, above)[0, 1])
    found = odin(logits, (100, 1000))
    area = {t: np.trapezoid(found.fractions[t] - found.share, found.share) for t in (100, 1000)}
    assert np.sign(area[100]) == np.sign(area[1000]) == side
    assert area[100] / area[1000] == pytest.approx(10, rel=0.15)
