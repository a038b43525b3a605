"""Selectors that read scores, classes and time: noise, classes, density, CEAL, CEREALS, uniform."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.selection.ties import tie_order
from workbench.errors import ConfigError, ScoreError
from workbench.selection import (
    ceal,
    cereals,
    class_balanced,
    class_present_random,
    class_stratified,
    even_places,
    every_nth_frame,
    information_density,
    power_noise,
    soft_rank_noise,
    softmax_noise,
    top_k,
    uniform,
)
from workbench.selection._cereals import fuse
from workbench.selection._class_balanced import rarity
from workbench.selection._suppression import overlaps
from workbench.types import Candidates

SCORES = np.array([0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize(
    ("selector", "chances"),
    [
        (power_noise, SCORES**2),
        (softmax_noise, np.exp(2 * SCORES)),
        (soft_rank_noise, np.array([4.0, 1.0, 3.0, 2.0]) ** -2),
    ],
)
def test_noise_draws_with_the_stated_chances(selector, chances):
    candidates = Candidates(np.arange(4), scores=SCORES)
    first = [selector(candidates, 1, np.random.default_rng(s), beta=2)[0] for s in range(2000)]
    np.testing.assert_allclose(
        np.bincount(first, minlength=4) / 2000, chances / chances.sum(), atol=0.04
    )


@pytest.mark.parametrize("selector", [power_noise, softmax_noise, soft_rank_noise])
def test_without_noise_to_speak_of_it_is_top_k(selector, rng):
    candidates = Candidates(np.arange(4), scores=SCORES)
    assert selector(candidates, 4, rng, beta=1e6).tolist() == top_k(candidates, 4, rng).tolist()


def test_power_noise_puts_scores_of_zero_last_and_refuses_negative_ones(rng):
    zeros = Candidates([5, 6, 7], scores=[0.0, 1e-9, 0.0])
    assert power_noise(zeros, 3, rng).tolist()[0] == 6
    lasts = {int(power_noise(zeros, 3, np.random.default_rng(s))[-1]) for s in range(20)}
    assert lasts == {5, 7}
    assert sorted(power_noise(zeros, 3, rng, beta=0)) == [5, 6, 7]
    with pytest.raises(ScoreError, match="unit 6"):
        power_noise(Candidates([5, 6], scores=[0.1, -0.1]), 1, rng)


def test_class_present_random_gives_rare_classes_the_same_number_of_units(rng):
    shares = np.zeros((100, 3))
    shares[:90, 0] = shares[90:95, 1] = shares[95:, 2] = 1
    batch = class_present_random(Candidates(np.arange(100), class_shares=shares), 9, rng)
    assert shares[batch].sum(axis=0).tolist() == [3, 3, 3]
    more = class_present_random(Candidates(np.arange(100), class_shares=shares), 30, rng)
    assert shares[more].sum(axis=0).tolist() == [20, 5, 5]


def test_class_present_random_takes_units_without_any_class_last(rng):
    shares = np.array([[0.0, 0.2], [0.0, 0.0], [0.3, 0.0]])
    batch = class_present_random(Candidates([1, 2, 3], class_shares=shares), 3, rng, min_share=0.1)
    assert batch[-1] == 2


def test_class_balanced_weighs_scores_by_the_share_of_the_dominant_class():
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.1, 0.9]])
    scores = np.array([0.5, 0.4, 0.3, 0.31])  # weighed: 0.2362, 0.1889, 0.1417, 0.2414
    candidates = Candidates(np.arange(4), scores=scores, class_shares=shares)
    assert class_balanced(candidates, 3).tolist() == [3, 0, 1]
    np.testing.assert_allclose(rarity(shares), np.exp([-0.75, -0.75, -0.75, -0.25]))
    assert rarity(np.empty((0, 2))).shape == (0,)
    np.testing.assert_allclose(rarity(np.array([[0.2, 0.8]])), np.exp(-1))


def test_class_stratified_shares_two_thirds_between_the_classes(rng):
    shares = np.eye(3)[[0] * 6 + [1] * 3 + [2] * 3]
    candidates = Candidates(np.arange(12), scores=np.linspace(1, 0.1, 12), class_shares=shares)
    batch = class_stratified(candidates, 6, rng, share=0.5)
    assert batch.tolist() == [0, 6, 9, 1, 2, 3]  # the best of each class, then the best of all
    batch = class_stratified(candidates, 6, rng, share=0.66, background=0)
    assert batch.tolist() == [6, 9, 7, 10, 0, 1]


def test_class_stratified_ranks_a_class_by_score_times_share(rng):
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    candidates = Candidates(np.arange(3), scores=[0.4, 1.0, 0.5], class_shares=shares)
    # class 0: 0.36, 0.5, 0.1; class 1: 0.04, 0.5, 0.4
    assert class_stratified(candidates, 2, rng, share=1.0).tolist() == [1, 2]
    assert class_stratified(candidates, 2, rng, share=1.0, background=1).tolist() == [1, 0]


@pytest.mark.parametrize(("beta", "share_of_first"), [(1.0, 2 / 3), (2.0, 4 / 5), (0.5, 0.586)])
def test_class_stratified_draws_by_powers_of_the_score(beta, share_of_first):
    """The chance of scores 2 and 1 to come first is 2^β to 1."""
    candidates = Candidates(np.arange(2), scores=[2.0, 1.0], class_shares=np.ones((2, 1)))
    firsts = [
        class_stratified(candidates, 1, np.random.default_rng(s), beta=beta)[0] for s in range(800)
    ]
    assert np.mean(np.array(firsts) == 0) == pytest.approx(share_of_first, abs=0.06)


def test_class_stratified_adds_gumbel_noise(rng):
    """The largest of log scores with such noise comes from the scores' shares."""
    scores = np.array([6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    candidates = Candidates(np.arange(7), scores=scores, class_shares=np.ones((7, 1)))
    firsts = [class_stratified(candidates, 1, rng, share=1.0, beta=1.0)[0] for _ in range(1000)]
    assert np.mean(np.array(firsts) == 0) == pytest.approx(0.5, abs=0.05)


def test_class_stratified_without_classes_to_share_is_top_k(rng):
    one_class = Candidates(np.arange(5), scores=[1, 5, 3, 2, 4], class_shares=np.ones((5, 1)))
    assert class_stratified(one_class, 3, rng).tolist() == [1, 4, 2]
    assert class_stratified(one_class, 3, rng, background=0).tolist() == [1, 4, 2]


def test_information_density_equals_the_formulas(rng):
    points, scores = rng.normal(size=(30, 4)), rng.random(30)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    candidates = Candidates(np.arange(30), scores=scores, embeddings=points)
    similar = unit @ unit.T
    settles = scores * np.maximum(similar.mean(axis=1), 0) ** 0.5
    survey = scores * (np.maximum(similar, 0) ** 0.5).mean(axis=1)
    for form, values in (("settles", settles), ("survey", survey)):
        batch = information_density(candidates, 8, beta=0.5, form=form)
        assert batch.tolist() == np.argsort(-values, kind="stable")[:8].tolist()
    assert information_density(candidates, 5, beta=0).tolist() == top_k(candidates, 5).tolist()
    with pytest.raises(ConfigError, match="'settles' or 'survey'"):
        information_density(candidates, 1, form="other")


def test_information_density_of_nothing_dense_goes_by_ties_and_does_not_keep_apart():
    points = np.array([[1.0, 0], [1, 0], [1, 0], [-1, 0], [0, 0]])  # two are like no others
    candidates = Candidates(np.arange(5), scores=[0.1, 0.5, 0.5, 9, 9], embeddings=points)
    batch = information_density(candidates, 5, np.random.default_rng(0)).tolist()
    assert batch[:3] in ([1, 2, 0], [2, 1, 0]), "identical units come one after the other"
    order = tie_order(candidates.unit_ids, 0).tolist()
    assert batch[3:] == [row for row in order if row > 2]


def test_ceal_takes_missed_uncertain_and_random_units_in_the_papers_proportion(rng):
    background = np.full(100, 0.5)
    background[50:60] = 1.0
    candidates = Candidates(
        np.arange(100),
        scores=np.arange(100) / 100,
        class_shares=np.stack([background, 1 - background], axis=1),
    )
    batch = ceal(candidates, 35, rng).tolist()
    assert batch[:10] == list(range(59, 49, -1))  # nothing found, most uncertain first
    assert batch[10:20] == list(range(99, 89, -1))
    assert len(set(batch[20:]) - set(batch[:20])) == 15
    assert ceal(candidates, 7, rng).tolist()[:4] == [59, 58, 99, 98]
    with pytest.raises(ConfigError, match="class 2"):
        ceal(candidates, 1, rng, background=2)


def test_ceal_fills_up_with_uncertain_units_where_nothing_was_missed(rng):
    candidates = Candidates(
        np.arange(10), scores=np.arange(10.0), class_shares=np.full((10, 2), 0.5)
    )
    assert ceal(candidates, 2, rng, drawn=0).tolist() == [9, 8]


def test_cereals_fuses_as_printed():
    information, cost = np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 5.0])
    assert fuse(information, cost, "weighted").tolist() == [0, 0.375, 0]
    assert fuse(information, cost, "difference").tolist() == [0, 0.25, 0]
    for unit in (1, 0.01):  # costs count against the largest alone
        np.testing.assert_allclose(fuse(information, unit * cost, "ratio"), [0, 0.5 / 0.4, 1])
    with pytest.raises(ConfigError):
        fuse(information, cost, "sum")


