"""Holds for every registered committee, by its registration."""

import pytest
import torch
from torch.testing import assert_close

from tests.committees.networks import Counting, images
from workbench.committees import COMMITTEES, Forwards, Workspace, members_of, passes_of
from workbench.registry import REQUIRED

NAMES = COMMITTEES.names()
VALUES = {"of": ["hflip", "translate2"]}
OTHERS = [Counting(seed=seed) for seed in range(4)]
SUMS = frozenset({"mean_entropy", "votes", "mean_square_probs"})


def bound(name):
    options = {
        p.name: VALUES[p.name] for p in COMMITTEES.entry(name).params if p.default is REQUIRED
    }
    return COMMITTEES.bind({"name": name, **options})


def build(name, x, needs=SUMS, **more):
    with torch.no_grad():
        return bound(name).call(Forwards(Counting(), x, members=OTHERS, **more), needs)


@pytest.mark.parametrize("name", NAMES)
def test_sums_are_means_over_the_members(name):
    committee = build(name, images())
    assert committee.mean_probs.shape == (2, 4, 7, 9)
    assert committee.count.shape == (2, 1, 7, 9)
    assert committee.mean_entropy.shape == (2, 7, 9)
    assert_close(committee.mean_probs.sum(dim=1), torch.ones(2, 7, 9))
    assert_close(committee.votes.sum(dim=1), torch.ones(2, 7, 9))
    assert committee.count.max() == committee.n


@pytest.mark.parametrize("name", NAMES)
def test_has_as_many_members_as_its_entry_says(name):
    assert build(name, images()).n == members_of(bound(name))
    assert all(isinstance(key, str) for key in passes_of(bound(name)))


@pytest.mark.parametrize("name", NAMES)
def test_keeps_only_the_sums_that_are_needed(name):
    committee = build(name, images(), needs=frozenset())
    assert committee.votes is None
    assert committee.mean_square_probs is None


@pytest.mark.parametrize("name", NAMES)
def test_images_of_a_batch_do_not_meet(name):
    x = images()
    together = build(name, x)
    alone = [build(name, x[i : i + 1]) for i in range(2)]
    for field in ("mean_probs", "mean_entropy", "votes", "mean_square_probs"):
        one_by_one = torch.cat([getattr(c, field) for c in alone])
        assert_close(getattr(together, field), one_by_one, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_used_workspace_changes_nothing(name):
    workspace = Workspace()
    build(name, images(3, seed=2), workspace=workspace)
    again, fresh = build(name, images(), workspace=workspace), build(name, images())
    assert torch.equal(again.mean_probs, fresh.mean_probs)
    assert torch.equal(again.mean_entropy, fresh.mean_entropy)
