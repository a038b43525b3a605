"""Defaults and edges of metrics against values known from their definitions."""

import inspect
import math

import numpy as np
import pytest

from workbench.errors import ShapeError
from workbench.metrics import (
    Clusters,
    EntropyDistribution,
    EntropyHistogram,
    adjacent_share,
    alc,
    auc_at,
    class_entropy,
    confusion_matrix,
    dice,
    entropy_distribution,
    iou,
    mean_iou,
    miou_at,
    overlap,
    pixel_accuracy,
    rank_correlation,
    synthetic_logits,
    vendi_score,
)


def test_defaults_are_those_of_the_docs():
    def defaults(function):
        found = inspect.signature(function).parameters.values()
        return {p.name: p.default for p in found if p.default is not inspect.Parameter.empty}

    assert defaults(Clusters) == {"n_clusters": 20, "seed": 0, "most": 20_000}
    assert defaults(adjacent_share) == {"gap": 1}
    assert defaults(EntropyDistribution.thinned) == {"points": 400}
    assert defaults(synthetic_logits) == {"rise": 10.0}
    assert defaults(confusion_matrix) == {"void": 255}


def test_all_of_a_pool_that_is_not_too_large_is_clustered():
    pool = np.repeat(np.arange(6.0), 2)[:, None] * 10
    assert len(Clusters(pool, most=12)._pool) == 12
    assert len(Clusters(pool, most=11)._pool) == 11
    assert Clusters(pool, n_clusters=6).counts(pool).tolist() == [2] * 6
    assert Clusters(pool, n_clusters=9)._fitted.n_clusters == 6
    assert Clusters(pool, n_clusters=6)._fitted.n_init == 3
    assert Clusters(pool).counts(pool[:0]).tolist() == [0]


def test_picks_beside_each_other_are_of_one_sequence():
    assert adjacent_share(["a", "b"], [3, 3]) == 0
    assert adjacent_share(["b", "a", "b"], [3, 9, 4]) == pytest.approx(2 / 3)
    assert adjacent_share(["a", "a"], [3, 5]) == 0
    assert adjacent_share(["a", "a"], [5, 3], gap=2) == 1
    assert adjacent_share(["a"], [3]) == 0


def test_entropy_of_amounts():
    assert math.copysign(1, class_entropy([7])) == 1, "never −0"
    assert class_entropy([0.5, 0.0, 0.5]) == pytest.approx(math.log(2))
    for wrong in ([1, np.inf], [1, np.nan], [-0.1, 1]):
        with pytest.raises(ShapeError):
            class_entropy(wrong)


def test_vendi_score_of_directions_alone():
    assert vendi_score([[1.0, 0, 0], [0, 5.0, 0]]) == pytest.approx(2)
    assert vendi_score([[1.0, 0, 0], [0, 0, 0]]) == pytest.approx(1), "no direction counts nothing"
    corner = vendi_score([[1.0, 0], [1.0, 1.0]])
    shares = np.array([1 + math.sqrt(0.5), 1 - math.sqrt(0.5)]) / 2
    assert corner == pytest.approx(math.exp(-(shares * np.log(shares)).sum()))


def test_curves_that_cross_are_two_triangles_apart():
    found = EntropyDistribution(
        np.array([0.0, 1.0, 2.0]),
        np.array([0.0, 0.5, 1.0]),
        {"entropy": np.zeros(3), "up": np.array([0.0, 0.4, 0.4]), "x": np.array([-0.2, 0.6, 0.6])},
        {},
        2,
    )
    assert found.distance("up") == pytest.approx(0.5 * 0.2 + 0.5 * 0.4)
    # from −0.2 to 0.6: triangles of a quarter and three quarters of the way
    assert found.distance("x") == pytest.approx(0.5 * (0.25 * 0.1 + 0.75 * 0.3) + 0.5 * 0.6)
    assert found.distance("entropy") == 0


def test_a_histogram_has_its_values_at_the_upper_edges_of_its_bins():
    histogram = EntropyHistogram(1.0, 4)
    histogram.add([0.0, 0.1, 0.25, 0.6, 1.0], {"s": [1.0, 1.0, 2.0, 3.0, 3.0]})
    exact = entropy_distribution([0.25, 0.25, 0.25, 0.75, 1.0], {"s": [1.0, 1.0, 2.0, 3.0, 3.0]})
    found = histogram.distribution()
    assert found.pixels == exact.pixels == 5
    assert found.entropy[-1] == 1
    assert found.share[-1] == 1
    assert found.means == {"s": 2.0, "entropy": pytest.approx(0.39)}
    assert set(found.entropy.tolist()) <= {0.25, 0.5, 0.75, 1.0}


def test_budgets_within_rounding_of_the_ends_are_on_the_curve():
    slack = 1e-9
    for end, inside in ((0.5, 1), (0.1, -1)):
        assert miou_at([0.1, 0.5], [1, 2], end + inside * 0.5 * slack) in (1, 2)
        with pytest.raises(ShapeError):
            miou_at([0.1, 0.5], [1, 2], end + inside * 3 * slack)
    assert auc_at([0.1], [5], 0.1) == 0
    assert alc([50, 60, 400], [0.2, 0.6, 0.4], 0.6) == pytest.approx(5 + 340 * 0.75)


def test_metrics_of_a_matrix_worked_by_hand():
    matrix = np.array([[3, 1, 0], [2, 4, 0], [0, 0, 0]])
    np.testing.assert_allclose(iou(matrix), [3 / 6, 4 / 7, np.nan])
    np.testing.assert_allclose(dice(matrix), [6 / 9, 8 / 11, np.nan])
    assert mean_iou(matrix) == pytest.approx((3 / 6 + 4 / 7) / 2)
    assert pixel_accuracy(matrix) == 0.7
    assert math.isnan(mean_iou(np.zeros((2, 2))))
    assert math.isnan(pixel_accuracy(np.zeros((2, 2))))
    found = confusion_matrix([[0, 1, 2], [255, 1, 0]], [[0, 2, 2], [255, 1, 1]], 3)
    assert found.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert confusion_matrix([], [], 2).tolist() == [[0, 0], [0, 0]]
    for truth, prediction in (([3], [0]), ([0], [3]), ([-1], [0]), ([0], [255])):
        with pytest.raises(ShapeError):
            confusion_matrix(truth, prediction, 3)
    with pytest.raises(ShapeError):
        iou(np.zeros((2, 3)))


def test_agreement_of_queries_with_repeats_and_of_two_scores():
    assert overlap([1, 1, 2], [1, 1, 1, 3]) == 0.5
    assert overlap([1], [2]) == 0
    assert rank_correlation([1, 2], [5, 9]) == 1
    assert math.isnan(rank_correlation([1, 1], [5, 9]))


@pytest.mark.parametrize(("count", "classes"), [(0, 3), (1, 2), (-1, 3)])
def test_made_up_distributions_are_at_least_one_of_three_classes(count, classes):
    with pytest.raises(ShapeError, match=f"{count} distributions of {classes} classes"):
        synthetic_logits("independent", count, classes, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    assert synthetic_logits("independent", 1, 3, rng).shape == (1, 3)
