import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.acquisition import ACQUISITIONS, SOFTMAX_ACQUISITIONS, softmax_of, softmax_score
from workbench.committees import RunningSums
from workbench.errors import ConfigError, ScoreError, ShapeError


def torch_score(name, logits, temperature):
    """Score (N, C) logits as the scan does: a committee of one member at a temperature."""
    sums = RunningSums({"mean_entropy"})
    sums.add(torch.from_numpy(logits).T[None, :, :, None].contiguous(), temperature=temperature)
    return ACQUISITIONS.bind(name).call(sums.committee())[0, :, 0].numpy()


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0])
@pytest.mark.parametrize("name", SOFTMAX_ACQUISITIONS)
def test_equals_the_torch_form_at_every_temperature(name, temperature):
    logits = np.random.default_rng(1).normal(0, 6, (500, 11))
    found = softmax_score(logits, name, temperature)
    np.testing.assert_allclose(found, torch_score(name, logits, temperature), atol=1e-12)


def test_a_function_meets_a_committee_of_one_member_that_saw_every_distribution(monkeypatch):
    met = []
    bound = ACQUISITIONS.bind("entropy")
    monkeypatch.setattr(
        type(bound), "call", lambda self, committee: met.append(committee) or np.zeros((1, 6, 1))
    )
    assert softmax_score(np.zeros((2, 3, 4)), "entropy").shape == (2, 3)
    (committee,) = met
    assert committee.n == 1
    np.testing.assert_array_equal(committee.count, np.ones((1, 1, 6, 1)))
    np.testing.assert_array_equal(committee.mean_probs, np.full((1, 4, 6, 1), 0.25))


def test_every_acquisition_function_of_one_softmax_is_there():
    """RIPU looks at the pixels around, the others at several members."""
    assert "margin" in SOFTMAX_ACQUISITIONS
    of_softmax = [entry.name for entry in ACQUISITIONS if not entry.needs]
    assert sorted(SOFTMAX_ACQUISITIONS) == sorted(set(of_softmax) - {"ripu"})


def test_known_values():
    half = np.log([0.5, 0.5, 1e-300])
    assert softmax_score(half, "entropy") == pytest.approx(np.log(2))
    assert softmax_score(half, "least_confidence") == pytest.approx(0.5)
    assert softmax_score(half, "margin") == pytest.approx(1.0)
    assert softmax_score(half, "bvsb_ratio") == pytest.approx(1.0)
    assert softmax_score(half, "one_vs_rest_entropy") == pytest.approx(2 * np.log(2))
    with np.errstate(divide="ignore"):
        certain = np.log([1.0, 0.0, 0.0])
    assert [softmax_score(certain, name) for name in SOFTMAX_ACQUISITIONS] == [0.0] * 5


@pytest.mark.parametrize("name", SOFTMAX_ACQUISITIONS)
def test_the_uniform_distribution_scores_the_entrys_upper(name):
    found = softmax_score(np.zeros((2, 7)), name)
    np.testing.assert_allclose(found, ACQUISITIONS.entry(name).upper(7, 1))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    temperature=st.sampled_from([0.01, 0.5, 1.0, 10.0, 1000.0]),
    shift=st.floats(-50, 50),
)
def test_log_probabilities_are_logits_up_to_a_constant(seed, temperature, shift):
    """What lets ODIN be had from a stored softmax: softmax(ln P / T) = softmax(f / T)."""
    logits = np.random.default_rng(seed).normal(0, 5, (20, 4))
    direct = softmax_of(logits, temperature)
    again = softmax_of(np.log(softmax_of(logits)) + shift, temperature)
    np.testing.assert_allclose(again, direct, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(direct.sum(axis=-1), 1.0)


def test_a_small_temperature_does_not_round_least_confidence_to_zero():
    found = softmax_score([0.5, 0.0, 0.0], "least_confidence", 0.01)
    assert found == pytest.approx(2 * np.exp(-50), rel=1e-6)


def test_a_large_temperature_ranks_by_the_largest_logit_over_the_mean():
    """1 − max P = 1 − 1/C − (max f − mean f) / (C · T) + O(1/T²)."""
    logits = np.random.default_rng(3).normal(0, 4, (200, 11))
    above = logits.max(axis=1) - logits.mean(axis=1)
    expected = 1 - 1 / 11 - above / (11 * 1e5)
    found = softmax_score(logits, "least_confidence", 1e5)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_what_is_no_distribution_is_refused():
    with pytest.raises(ShapeError, match="at least 2"):
        softmax_of([[1.0]])
    with pytest.raises(ScoreError, match="NaN"):
        softmax_of([0.0, np.nan])
    with pytest.raises(ScoreError, match="every class"):
        softmax_of([-np.inf, -np.inf])
    with pytest.raises(ScoreError, match="above 0"):
        softmax_of([0.0, 1.0], 0.0)
    with pytest.raises(ConfigError, match="entropi"):
        softmax_score([0.0, 1.0], "entropi")
