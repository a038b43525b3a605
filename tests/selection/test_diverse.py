"""Selectors that read embeddings: seeding, BADGE, clusters, covers, hybrids, MEAL."""

import os
import subprocess
import sys
import textwrap
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.selection.ties import tie_order
from workbench.errors import ShapeError
from workbench.selection import (
    _meal,
    badge,
    dropquery,
    facility_location,
    hybrid,
    information_density,
    k_center,
    k_means,
    k_means_plus_plus,
    meal,
    meal_ft,
    prob_cover,
    suggestive_annotation,
    top_k,
    typiclust,
)
from workbench.selection._batch import Ties
from workbench.selection._clusters import clusters
from workbench.selection._cover import LazyCover, cosine, within
from workbench.selection._manifold import coordinates
from workbench.selection._plusplus import seeding
from workbench.selection._prob_cover import pure_radius
from workbench.types import Candidates


def groups(*sizes, dims=4, seed=0):
    """Return tight groups of points around different axes, and the group of each."""
    rng, group = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    return (np.eye(dims)[group] + rng.normal(0, 0.01, (len(group), dims))), group


def test_seeding_reaches_every_group_before_it_repeats_one(rng):
    points, group = groups(20, 20, 20)
    batch = k_means_plus_plus(Candidates(np.arange(60), embeddings=points), 3, rng)
    assert sorted(group[batch]) == [0, 1, 2]


def test_seeding_starts_from_the_labelled_units(rng):
    points, group = groups(20, 20, 20)
    candidates = Candidates(np.arange(60), embeddings=points, labelled_embeddings=points[:5])
    assert sorted(group[k_means_plus_plus(candidates, 2, rng)]) == [1, 2]


def test_seeding_draws_in_proportion_to_squared_distance():
    points = np.array([[0.0], [1.0], [2.0], [3.0]])
    candidates = Candidates(np.arange(4), embeddings=points, labelled_embeddings=[[0.0]])
    drawn = [k_means_plus_plus(candidates, 1, np.random.default_rng(s))[0] for s in range(2000)]
    share = np.bincount(drawn, minlength=4) / 2000
    np.testing.assert_allclose(share, np.array([0, 1, 4, 9]) / 14, atol=0.04)


def test_identical_points_are_never_drawn_while_others_are_left(rng):
    points = np.concatenate([np.full((50, 3), 0.1), [[5, 5, 5]]]).astype(np.float32)
    for seed in range(20):
        candidates = Candidates(np.arange(51), embeddings=points + 100)
        batch = k_means_plus_plus(candidates, 2, np.random.default_rng(seed))
        assert 50 in batch


def test_badge_equals_seeding_on_the_gradients_themselves(rng):
    shares, features = rng.dirichlet(np.ones(5), size=80), rng.normal(size=(80, 6))
    shares[10], features[10] = shares[3], features[3]
    candidates = Candidates(np.arange(80), class_shares=shares, embeddings=features)
    errors = shares - np.eye(5)[shares.argmax(axis=1)]
    gradients = np.einsum("uc,ud->ucd", errors, features).reshape(80, -1)

    def squared_to(row):
        return ((gradients - gradients[row]) ** 2).sum(axis=1)

    order = tie_order(candidates.unit_ids, 1)
    shares, features, gradients = shares[order], features[order], gradients[order]
    drawn = np.random.default_rng(1)
    Ties.drawn(candidates.unit_ids, drawn)
    longest = int((gradients**2).sum(axis=1).argmax())
    expected = order[seeding(np.full(80, np.inf), 20, drawn, squared_to, first=longest)]
    assert badge(candidates, 20, np.random.default_rng(1)).tolist() == expected.tolist()


@pytest.mark.parametrize("shares", [np.eye(3)[np.arange(9) % 3], np.ones((9, 1))])
def test_badge_of_units_of_one_class_each_goes_by_ties(shares, rng):
    """Their gradients are 0, whatever the features."""
    candidates = Candidates(np.arange(9), class_shares=shares, embeddings=rng.normal(size=(9, 4)))
    batch = badge(candidates, 5, np.random.default_rng(1))
    assert batch.tolist() == tie_order(candidates.unit_ids, 1)[:5].tolist()