def test_cereals_may_scale_by_the_maximum():
    """So that the least informative unit is not worth nothing, nor the dearest always last."""
    information, cost = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 5.0])
    found = fuse(information, cost, "weighted", "maximum")
    np.testing.assert_allclose(found, [0.8 * 0.25, 0.6 * 0.5, 0])
    np.testing.assert_allclose(fuse(information, cost, "difference", "maximum"), [0.05, 0.1, 0])
    assert fuse(np.zeros(2), np.zeros(2), "weighted", "maximum").tolist() == [0, 0]
    with pytest.raises(ConfigError, match="'range' or 'maximum'"):
        fuse(information, cost, "weighted", "mean")
    places = {"boxes": [[0, 0, 1, 1], [2, 2, 3, 3]], "image_ids": ["a", "a"]}
    candidates = Candidates([4, 5], scores=[0.9, 1.0], costs=[1.0, 2.0], **places)
    assert cereals(candidates, 2, scale="maximum").tolist() == [4, 5]
    negative = Candidates([4, 5], scores=[-1.0, 1.0], costs=[1.0, 2.0], **places)
    with pytest.raises(ScoreError, match="unit 4"):
        cereals(negative, 1, scale="maximum")


def test_cereals_suppresses_what_overlaps_a_better_region_of_the_same_image():
    candidates = Candidates(
        np.arange(4),
        scores=[4, 3, 2, 1],
        costs=np.ones(4),
        boxes=[[0, 0, 4, 4], [0, 2, 4, 6], [0, 2, 4, 6], [0, 4, 4, 8]],
        image_ids=["a", "a", "b", "a"],
    )
    assert cereals(candidates, 4).tolist() == [0, 2, 3]
    assert cereals(candidates, 4, max_overlap=0.5).tolist() == [0, 1, 2, 3]


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.2, 0.7]))
def test_suppression_leaves_no_overlap_above_its_limit(seed, limit):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 30, size=(40, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 20, size=(40, 2))], axis=1)
    images = rng.integers(0, 2, size=40)
    candidates = Candidates(
        np.arange(40), scores=rng.random(40), costs=rng.random(40), boxes=boxes, image_ids=images
    )
    batch = cereals(candidates, 40, max_overlap=limit)
    for place, unit in enumerate(batch):
        others = [o for o in batch[:place] if images[o] == images[unit]]
        if others:
            assert overlaps(boxes[others], boxes[unit]).max() <= limit
    for unit in set(range(40)) - set(batch.tolist()):  # nothing is left out without a reason
        same = [o for o in batch if images[o] == images[unit]]
        assert overlaps(boxes[same], boxes[unit]).max() > limit


