"""Holds for every registered acquisition function, by its registration."""

import copy
import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from workbench.acquisition import ACQUISITIONS
from workbench.types import Committee

NAMES = ACQUISITIONS.names()


def members(seed, n=3, batch=2, classes=4, size=(5, 6), sharpness=3.0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, sharpness, (n, batch, classes, *size))
    return torch.from_numpy(logits).float().softmax(dim=2)


def score(name, probs):
    return ACQUISITIONS.bind(name).call(Committee.from_members(probs))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 5),
    classes=st.integers(2, 6),
    sharpness=st.sampled_from([0.0, 0.1, 3.0, 200.0]),
)
def test_stays_in_its_stated_range(name, seed, n, classes, sharpness):
    entry = ACQUISITIONS.entry(name)
    found = score(name, members(seed, n, 1, classes, sharpness=sharpness))
    assert found.shape == (1, 5, 6)
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    assert found.min() >= entry.lower - 1e-6
    assert found.max() <= entry.upper(classes, n) + 1e-5


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_names_of_classes_do_not_matter(name, seed):
    probs = members(seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(probs.shape[2]))
    assert_close(score(name, probs), score(name, probs[:, :, order]), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_images_of_a_batch_do_not_meet(name):
    probs = members(0)
    one_by_one = torch.cat([score(name, probs[:, i : i + 1]) for i in range(2)])
    assert torch.equal(score(name, probs), one_by_one)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_the_committee_as_it_was(name):
    committee = Committee.from_members(members(1))
    before = copy.deepcopy(committee)
    ACQUISITIONS.bind(name).call(committee)
    for field in ("count", "mean_probs", "mean_entropy", "votes", "mean_square_probs"):
        assert torch.equal(getattr(committee, field), getattr(before, field))


@pytest.mark.parametrize("name", NAMES)
def test_reads_no_more_than_its_entry_says(name):
    whole = Committee.from_members(members(2))
    needs = ACQUISITIONS.entry(name).needs
    lean = Committee(
        whole.n, whole.count, whole.mean_probs, **{need: getattr(whole, need) for need in needs}
    )
    call = ACQUISITIONS.bind(name).call
    assert torch.equal(call(lean), call(whole))


@pytest.mark.parametrize("name", NAMES)
def test_a_certain_unanimous_committee_scores_lowest(name):
    certain = torch.zeros(3, 1, 4, 5, 6)
    certain[:, :, 2] = 1
    assert_close(score(name, certain), torch.full((1, 5, 6), ACQUISITIONS.entry(name).lower))


@pytest.mark.parametrize("name", NAMES)
def test_entry_says_what_a_user_must_know(name):
    entry = ACQUISITIONS.entry(name)
    assert entry.summary
    assert entry.source
    assert entry.unit
    assert ACQUISITIONS.get(name).__doc__


def test_what_bf16_would_order_otherwise_states_float32():
    """See docs/benchmarks.md: Kendall's τ under 0.99."""
    of_members = {"mutual_information", "vote_entropy", "variance", "deviation", "variation_ratio"}
    assert {e.name for e in ACQUISITIONS if e.float32} == of_members | {"bvsb_ratio", "ripu"}


@pytest.mark.parametrize("name", ACQUISITIONS.names())
def test_defaults_are_those_of_the_registry(name):
    signature = inspect.signature(ACQUISITIONS.get(name)).parameters
    for param in ACQUISITIONS.entry(name).params:
        default = signature[param.name].default
        assert default in (inspect.Parameter.empty, param.default)
