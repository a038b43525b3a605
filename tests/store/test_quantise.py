"""Score maps in whole numbers: how much is lost, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau

from workbench.errors import ScoreError, ShapeError
from workbench.store.quantise import quantise, restore, to_8bit

finite = st.floats(-1e6, 1e6, width=32)
score_maps = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=finite)


@settings(max_examples=200, deadline=None)
@given(score_map=score_maps, bits=st.sampled_from([8, 16, None]))
def test_error_is_at_most_half_a_step(score_map, bits):
    codes, low, high = quantise(score_map, "a map", bits)
    step = (high - low) / np.iinfo(codes.dtype).max
    rounding = np.spacing(np.float32(max(abs(low), abs(high))))  # what is read back is float32
    error = np.abs(restore(codes, low, high).astype(np.float64) - score_map)
    assert error.max() <= step / 2 * (1 + 1e-6) + rounding


@settings(max_examples=100, deadline=None)
@given(score_map=score_maps)
def test_extremes_and_order_are_kept(score_map):
    codes, low, high = quantise(score_map, "a map")
    back = restore(codes, low, high)
    assert (low, high) == (score_map.min(), score_map.max())
    assert back.dtype == np.float32
    assert (back.min(), back.max()) == (np.float32(low), np.float32(high))
    order = np.argsort(score_map, axis=None, kind="stable")
    assert (np.diff(codes.ravel()[order].astype(np.int64)) >= 0).all()


def test_16_bits_where_8_would_leave_few_levels():
    rng = np.random.default_rng(0)
    crowded = rng.uniform(0.500, 0.501, (40, 40)).astype(np.float32)
    crowded[0, 0] = 1.0  # one outlier takes the range
    assert quantise(crowded, "a map")[0].dtype == np.uint16
    assert quantise(rng.random((40, 40)).astype(np.float32), "a map")[0].dtype == np.uint8


def test_a_map_of_few_values_loses_nothing_in_8_bits():
    votes = np.array([[0.0, 0.25], [0.5, 1.0]], np.float32)
    for score_map in (votes, np.full((3, 3), 0.7, np.float32)):
        codes, low, high = quantise(score_map, "a map")
        assert codes.dtype == np.uint8
        np.testing.assert_allclose(restore(codes, low, high), score_map, atol=1 / 510)


def test_8_bits_for_display_are_on_the_same_range():
    score_map = np.linspace(0, 1, 1200, dtype=np.float32).reshape(30, 40)
    coarse, _, _ = quantise(score_map, "a map", 8)
    fine, low, high = quantise(score_map, "a map", 16)
    assert np.abs(to_8bit(fine).astype(int) - coarse.astype(int)).max() <= 1
    assert (to_8bit(fine).min(), to_8bit(fine).max(), low, high) == (0, 255, 0.0, 1.0)


@pytest.mark.parametrize("scale", [1.0, 5.0, 20.0])
def test_unit_scores_of_the_cache_rank_as_the_exact_ones(scale):
    """Kendall's τ of unit means, for undecided and for very certain networks (DESIGN 7)."""
    rng = np.random.default_rng(3)
    exact, cached = [], []
    for _ in range(20):
        coarse = rng.normal(0, scale, (5, 6, 8)) * rng.gamma(2, 0.7)
        logits = coarse.repeat(10, 1).repeat(10, 2) + rng.normal(0, 0.1, (5, 60, 80))
        probs = np.exp(logits - logits.max(0))
        probs /= probs.sum(0)
        entropy = -(probs * np.log(np.maximum(probs, 1e-30))).sum(0).astype(np.float32)
        back = restore(*quantise(entropy, "a map"))
        for whole, part in ((entropy, exact), (back, cached)):
            part.append(whole.reshape(4, 15, 4, 20).mean((1, 3), dtype=np.float64).ravel())
    assert kendalltau(np.concatenate(exact), np.concatenate(cached)).statistic >= 0.99


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_by_name(bad):
    score_map = np.zeros((4, 4), np.float32)
    score_map[2, 1] = bad
    with pytest.raises(ScoreError, match="entropy map of image 'a/b'"):
        quantise(score_map, "The entropy map of image 'a/b'")


def test_what_is_no_map_is_refused():
    with pytest.raises(ShapeError, match=r"wanted a map"):
        quantise(np.zeros((0, 3), np.float32), "A map")
