"""Holds for every registered projection."""

import numpy as np
import pytest

from workbench.projection import PROJECTIONS

SLOW = {"umap"}  # compiles for half a minute at first use


@pytest.fixture(
    params=[pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in PROJECTIONS.names()]
)
def reduce(request):
    return PROJECTIONS.bind(request.param).call


def blobs(n=40, dimensions=70):
    """Two far groups of points."""
    rng = np.random.default_rng(1)
    centres = np.zeros((2, dimensions))
    centres[1] += 10
    return centres[np.arange(n) % 2] + rng.normal(size=(n, dimensions))


def test_two_finite_numbers_a_unit_the_same_every_time(reduce):
    vectors = blobs()
    before = vectors.copy()
    points = reduce(vectors, 3)
    assert points.shape == (40, 2)
    assert np.isfinite(points).all()
    np.testing.assert_array_equal(points, reduce(vectors, 3))
    np.testing.assert_array_equal(vectors, before)


def test_far_groups_stay_apart(reduce):
    points = reduce(blobs(), 0)
    groups = points[::2], points[1::2]
    between = np.linalg.norm(groups[0].mean(0) - groups[1].mean(0))
    within = max(np.linalg.norm(g - g.mean(0), axis=1).mean() for g in groups)
    assert between > 2 * within


@pytest.mark.parametrize("shape", [(3, 2), (4, 1), (5, 200)])
def test_few_units_and_few_or_many_dimensions_do(reduce, shape):
    vectors = np.random.default_rng(2).normal(size=shape)
    points = reduce(vectors, 0)
    assert points.shape == (shape[0], 2)
    assert np.isfinite(points).all()
