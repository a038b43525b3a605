"""Values worked out by hand, and the formulas written out pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from workbench.acquisition import (
    ACQUISITIONS,
    entropy,
    least_confidence,
    margin,
    mutual_information,
    total_entropy,
    variance,
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
}


@pytest.mark.parametrize("name", ACQUISITIONS.names())
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


def test_a_probability_of_zero_adds_nothing():
    assert value(entropy, [1, 0, 0]) == 0


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