def test_badge_takes_units_of_one_class_last_once_one_is_picked(rng):
    shares = np.where(np.arange(40)[:, None] < 30, [1.0, 0.0], [0.6, 0.4])
    features = rng.normal(size=(40, 4))
    candidates = Candidates(np.arange(40), class_shares=shares, embeddings=features)
    batch = badge(candidates, 12, np.random.default_rng(0))
    assert (batch >= 30).sum() == 10


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_badge_takes_what_differs_by_rounding_last_and_what_differs_by_a_hundredth_before(scale):
    """Whatever the length of the gradients."""
    features = np.array([[1, 0], [1, 1e-4], [1, 0], [1, 0.02]]) * scale
    shares = np.full((4, 2), [0.6, 0.4])
    candidates = Candidates(np.arange(4), class_shares=shares, embeddings=features)
    for seed in range(8):
        batch = badge(candidates, 2, np.random.default_rng(seed))
        assert (batch == 3).sum() == 1


def test_k_means_picks_the_middle_of_each_group_largest_first(rng):
    points = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [100.0], [101.0], [102.0]])
    assert k_means(Candidates(np.arange(8), embeddings=points), 2, rng).tolist() == [2, 6]


def test_k_means_of_identical_points_still_fills_the_batch(rng):
    batch = k_means(Candidates(np.arange(9), embeddings=np.ones((9, 2))), 4, rng)
    assert len(set(batch.tolist())) == 4


def test_dropquery_keeps_what_the_members_disagree_on(rng):
    points, group = groups(200, 200)
    scores = np.where(np.arange(400) % 2, 0.9, 0.1)
    candidates = Candidates(np.arange(400), scores=scores, embeddings=points)
    batch = dropquery(candidates, 2, rng)
    assert (scores[batch] == 0.9).all()
    assert sorted(group[batch]) == [0, 1]


def test_typiclust_goes_to_groups_without_labels_and_picks_their_dense_middle(rng):
    points, group = groups(30, 30, 30)
    points[60] = [0, 0, 0.7, 0.7]  # an outlier of the last group
    candidates = Candidates(
        np.arange(90), embeddings=points, labelled_embeddings=np.eye(4)[:1] + 0.001
    )
    batch = typiclust(candidates, 2, rng)
    assert sorted(group[batch]) == [1, 2]
    assert 60 not in batch


def test_prob_cover_takes_the_fullest_ball_and_minds_what_is_labelled(rng):
    points, group = groups(30, 20, 10)
    candidates = Candidates(np.arange(60), embeddings=points)
    assert group[prob_cover(candidates, 3, rng, delta=0.3)].tolist() == [0, 1, 2]
    labelled = Candidates(np.arange(60), embeddings=points, labelled_embeddings=points[:1])
    assert group[prob_cover(labelled, 2, rng, delta=0.3)].tolist() == [1, 2]


def test_a_ball_holds_what_is_within_its_radius():
    points = np.array([[0.0, 0.0], [0.4, 0.0], [0.3, 0.4], [0.6, 0.0]])
    assert within(0.5)(points[:1], points).tolist() == [[1, 1, 1, 0]]


def test_prob_cover_finds_a_radius_that_keeps_balls_within_one_cluster(rng):
    points, _ = groups(30, 20, 10)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert 1.3 < pure_radius(unit, rng, n_clusters=3, purity=0.95) < 1.42  # groups are √2 apart
    assert pure_radius(unit, rng, n_clusters=3, purity=0) == 2  # no unit vectors are farther apart


