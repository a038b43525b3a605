"""Ids, candidates and the plain form of a committee."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ShapeError
from workbench.seeding import generator, seed_of
from workbench.types import (
    Candidates,
    Committee,
    image_numbers,
    local_numbers,
    states_and_ranks,
    unit_ids,
)


@given(st.integers(0, 10**6), st.integers(0, 10**7 - 1))
def test_a_unit_id_holds_image_and_place(image, local):
    identity = unit_ids(image, local)
    assert image_numbers(identity) == image
    assert local_numbers(identity) == local


def test_from_members_by_hand():
    probs = torch.tensor([[[[[1.0]], [[0.0]]]], [[[[0.25]], [[0.75]]]]])  # (2, 1, 2, 1, 1)
    committee = Committee.from_members(probs)
    assert committee.n == 2
    assert committee.mean_probs.flatten().tolist() == [0.625, 0.375]
    assert committee.votes.flatten().tolist() == [0.5, 0.5]
    second = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert committee.mean_entropy.item() == pytest.approx(second / 2, abs=1e-6)
    assert committee.mean_square_probs.flatten().tolist() == [0.53125, 0.28125]
    with pytest.raises(ShapeError, match="wanted"):
        Committee.from_members(probs[0])


def test_candidates_are_checked():
    with pytest.raises(ShapeError, match="same unit twice"):
        Candidates([1, 1])
    with pytest.raises(ShapeError, match="3 rows for 2 units"):
        Candidates([1, 2], scores=[1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match="reads embeddings"):
        Candidates([1, 2]).require("embeddings")
    with pytest.raises(ShapeError, match="scores of unit 7 is not finite"):
        Candidates([3, 7], scores=[1.0, np.nan]).require("scores")


def test_candidates_take_and_order_keep_rows_together():
    given_order = Candidates([9, 3, 5], scores=[0.9, 0.3, 0.5], labelled_embeddings=np.ones((4, 2)))
    ordered = given_order.ordered()
    assert ordered.unit_ids.tolist() == [3, 5, 9]
    assert ordered.scores.tolist() == [0.3, 0.5, 0.9]
    assert ordered.labelled_embeddings.shape == (4, 2)


def test_seeds_are_independent_and_stable():
    assert seed_of(0, 1, "selection") == seed_of(0, 1, "selection")
    assert len({seed_of(s, c, p) for s in range(5) for c in range(5) for p in ("a", "b")}) == 50
    assert generator(3, 1, "x").integers(1 << 60) == generator(3, 1, "x").integers(1 << 60)
    assert seed_of(0, "train") == 2225127660497744019  # the same on every machine, for good


def test_states_and_ranks_of_units_in_a_cycle():
    ids = np.array([5, 3, 8, 9])
    state, rank = states_and_ranks(ids, np.array([8, 3]), np.array([9, 3, 4]))
    assert state.tolist() == ["unlabelled", "selected", "labelled", "selected"]
    assert rank.tolist() == [-1, 1, -1, 0]
    state, rank = states_and_ranks(ids, ids, np.empty(0, np.int64))
    assert set(state) == {"labelled"}
    assert set(rank) == {-1}
