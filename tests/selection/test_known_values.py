"""Small steps of selectors against values known from their definitions."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.cluster

from workbench.errors import ScoreError
from workbench.recent import Recent
from workbench.selection import (
    SELECTORS,
    _manifold,
    _typiclust,
    dropquery,
    every_nth_frame,
    hybrid,
    power_noise,
    typiclust,
)
from workbench.selection._batch import (
    _mixed,
    filled,
    in_turns,
    share_of_largest,
    unit_interval,
)
from workbench.selection._ceal import _split
from workbench.selection._cereals import fuse
from workbench.selection._clusters import clusters
from workbench.selection._cover import LazyCover, cosine
from workbench.selection._distances import BLOCK_ROWS, nearest
from workbench.selection._farthest import FarthestFirst
from workbench.selection._k_means import nearest_to_centres
from workbench.selection._manifold import coordinates
from workbench.selection._prob_cover import pure_radius
from workbench.selection._suppression import overlaps, suppress
from workbench.selection._typiclust import _queues, _typicality
from workbench.types import Candidates


def test_ties_are_mixed_as_splitmix64_does():
    """The first numbers of the generator with seed 0, as published."""
    states = np.array([0, 0x9E3779B97F4A7C15], dtype=np.uint64)
    assert _mixed(states).tolist() == [16294208416658607535, 7960286522194355700]


def test_values_are_scaled_to_0_to_1():
    assert unit_interval(np.array([1.0, 2.0, 5.0])).tolist() == [0, 0.25, 1]
    assert unit_interval(np.array([3.0, 3.0])).tolist() == [0, 0]
    assert share_of_largest(np.array([1.0, 2.0, 4.0])).tolist() == [0.25, 0.5, 1]
    assert share_of_largest(np.array([0.1, 0.2])).tolist() == [0.5, 1]
    assert share_of_largest(np.zeros(2)).tolist() == [0, 0]


def test_rows_are_taken_in_turns_and_no_more_than_wanted():
    queues = [[1, 4], [2, 1], [3]]
    assert in_turns(queues, 2) == [1, 2]
    assert in_turns(queues, 4) == [1, 2, 3, 4]
    assert in_turns(queues, 9) == [1, 2, 3, 4]
    assert in_turns(queues, 0) == []
    assert filled([2], np.array([0, 1, 2, 3]), 3).tolist() == [2, 0, 1]


def test_the_first_negative_score_is_named(rng):
    candidates = Candidates([4, 5, 6], scores=[0.1, -0.1, -0.2])
    with pytest.raises(ScoreError, match="unit 5"):
        power_noise(candidates, 1, rng)


def test_a_batch_is_split_by_largest_remainder():
    assert _split(35, (10, 10, 15)) == [10, 10, 15]
    assert _split(7, (10, 10, 15)) == [2, 2, 3]
    assert _split(1, (1, 1, 1)) == [1, 0, 0]
    assert _split(5, (1, 0, 0)) == [5, 0, 0]
    assert _split(3, (0, 0, 0)) == [1, 1, 1]


def test_what_costs_nothing_is_not_divided_by_zero():
    information, free = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    tiny = np.finfo(np.float32).tiny
    assert fuse(information, free, "ratio").tolist() == [0, 0.5 / tiny, 1 / tiny]
    assert len(fuse(free[:0], free[:0], "ratio")) == 0


def test_overlap_is_a_share_of_the_smaller_box():
    boxes = np.array([[0, 0, 1, 1], [0, 0, 0, 0], [0, 2, 4, 6], [0, 4, 4, 8], [2, 2, 6, 6]])
    box = np.array([0, 0, 4, 4])
    assert overlaps(boxes, box).tolist() == [1, 0, 0.5, 0, 0.25]
    assert overlaps(boxes[:1], boxes[0]).tolist() == [1]


def test_suppression_keeps_images_apart_wherever_their_rows_lie():
    boxes = np.array([[0, 0, 4, 4]] * 6)
    images = np.array(["b", "a", "a", "c", "b", "c"])
    assert suppress([5, 4, 3, 2, 1, 0], boxes, images, 6, 0.5) == [5, 4, 2]
    assert suppress([5, 4, 3, 2, 1, 0], boxes, images, 2, 0.5) == [5, 4]
    assert suppress([5, 3], boxes, images, 6, 1.0) == [5, 3], "the limit itself is allowed"


def test_every_frame_is_the_first_of_one():
    sequences, frames = np.array(["a", "a", "b"]), np.array([3, 5, 1])
    assert every_nth_frame(sequences, frames, 1).tolist() == [True, True, True]


def test_hybrid_measures_in_units_of_the_width_and_at_most_1():
    line = {"embeddings": [[-2.0], [2.0], [0.0]], "scores": [1.0, 0.0, 0.4]}
    near = Candidates(np.arange(3), labelled_embeddings=[[-2.0]], **line)
    # scores 1, 0, 0.4 and distances 0, 1, 0.5
    assert hybrid(near, 1, distance=0.95).tolist() == [0]
    assert hybrid(near, 1, distance=1.05).tolist() == [1]
    assert hybrid(near, 1, distance=10).tolist() == [1]
    assert hybrid(near, 1, score=0.1, distance=0.1).tolist() == [0]
    far = Candidates(np.arange(3), labelled_embeddings=[[-90.0]], **line)
    assert hybrid(far, 1, distance=50).tolist() == [0], "all are as far as it counts"
    dear = far.with_arrays(costs=[9.0, 5.0, 5.0])
    assert hybrid(dear, 2, distance=0, cost=0.5).tolist() == [0, 2]
    assert hybrid(dear, 2, distance=0, cost=0.7).tolist() == [2, 0]
    assert hybrid(dear, 2, distance=0).tolist() == [0, 2], "costs have no weight of themselves"


def test_typicality_is_one_over_the_mean_distance_within_the_cluster():
    points = np.array([[0.0], [1.0], [3.0], [100.0], [50.0], [54.0]])
    labels = np.array([0, 0, 0, 1, 2, 2])
    one = _typicality(points, labels, 1)
    np.testing.assert_allclose(1 / one[[0, 1, 2, 4, 5]], np.array([1, 1, 2, 4, 4]) + 1e-5)
    assert one[3] == 0, "a unit alone has no neighbours"
    two = _typicality(points, labels, 2)
    np.testing.assert_allclose(1 / two[[0, 1, 2, 4]], np.array([2, 1.5, 2.5, 4]) + 1e-5)


def test_small_clusters_wait_for_large_ones_and_labelled_ones_for_those_without():
    own = np.array([0] * 5 + [1] * 6 + [2] * 7 + [3] * 8)
    typical = np.linspace(1, 0, len(own))
    firsts = [int(q[0]) for q in _queues(own, np.array([3]), typical)]
    assert firsts == [11, 5, 18], "7 and 6 without labels, then the labelled; 5 are too few"
    assert [len(q) for q in _queues(own[:5], np.array([], int), typical[:5])] == [5]
    with_labels = _queues(np.array([0] * 5 + [1] * 6), np.array([0, 0]), typical[:11])
    assert [len(q) for q in with_labels] == [6, 5], "labelled units count for the size"


@pytest.mark.parametrize(("most", "wanted"), [(500, 5), (4, 4)])
def test_typiclust_has_a_cluster_for_each_label_and_pick(rng, monkeypatch, most, wanted):
    seen = []

    def one_cluster(points, n, rng):
        seen.append((len(points), n))
        return np.zeros(len(points), dtype=np.int64), points[:1]

    monkeypatch.setattr(_typiclust, "clusters", one_cluster)
    points = rng.normal(size=(9, 3))
    candidates = Candidates(np.arange(9), embeddings=points, labelled_embeddings=points[:2])
    assert len(typiclust(candidates, 3, rng, max_clusters=most)) == 3
    assert seen == [(11, wanted)]


def test_clusters_are_fitted_as_in_typiclusts_code(monkeypatch):
    """Plain k-means up to 50 clusters, mini-batches of 5,000 above; one start each."""
    fits = []

    def fitting(kind):
        class Fit:
            def __init__(self, n, **settings):
                fits.append((kind, n, settings))

            def fit(self, points):
                self.labels_ = np.zeros(len(points), dtype=np.int64)
                self.cluster_centers_ = points[:1]
                return self

        return Fit

    monkeypatch.setattr(sklearn.cluster, "KMeans", fitting("plain"))
    monkeypatch.setattr(sklearn.cluster, "MiniBatchKMeans", fitting("batches"))
    points = np.random.default_rng(0).normal(size=(60, 2))
    for n in (0, 50, 51, 99):
        clusters(points, n, np.random.default_rng(7))
    settings = {"n_init": 1, "random_state": int(np.random.default_rng(7).integers(2**31))}
    batches = {**settings, "batch_size": 5000}
    assert fits == [
        ("plain", 1, settings),
        ("plain", 50, settings),
        ("batches", 51, batches),
        ("batches", 60, batches),
    ]
    assert [len(part) for part in clusters(points[:0], 3, np.random.default_rng(0))] == [0, 0]


def test_rows_near_their_centres_come_in_turns_largest_cluster_first(rng):
    points = np.array([[0.0], [1.0], [2.5], [50.0], [51.0], [90.0]])
    assert nearest_to_centres(points, 6, rng).tolist()[0] in range(6)
    found = nearest_to_centres(np.array([[0.0], [1.0], [2.5], [50.0], [51.5]]), 2, rng)
    assert found[0] == 1
    assert found[1] in (3, 4)


def test_dropquery_keeps_what_exceeds_the_threshold_or_25_units_a_pick(rng):
    place = np.repeat([0.0, 1.0], [28, 300])
    points = np.stack([np.cos(place), np.sin(place)], axis=1)
    scores = np.where(place == 0, 0.9, 0.5)
    candidates = Candidates(np.arange(328), scores=scores, embeddings=points)
    assert dropquery(candidates, 1, rng)[0] < 28, "0.5 is not above 0.5"
    assert dropquery(candidates, 1, rng, threshold=0.49)[0] >= 28
    few = Candidates(np.arange(328), scores=np.where(place == 0, 0.4, 0.3), embeddings=points)
    assert dropquery(few, 1, rng)[0] < 28, "the 25 largest"
    assert (dropquery(few, 2, rng) >= 28).any(), "the 50 largest"


def test_one_cluster_is_pure_within_any_radius(rng):
    points = np.eye(3)
    assert pure_radius(points, rng, n_clusters=1, purity=0.95) == pytest.approx(2, abs=1e-5)


def test_gains_are_counted(rng):
    points = rng.normal(size=(50, 4))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    lazy = LazyCover(points, points, cosine())
    lazy.pick(1)
    assert lazy.evaluations == 50
    lazy = LazyCover(points, points, cosine())
    lazy.pick(10)
    assert 50 < lazy.evaluations < 500


def test_products_are_off_by_no_more_than_the_slack(rng):
    """Only pairs within it are measured again, so a smaller one would change picks."""
    points = np.concatenate([rng.normal(size=(40, 300))] * 2)
    points[40:] += 1e-4 * rng.normal(size=(40, 300))
    search = FarthestFirst(points.copy(), points[:30].copy(), 5)
    plain = ((points[:, None] - points[None, :30]) ** 2).sum(axis=2) / search._scale**2
    off = np.abs(search._products(slice(None), slice(0, 30)) - plain).max()
    assert 0 < off <= search._slack < 1e-3
    assert search._scale**2 == pytest.approx((points**2).sum(axis=1).max(), rel=0.3)


def test_distances_to_the_nearest_go_by_blocks(rng):
    points = rng.normal(size=(BLOCK_ROWS + 3, 2))
    found = nearest(points, points[:3])
    plain = ((points[:, None] - points[None, :3]) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(found, plain, atol=1e-9)
    assert np.isinf(nearest(points[:2], points[:0])).all()
    assert nearest(points[:0], points[:2]).shape == (0,)


def test_a_plane_has_two_axes_and_the_last_two_are_kept(rng, monkeypatch):
    fits = []

    class Umap:
        def __init__(self, **settings):
            fits.append(settings)

        def fit(self, reference):
            self.embedding_ = reference[:, :2] + 1
            return self

        def transform(self, points):
            return points[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Umap))
    monkeypatch.setattr(_manifold, "_fitted", Recent(_manifold._CACHED))
    first, second, third = (rng.normal(size=(4, 5)) for _ in range(3))
    placed = coordinates(first, first, 2, 0.1, 7)
    assert placed.tolist() == (first[:, :2] + 1).tolist(), "the reference lies where it was fitted"
    assert fits == [
        {"n_components": 2, "n_neighbors": 2, "min_dist": 0.1, "random_state": 7, "n_jobs": 1}
    ]
    for reference in (second, first, third, first):
        coordinates(reference[:1], reference, 2, 0.1, 7)
    assert len(fits) == 3
    coordinates(second[:1], second, 2, 0.1, 7)
    assert len(fits) == 4, "of three planes the one not used for longest is gone"


def test_what_decides_on_three_units_on_a_line():
    line = Candidates(
        [1, 2, 3],
        scores=[0.1, 0.4, 0.2],
        embeddings=[[0.0], [3.0], [7.0]],
        labelled_embeddings=[[1.0]],
    )
    entry = SELECTORS.entry("k_center")
    settings = SELECTORS.bind("k_center").options
    np.testing.assert_allclose(entry.value(line, np.array([], int), 2, settings), [1, 2, 6])
    np.testing.assert_allclose(entry.value(line, np.array([3]), 2, settings), [1, 2, 0])
    np.testing.assert_array_equal(
        SELECTORS.entry("top_k").value(line, np.array([2]), 2, {}), [0.1, 0.4, 0.2]
    )
    assert SELECTORS.entry("random").value(line, np.array([2]), 2, {}) is None