@pytest.mark.parametrize("n", [20, 21, 25, 60])
def test_as_many_balls_are_pure_as_was_asked_for_and_no_more(n):
    points = np.random.default_rng(n).normal(size=(n, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    labels, _ = clusters(points, 4, np.random.default_rng(0))
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    others = labels[:, None] != labels

    def pure(radius):
        return 1 - ((apart <= radius) & others).any(axis=1).mean()

    for purity in (0.5, 0.8, 0.95):
        radius = pure_radius(points, np.random.default_rng(0), 4, purity)
        assert pure(radius) >= purity - 1e-9 > pure(radius + 1e-4) - 1e-6


def test_a_similarity_that_covers_may_be_anything_a_cosine_is():
    points, group = groups(3, 2, dims=2)
    points = np.eye(2)[group].astype(np.float32) @ [[0.6, 0.8], [-0.8, 0.6]]
    candidates = Candidates(np.arange(5), scores=np.zeros(5), embeddings=points)
    same = suggestive_annotation(candidates, 2, n_uncertain=5, binary_threshold=1.0)
    assert same.tolist() == [0, 3]
    opposite = Candidates(
        np.arange(3), scores=np.zeros(3), embeddings=np.array([[1.0, 0], [-1, 0], [-1, 0.1]])
    )
    batch = suggestive_annotation(opposite, 2, n_uncertain=3, binary_threshold=-0.5)
    assert batch.tolist() == [1, 0], "a negative threshold does not cover what is opposite"


def test_lazy_cover_equals_plain_greedy_with_far_fewer_evaluations(rng):
    points = rng.normal(size=(150, 5))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    similar, best, plain = np.maximum(unit @ unit.T, 0), np.zeros(150), []
    for _ in range(40):
        gains = np.maximum(similar - best, 0).sum(axis=1)
        gains[plain] = -1
        plain.append(int(gains.argmax()))
        best = np.maximum(best, similar[plain[-1]])
    lazy = LazyCover(unit, unit, cosine())
    assert lazy.pick(40).tolist() == plain
    assert lazy.evaluations < 40 * 150 / 3
    batch = facility_location(Candidates(np.arange(150), embeddings=points), 40)
    assert batch.tolist() == plain


@pytest.mark.parametrize(
    "selector",
    [
        facility_location,
        hybrid,
        information_density,
        k_center,
        k_means,
        prob_cover,
        suggestive_annotation,
        typiclust,
    ],
)
def test_units_that_are_the_same_come_in_the_order_of_ties(selector):
    """A product of float32 matrices rounds equal rows differently, by where they stand in it."""
    rng = np.random.default_rng(0)
    for n, dims in ((103, 256), (189, 162), (338, 167), (32, 37), (24, 148)):
        kind = rng.integers(0, 3, n)
        candidates = Candidates(
            np.arange(n),
            scores=np.full(n, 0.3),
            embeddings=rng.normal(size=(3, dims)).astype(np.float32)[kind],
            labelled_embeddings=rng.normal(size=(1, dims)).astype(np.float32),
        )
        batch = selector(candidates, 12, np.random.default_rng(1))
        for one in range(3):
            mine = batch[kind[batch] == one]
            order = tie_order(candidates.unit_ids, 1)
            assert mine.tolist() == order[kind[order] == one][: len(mine)].tolist()


def test_facility_location_counts_what_is_labelled_as_covered():
    points, group = groups(30, 20, 10)
    candidates = Candidates(np.arange(60), embeddings=points, labelled_embeddings=points[:1])
    assert group[facility_location(candidates, 2)].tolist() == [1, 2]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_max_cover_reaches_its_share_of_the_optimum(n, k, seed):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    similar = np.maximum(unit @ unit.T, 0)

    def cover(rows):
        return similar[list(rows)].max(axis=0).sum()

    best = max(cover(rows) for rows in combinations(range(n), min(k, n)))
    for selector in (facility_location, suggestive_annotation):
        candidates = Candidates(np.arange(n), scores=np.zeros(n), embeddings=points)
        options = {"n_uncertain": n} if selector is suggestive_annotation else {}
        batch = selector(candidates, k, **options)
        assert cover(batch) >= (1 - 1 / np.e) * best - 1e-9


def test_suggestive_annotation_chooses_among_the_most_uncertain_only():
    points, group = groups(10, 30)
    scores = np.r_[np.linspace(1, 0.9, 10), np.linspace(0.5, 0.1, 30)]
    candidates = Candidates(np.arange(40), scores=scores, embeddings=points)
    assert group[suggestive_annotation(candidates, 2, n_uncertain=8)].tolist() == [0, 0]
    assert group[suggestive_annotation(candidates, 2, n_uncertain=12)].tolist() == [1, 0]
    covered = suggestive_annotation(candidates, 2, n_uncertain=12, binary_threshold=0.9)
    assert group[covered].tolist() == [1, 0]


def test_hybrid_runs_from_top_k_to_k_center(rng):
    candidates = Candidates(
        np.arange(60),
        scores=rng.random(60),
        embeddings=rng.normal(size=(60, 3)),
        labelled_embeddings=rng.normal(size=(5, 3)),
        costs=np.arange(60.0),
    )
    assert hybrid(candidates, 9, distance=0).tolist() == top_k(candidates, 9).tolist()
    assert hybrid(candidates, 9, score=0).tolist() == k_center(candidates, 9, rng).tolist()
    assert hybrid(candidates, 3, score=0, distance=0, cost=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("selector", [k_center, facility_location, typiclust, hybrid])
def test_embeddings_of_another_network_are_refused(selector, rng):
    candidates = Candidates(
        [0, 1], scores=[0, 0], embeddings=np.ones((2, 3)), labelled_embeddings=np.ones((1, 4))
    )
    with pytest.raises(ShapeError, match="3 dimensions"):
        selector(candidates, 1, rng)


@pytest.fixture
def three_groups():
    """Three groups of 40; the third is certain."""
    points, group = groups(40, 40, 40, dims=8)
    scores = np.where(group == 2, 0.0, 1.0) + np.arange(120) / 1e6
    return Candidates(np.arange(120), scores=scores, embeddings=points, reference_embeddings=points)


@pytest.mark.slow
@pytest.mark.parametrize("selector", [meal, meal_ft])
def test_meal_spreads_over_the_groups_of_the_most_uncertain(selector, three_groups):
    """With UMAP itself, which compiles for many seconds; so the other tests do without."""
    batch = selector(three_groups, 6, np.random.default_rng(0), n_informative=80)
    assert set((batch // 40).tolist()) == {0, 1}
    again = selector(three_groups, 6, np.random.default_rng(0), n_informative=80)
    assert batch.tolist() == again.tolist()


def test_meal_spreads_by_umap_itself_where_it_is_not_compiled():
    """UMAP's own code as plain Python: a few seconds on a few points."""
    code = """
        import numpy as np
        from tests.selection.test_diverse import groups
        from workbench.selection import meal_ft
        from workbench.types import Candidates

        points, group = groups(12, 12, 12, dims=4)
        scores = np.where(group == 2, 0.0, 1.0) + np.arange(36) / 1e6
        candidates = Candidates(np.arange(36), scores=scores, embeddings=points)
        for _ in range(2):
            rng = np.random.default_rng(0)
            print(*meal_ft(candidates, 4, rng, n_informative=24, neighbours=5))
    """
    plain = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=plain)
    once, again = done.stdout.splitlines()
    assert once == again
    assert {int(unit) // 12 for unit in once.split()} == {0, 1}


def test_meal_takes_units_beyond_the_informative_ones_by_score(three_groups, rng, monkeypatch):
    monkeypatch.setattr(_meal, "coordinates", lambda points, *_: points[:, :2])
    for selector in (meal, meal_ft):
        few = selector(three_groups, 6, rng, n_informative=4).tolist()
        assert sorted(few[:4]) == [76, 77, 78, 79]
        assert few[4:] == [75, 74]


def test_meal_places_the_informative_units_in_a_plane_of_the_whole_pool(
    three_groups, rng, monkeypatch
):
    seen = {}

    def plane(points, reference, *_):
        seen[len(points)] = len(reference)
        return points[:, :2]

    monkeypatch.setattr(_meal, "coordinates", plane)
    meal(three_groups, 6, rng, n_informative=30)
    meal_ft(three_groups, 6, rng, n_informative=50)
    assert seen == {30: 120, 50: 50}


def test_a_plane_is_fitted_once_for_the_same_reference(rng, monkeypatch):
    fits = []

    class Umap:
        def __init__(self, **_):
            fits.append(self)

        def fit(self, reference):
            self.embedding_ = reference[:, :2]
            return self

        def transform(self, points):
            return points[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Umap))
    pool = rng.normal(size=(40, 5))
    for _ in range(3):
        assert coordinates(pool[:7], pool, 15, 0.1, 0).shape == (7, 2)
    coordinates(pool + 1, pool + 1, 15, 0.1, 0)
    assert len(fits) == 2
    assert coordinates(pool[:7], pool[:15], 15, 0.1, 0) is not None
    assert len(fits) == 2  # 15 points have no 15 neighbours each: they stay as they are
    assert coordinates(pool[:2], pool[:3], 2, 0.1, 0) is not None
    assert len(fits) == 2  # nor have 3 points a plane


def test_a_plane_of_another_network_is_refused(three_groups, rng):
    other = three_groups.with_arrays(reference_embeddings=np.ones((120, 9)))
    with pytest.raises(ShapeError, match="8 dimensions, those of the whole pool 9"):
        meal(other, 6, rng)