def test_uniform_is_even_in_time_whatever_the_ids():
    frames = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    candidates = Candidates(np.arange(10), sequences=["a"] * 10, frames=frames)
    assert frames[uniform(candidates, 2)].tolist() == [0, 5]
    assert frames[uniform(candidates, 10)].tolist() == list(range(10))


@given(st.integers(1, 60), st.integers(1, 60))
def test_uniform_picks_differ_by_one_step_at_most(n, k):
    candidates = Candidates(np.arange(n), sequences=["a"] * n, frames=np.arange(n))
    steps = np.diff(uniform(candidates, k))
    assert len(set(steps.tolist())) <= 2


def test_uniform_is_even_together_with_what_is_labelled():
    """A second query is even among all that is labelled then, not among what the first left."""
    for first, k, wanted in (
        ([0, 4, 8], 3, [2, 6, 10]),  # every fourth frame, then every second
        ([0, 6], 4, [2, 4, 8, 10]),
        ([5], 1, [11]),
        ([0, 1, 2], 2, [5, 8]),
    ):
        left = np.setdiff1d(np.arange(12), first)
        candidates = Candidates(
            left,
            sequences=["a"] * len(left),
            frames=left,
            labelled_sequences=["a"] * len(first),
            labelled_frames=first,
        )
        assert uniform(candidates, k).tolist() == wanted
        assert uniform(candidates, len(left)).tolist() == left.tolist()


@given(st.sets(st.integers(0, 39)), st.integers(0, 40))
def test_even_places_are_free_and_leave_the_smallest_gaps(taken, k):
    taken = sorted(taken)
    k = min(k, 40 - len(taken))
    found = even_places(40, taken, k).tolist()
    assert found == sorted(set(found))
    assert len(found) == k
    assert not set(found) & set(taken)
    assert all(0 <= place < 40 for place in found)
    together = sorted([*found, *taken])
    if taken and k:
        gaps = np.diff([*together, together[0] + 40])
        before = np.diff([*taken, taken[0] + 40])
        # a width w fits if k places can cut every gap to w: the smallest such w is reached
        width = next(w for w in range(1, 41) if sum(-(-before // w) - 1) <= k)
        assert gaps.max() == width


def test_every_nth_frame_counts_the_frames_that_a_sequence_has():
    sequences = np.array(["a", "a", "a", "a", "b", "b", "a"])
    frames = np.array([30, 10, 20, 40, 7, 5, 20])  # two units of frame 20
    kept = every_nth_frame(sequences, frames, 2)
    assert kept.tolist() == [True, True, False, False, False, True, False]
    with pytest.raises(ConfigError):
        every_nth_frame(sequences, frames, 0)


def test_no_places_are_wanted():
    assert even_places(5, [], 0).tolist() == []
    assert even_places(5, [2], 0).tolist() == []
