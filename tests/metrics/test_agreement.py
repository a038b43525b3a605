"""Overlap of queries and rank correlation of scores."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ShapeError
from workbench.metrics import jaccard, overlap, rank_correlation

scores = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), min_size=2, max_size=12)


def test_overlap_and_jaccard_by_hand():
    assert overlap([1, 2, 3, 4], [3, 4, 9]) == pytest.approx(2 / 3)
    assert jaccard([1, 2, 3, 4], [4, 3, 9]) == pytest.approx(2 / 5)
    assert jaccard([5, 6], [6, 5]) == overlap([5], [6, 5]) == 1
    assert math.isnan(overlap([], [1]))
    assert math.isnan(jaccard([], []))
    assert jaccard([], [1]) == 0


@given(st.tuples(scores, scores))
def test_rank_correlation_equals_counting_pairs(pair):
    n = min(map(len, pair))
    a, b = (np.array(values[:n]) for values in pair)
    i, j = np.triu_indices(n, 1)
    x, y = np.sign(a[i] - a[j]), np.sign(b[i] - b[j])
    untied = math.sqrt((x != 0).sum() * (y != 0).sum())
    expected = (x * y).sum() / untied if untied else math.nan
    assert rank_correlation(a, b) == pytest.approx(expected, nan_ok=True)


def test_rank_correlation_of_reversed_and_bad_scores():
    assert rank_correlation([1, 2, 3], [9, 8, 7]) == pytest.approx(-1)
    assert math.isnan(rank_correlation([1], [1]))
    with pytest.raises(ShapeError):
        rank_correlation([1, 2], [1])
    with pytest.raises(ShapeError, match="finite"):
        rank_correlation([1, np.nan], [1, 2])
