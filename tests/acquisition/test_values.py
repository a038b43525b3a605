"""Values worked out by hand, and the formulas written out pixel by pixel."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from torch.testing import assert_close

from workbench.acquisition import (
    ACQUISITIONS,
    bvsb_ratio,
    entropy,
    expected_entropy,
    least_confidence,
    margin,
    mutual_information,
    one_vs_rest_entropy,
    ripu,
    total_entropy,
    variance,
    variation_ratio,
    vote_entropy,
)
from workbench.errors import ShapeError
from workbench.types import Committee


def pixel(*members):
    """A committee of one pixel; each member is a list of class probabilities."""
    probs = torch.tensor(members, dtype=torch.float64)
    return Committee.from_members(probs[:, None, :, None, None])


def value(function, *members):
    return function(pixel(*members)).item()


def test_uniform_gives_log_of_the_classes():
    assert value(entropy, [0.25] * 4) == pytest.approx(math.log(4))
    assert value(least_confidence, [0.25] * 4) == pytest.approx(0.75)
    assert value(margin, [0.25] * 4) == pytest.approx(1)


def test_half_and_half_gives_log_two():
    assert value(entropy, [0.5, 0.5, 0]) == pytest.approx(math.log(2))
    assert value(least_confidence, [0.5, 0.5, 0]) == pytest.approx(0.5)


def test_margin_is_one_minus_the_gap():
    assert value(margin, [0.1, 0.6, 0.3]) == pytest.approx(0.7)


def test_certain_members_that_disagree_are_pure_disagreement():
    split = [1, 0, 0], [0, 1, 0]
    assert value(mutual_information, *split) == pytest.approx(math.log(2))
    assert value(vote_entropy, *split) == pytest.approx(math.log(2))
    assert value(total_entropy, *split) == 0
    assert value(variance, *split) == pytest.approx((0.25 + 0.25) / 3)


def test_uncertain_members_that_agree_do_not_disagree():
    same = [0.5, 0.5], [0.5, 0.5]
    assert value(mutual_information, *same) == 0
    assert value(vote_entropy, *same) == 0
    assert value(variance, *same) == 0
    assert value(total_entropy, *same) == pytest.approx(2 * math.log(2))


def _plain_entropy(p):
    return -sum(x * math.log(x) for x in p if x > 0)


NAIVE = {
    "entropy": lambda m: _plain_entropy(m.mean(0)),
    "least_confidence": lambda m: 1 - max(m.mean(0)),
    "margin": lambda m: 1 - (np.sort(m.mean(0))[-1] - np.sort(m.mean(0))[-2]),
    "total_entropy": lambda m: sum(map(_plain_entropy, m)),
    "mutual_information": lambda m: (
        _plain_entropy(m.mean(0)) - sum(map(_plain_entropy, m)) / len(m)
    ),
    "vote_entropy": lambda m: _plain_entropy(
        np.bincount(m.argmax(1), minlength=m.shape[1]) / len(m)
    ),
    "variance": lambda m: m.var(axis=0).mean(),
    "deviation": lambda m: m.std(axis=0).mean(),
    "expected_entropy": lambda m: sum(map(_plain_entropy, m)) / len(m),
    "variation_ratio": lambda m: 1 - np.bincount(m.argmax(1)).max() / len(m),
    "bvsb_ratio": lambda m: np.sort(m.mean(0))[-2] / np.sort(m.mean(0))[-1],
    "one_vs_rest_entropy": lambda m: sum(_plain_entropy([p, 1 - p]) for p in m.mean(0)),
}


def _naive_ripu(probs, radius):
    """Every window by hand: (T, B, H, W, C) ► (B, H, W)."""
    mean = probs.mean(0)
    classes = mean.shape[-1]
    found = np.zeros(mean.shape[:3])
    for b, y, x in np.ndindex(found.shape):
        window = mean[b, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        pixels = window.reshape(-1, classes)
        share = np.bincount(pixels.argmax(1), minlength=classes) / len(pixels)
        found[b, y, x] = _plain_entropy(share) * np.mean([_plain_entropy(p) for p in pixels])
    return found


@pytest.mark.parametrize("name", sorted(set(ACQUISITIONS.names()) - {"ripu"}))
def test_equals_the_formula_written_out(name):
    rng = np.random.default_rng(5)
    probs = rng.dirichlet([0.4] * 5, (4, 2, 3, 4))  # members, images, rows, columns, classes
    found = ACQUISITIONS.bind(name).call(
        Committee.from_members(torch.from_numpy(probs).movedim(-1, 2))
    )
    expected = [
        [[NAIVE[name](probs[:, b, y, x]) for x in range(4)] for y in range(3)] for b in range(2)
    ]
    assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("radius", [1, 3])
def test_ripu_equals_every_window_by_hand(radius):
    probs = np.random.default_rng(6).dirichlet([0.4] * 3, (2, 2, 5, 6))
    committee = Committee.from_members(torch.from_numpy(probs).movedim(-1, 2))
    expected = torch.from_numpy(_naive_ripu(probs, radius))
    assert_close(ripu(committee, radius=radius), expected, atol=1e-12, rtol=1e-9)


def test_ripu_is_zero_inside_one_class():
    one = torch.full((1, 1, 3, 6, 6), 0.1)
    one[:, :, 1] = 0.8
    assert not ripu(Committee.from_members(one)).any()


def test_single_values_of_the_ratios():
    assert value(bvsb_ratio, [0.2, 0.8, 0]) == pytest.approx(0.25)
    assert value(variation_ratio, [1, 0, 0], [0, 1, 0], [1, 0, 0]) == pytest.approx(1 / 3)
    assert value(one_vs_rest_entropy, [0.5, 0.5]) == pytest.approx(2 * math.log(2))
    assert value(expected_entropy, [1, 0], [0.5, 0.5]) == pytest.approx(math.log(2) / 2)


def _members(seed=8):
    """(T, pixels, C) probabilities, and the committee of the same members."""
    probs = np.random.default_rng(seed).dirichlet([0.5] * 6, (5, 40))
    tensor = torch.from_numpy(probs).permute(0, 2, 1)[:, None, :, :, None]
    return probs, Committee.from_members(tensor)


def test_entropy_equals_scipy():
    probs, committee = _members()
    expected = scipy.stats.entropy(probs.mean(0), axis=-1)
    np.testing.assert_allclose(entropy(committee)[0, :, 0], expected, rtol=1e-9)


def test_mutual_information_is_scipys_mean_divergence_from_the_mean():
    probs, committee = _members()
    expected = scipy.stats.entropy(probs, probs.mean(0, keepdims=True), axis=-1).mean(0)
    np.testing.assert_allclose(mutual_information(committee)[0, :, 0], expected, rtol=1e-7)


def test_vote_entropy_equals_scipy():
    probs, committee = _members()
    votes = [np.bincount(pixel.argmax(-1), minlength=6) for pixel in probs.swapaxes(0, 1)]
    expected = scipy.stats.entropy(votes, axis=-1)
    np.testing.assert_allclose(vote_entropy(committee)[0, :, 0], expected, atol=1e-12)


def test_entropy_of_the_mean_is_what_is_shared_and_what_is_not():
    _, committee = _members()
    parts = expected_entropy(committee) + mutual_information(committee)
    assert_close(entropy(committee), parts)


def test_a_probability_of_zero_adds_nothing():
    assert value(entropy, [1, 0, 0]) == 0


OF_ONE_SOFTMAX = [entropy, least_confidence, margin, bvsb_ratio, one_vs_rest_entropy]


@pytest.mark.parametrize("function", OF_ONE_SOFTMAX)
def test_arrays_take_the_place_of_tensors(function):
    """What the figures compute, which have no torch, is what the scan computes."""
    logits = np.random.default_rng(4).normal(0, 6, (2, 7, 5, 3))
    probs = torch.from_numpy(logits).softmax(dim=1)
    seen = torch.ones(2, 1, 5, 3)
    expected = function(Committee(1, seen, probs))
    found = function(Committee(1, seen.numpy(), probs.numpy()))
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("function", OF_ONE_SOFTMAX)
def test_nearly_certain_pixels_keep_an_order(function):
    """One minus the largest value is 0 in float32 from P = 1 − 10⁻⁸ on, as in ODIN at T = 0.01."""
    doubts = torch.tensor([1e-8, 1e-12, 1e-20])
    probs = torch.stack([torch.ones(3), doubts, doubts / 2])[None, :, :, None]
    found = function(Committee(1, torch.ones(1, 1, 3, 1), probs))[0, :, 0]
    assert (found[:-1] > found[1:]).all()
    assert (found > 0).all()


def test_one_class_is_refused():
    one = Committee(1, torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    for function in (entropy, least_confidence, margin):
        with pytest.raises(ShapeError, match="at least two classes"):
            function(one)


@pytest.mark.parametrize(
    ("function", "lacking"),
    [(total_entropy, "mean_entropy"), (vote_entropy, "votes"), (variance, "mean_square_probs")],
)
def test_a_sum_that_was_not_kept_is_named(function, lacking):
    bare = Committee(1, torch.ones(1, 1, 2, 2), torch.full((1, 2, 2, 2), 0.5))
    with pytest.raises(ShapeError, match=lacking):
        function(bare)
