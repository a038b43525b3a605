import numpy as np
from sklearn.decomposition import PCA

from workbench.projection._reduce import pca, principal


def test_principal_components_are_scikit_learns_up_to_sign():
    vectors = np.random.default_rng(0).normal(size=(30, 6)) @ np.diag([5, 3, 2, 1, 1, 0.5])
    expected = PCA(n_components=2).fit_transform(vectors)
    np.testing.assert_allclose(np.abs(pca(vectors, 0)), np.abs(expected), atol=1e-9)


def test_signs_do_not_depend_on_the_order_of_units():
    vectors = np.random.default_rng(0).normal(size=(30, 6))
    order = np.random.default_rng(1).permutation(30)
    np.testing.assert_allclose(pca(vectors[order], 0), pca(vectors, 0)[order], atol=1e-9)


def test_missing_components_are_zero():
    points = principal(np.arange(4.0)[:, None], 2)
    np.testing.assert_allclose(np.abs(points), [[1.5, 0], [0.5, 0], [0.5, 0], [1.5, 0]])
