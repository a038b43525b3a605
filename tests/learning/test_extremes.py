"""The pixels of lowest and highest entropy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.learning._extremes import entropy, extremes


def test_entropy_of_known_softmaxes():
    logits = torch.log(
        torch.tensor([[0.5, 1 / 3, 1.0], [0.5, 1 / 3, 1e-30], [1e-30, 1 / 3, 1e-30]])
    )
    found = entropy(logits[None, :, None])  # (1, 3, 1, 3)
    assert found.flatten().tolist() == pytest.approx([math.log(2), math.log(3), 0], abs=1e-6)


def test_the_extremes_of_known_values():
    values = torch.tensor([0.1, 0.9, 0.5, 0.3, 0.7, 0.0])
    valid = torch.tensor([True] * 5 + [False])
    low, high = extremes(values, valid, 0.25)
    assert low.tolist() == [True, False, False, True, False, False]
    assert high.tolist() == [False, True, False, False, True, False]


@given(
    arrays(np.float32, st.integers(1, 40), elements=st.integers(0, 12).map(lambda n: n / 8)),
    st.floats(0, 1),
    st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_they_are_bounded_by_the_quantiles_of_the_valid_values(values, share, seed):
    valid = np.random.default_rng(seed).random(len(values)) < 0.8
    low, high = extremes(torch.from_numpy(values), torch.from_numpy(valid), share)
    if not valid.any():
        assert not low.any()
        assert not high.any()
        return
    chosen = values[valid].astype(np.float64)
    lower, upper = np.quantile(chosen, share), np.quantile(chosen, 1 - share)
    np.testing.assert_array_equal(low.numpy(), valid & (values <= lower))
    np.testing.assert_array_equal(high.numpy(), valid & (values >= upper))


def test_without_a_valid_value_nothing_is_extreme():
    low, high = extremes(torch.tensor([0.1, 0.9]), torch.tensor([False, False]), 0.5)
    assert low.tolist() == high.tolist() == [False, False]
