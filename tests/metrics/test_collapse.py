"""Measures of mode collapse."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from workbench.errors import ShapeError
from workbench.metrics import (
    Clusters,
    Coverage,
    Neighbours,
    adjacent_share,
    class_entropy,
    cluster_coverage,
    cluster_entropy,
    coverage_radius,
    nearest_neighbour_distance,
    same_sequence_share,
    vendi_score,
)

POINTS = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)


def test_coverage_radius_equals_the_naive_form():
    assert coverage_radius(POINTS, POINTS[:7]) == pytest.approx(
        cdist(POINTS, POINTS[:7]).min(1).max()
    )
    assert coverage_radius([[0.0], [3.0], [10.0]], [[1.0]]) == 9


def test_coverage_radius_of_nothing():
    assert coverage_radius(POINTS, POINTS[:0]) == math.inf
    assert coverage_radius(POINTS[:0], POINTS) == 0


def test_coverage_grows_as_units_are_chosen():
    coverage = Coverage(POINTS)
    for first, last in ((0, 4), (4, 4), (4, 7)):
        coverage.add(POINTS[first:last])
        assert coverage.radius == pytest.approx(coverage_radius(POINTS, POINTS[:last]))


def test_neighbours_of_some_units_are_looked_up_among_all():
    distances = cdist(POINTS, POINTS) + np.diag(np.full(60, np.inf))
    names = np.arange(60) // 20
    rows = [3, 50, 7]
    found = Neighbours(POINTS, rows)
    assert found.distance == pytest.approx(distances[rows].min(1).mean())
    nearest = distances[rows].argmin(1)
    assert found.same_share(names) == pytest.approx((names[nearest] == names[rows]).mean())


def test_clusters_of_a_large_pool_are_fitted_on_a_part_of_it():
    groups = np.repeat(np.eye(4) * 100, 50, axis=0) + np.random.default_rng(0).normal(size=(200, 4))
    part = Clusters(groups, n_clusters=4, most=60)
    assert part.entropy(groups) == pytest.approx(math.log(4))
    assert part.coverage(groups[:50]) == 0.25


def test_nearest_neighbour_distance_leaves_out_the_unit_itself():
    distances = cdist(POINTS, POINTS) + np.diag(np.full(60, np.inf))
    assert nearest_neighbour_distance(POINTS) == pytest.approx(distances.min(1).mean())
    assert nearest_neighbour_distance([[0.0], [0.0], [1.0]]) == pytest.approx(1 / 3)
    assert math.isnan(nearest_neighbour_distance(POINTS[:1]))


def test_same_sequence_share_asks_where_the_nearest_other_pick_comes_from():
    places = [[0.0], [1.0], [10.0], [12.0]]
    assert same_sequence_share(places, ["a", "a", "a", "b"]) == 0.5
    assert same_sequence_share([[5.0], [5.0]], ["a", "a"]) == 1  # identical, yet two units
    assert math.isnan(same_sequence_share([[1.0]], ["a"]))
    with pytest.raises(ShapeError):
        same_sequence_share(places, ["a"])


def test_adjacent_share_counts_picks_beside_another():
    sequences, frames = ["a", "a", "a", "b", "b"], [4, 9, 5, 6, 7]
    assert adjacent_share(sequences, frames) == pytest.approx(4 / 5)
    assert adjacent_share(sequences, frames, gap=0) == 0
    assert adjacent_share(sequences, frames, gap=4) == 1
    assert adjacent_share(["a", "a"], [3, 3], gap=0) == 1  # two units of one frame
    assert math.isnan(adjacent_share([], []))


def test_cluster_entropy_runs_from_one_cluster_to_all():
    centres = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])
    pool = np.repeat(centres, 10, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    assert cluster_entropy(pool, pool[:10], n_clusters=4) == 0
    assert cluster_entropy(pool, pool[::10], n_clusters=4) == pytest.approx(math.log(4))
    assert math.isnan(cluster_entropy(pool, pool[:0]))
    assert cluster_entropy(np.zeros((9, 2)), np.zeros((3, 2))) == 0  # all identical: one cluster


def test_cluster_coverage_counts_the_clusters_that_are_met():
    centres = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])
    pool = np.repeat(centres, 5, axis=0) + np.random.default_rng(0).normal(size=(20, 2))
    assert cluster_coverage(pool, pool[:7], n_clusters=4) == 0.5
    assert cluster_coverage(pool, pool, n_clusters=4) == 1
    assert math.isnan(cluster_coverage(pool, pool[:0]))


def test_class_entropy_runs_from_one_class_to_all():
    assert class_entropy([0, 12, 0]) == 0
    assert class_entropy([5] * 19) == pytest.approx(math.log(19))
    assert class_entropy([1, 3]) == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert math.isnan(class_entropy([0, 0]))
    with pytest.raises(ShapeError):
        class_entropy([-1, 2])


def test_vendi_score_counts_different_units():
    assert vendi_score(np.tile([[3.0, 4.0]], (7, 1))) == pytest.approx(1)
    assert vendi_score(np.eye(6)) == pytest.approx(6)
    assert vendi_score(np.repeat(np.eye(3), 5, axis=0)) == pytest.approx(3)
    assert math.isnan(vendi_score(POINTS[:0]))
    assert vendi_score(np.zeros((4, 2))) == 1
    unit = POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    eigenvalues = np.linalg.eigvalsh(unit @ unit.T / 60)
    eigenvalues = eigenvalues[eigenvalues > 1e-9]
    expected = math.exp(-(eigenvalues * np.log(eigenvalues)).sum())
    assert vendi_score(POINTS) == pytest.approx(expected, rel=1e-5)
    assert vendi_score(POINTS[:3]) <= 3  # fewer units than dimensions
