"""Units of the same value: a permutation that all methods of a seed and cycle share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.selection.ties import tie_order
from workbench.engine.query import selection_rng
from workbench.selection import (
    SELECTORS,
    cereals,
    class_balanced,
    class_stratified,
    facility_location,
    hybrid,
    information_density,
    k_center,
    prob_cover,
    suggestive_annotation,
    top_k,
)
from workbench.selection._batch import Ties, by_score
from workbench.types import Candidates, image_numbers, unit_ids

IDS = np.concatenate([unit_ids(image, np.arange(16)) for image in range(30)])


def all_alike(ids=IDS):
    """Return candidates that no selector can tell apart, but for their ids and places."""
    n = len(ids)
    ones = np.ones((n, 3), np.float32)
    return Candidates(
        ids,
        scores=np.zeros(n),
        embeddings=ones,
        labelled_embeddings=ones[:1],
        reference_embeddings=ones,
        costs=np.ones(n),
        class_shares=np.tile([1.0, 0.0], (n, 1)),
        image_ids=image_numbers(ids).astype(str),
        boxes=np.stack([np.arange(n) * 2, np.zeros(n), np.arange(n) * 2 + 1, np.ones(n)], 1),
    )


@pytest.mark.parametrize(
    "selector",
    [
        top_k,
        cereals,
        class_balanced,
        class_stratified,
        facility_location,
        hybrid,
        information_density,
        k_center,
        prob_cover,
        suggestive_annotation,
    ],
)
def test_equal_values_spread_over_the_images_in_one_order_for_all_methods(selector):
    batch = selector(all_alike(), 60, selection_rng(3, 1))
    assert batch.tolist() == top_k(all_alike(), 60, selection_rng(3, 1)).tolist()
    images = np.bincount(image_numbers(batch), minlength=30)
    assert (images > 0).sum() > 20, "by id they would lie in the first four images"


def test_another_cycle_and_another_seed_have_another_order():
    first, cycle, seed = (
        top_k(all_alike(), 60, selection_rng(*which)).tolist() for which in ((0, 1), (0, 2), (1, 1))
    )
    assert len({*map(tuple, (first, cycle, seed))}) == 3
    assert len(set(first) & set(cycle)) < 30


def test_without_a_generator_ties_go_by_id():
    backwards = all_alike().take(np.arange(len(IDS))[::-1])
    for selector in (top_k, facility_location, hybrid, cereals):
        assert selector(backwards, 5, None).tolist() == IDS[:5].tolist()


@pytest.mark.parametrize("name", SELECTORS.names())
def test_every_selector_first_draws_the_number_that_settles_ties(name):
    class DrawnError(Exception):
        pass

    class Generator:
        def integers(self, high, **how):
            assert (high, how) == (2**64 - 1, {"dtype": np.uint64, "endpoint": True})
            raise DrawnError

    with pytest.raises(DrawnError):
        SELECTORS.bind(name).call(all_alike(), 3, Generator())


def test_units_keep_their_order_when_others_are_labelled():
    before = top_k(all_alike(), len(IDS), selection_rng(0, 1))
    left = np.random.default_rng(0).permutation(IDS)[:100]
    after = top_k(all_alike(np.sort(left)), 100, selection_rng(0, 1))
    assert after.tolist() == before[np.isin(before, left)].tolist()


@given(st.lists(st.integers(0, 2**62), unique=True, max_size=30), st.integers(0, 2**32 - 1))
def test_different_ids_have_different_keys(ids, seed):
    keys = Ties.drawn(np.array(ids, dtype=np.int64), np.random.default_rng(seed)).keys()
    assert len(set(keys.tolist())) == len(ids)


@given(st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5]), max_size=12), st.integers(0, 99))
def test_ranks_equal_a_plain_sort_by_score_then_key(scores, seed):
    ties = Ties.drawn(np.arange(len(scores)), np.random.default_rng(seed))
    keys = ties.keys()
    plain = sorted(range(len(scores)), key=lambda row: (-scores[row], int(keys[row])))
    assert by_score(np.array(scores, dtype=float), ties).tolist() == plain


@pytest.mark.parametrize("selector", [facility_location, prob_cover])
def test_a_cover_that_is_full_goes_on_with_the_most_uncertain(selector):
    points = np.repeat(np.eye(3), 10, axis=0)
    scores = np.random.default_rng(0).random(30)
    options = {"delta": 0.1} if selector is prob_cover else {}
    candidates = Candidates(np.arange(30), scores=scores, embeddings=points)
    batch = selector(candidates, 8, np.random.default_rng(1), **options)
    assert sorted(batch[:3] // 10) == [0, 1, 2]
    rest = np.argsort(-scores)
    assert batch[3:].tolist() == rest[~np.isin(rest, batch[:3])][:5].tolist()
    unscored = Candidates(np.arange(30), embeddings=points)
    batch = selector(unscored, 8, np.random.default_rng(1), **options)
    order = tie_order(unscored.unit_ids, 1)
    assert batch[3:].tolist() == order[~np.isin(order, batch[:3])][:5].tolist()


def test_a_cover_among_the_uncertain_goes_on_by_score():
    points = np.repeat(np.eye(2), 5, axis=0)
    scores = np.linspace(1, 0.1, 10)
    candidates = Candidates(np.arange(10), scores=scores, embeddings=points)
    batch = suggestive_annotation(candidates, 5, n_uncertain=8, binary_threshold=0.9)
    assert batch.tolist() == [0, 5, 1, 2, 3]
