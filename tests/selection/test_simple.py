"""Random, top-k and VAAL's query."""

import numpy as np
import pytest

from workbench.errors import ScoreError, ShapeError
from workbench.selection import random, top_k, vaal
from workbench.types import Candidates


def test_top_k_takes_the_largest_scores():
    candidates = Candidates([7, 3, 9, 1], scores=[0.5, 0.9, 0.5, 0.1])
    assert top_k(candidates, 3).tolist() == [3, 7, 9]
    assert set(top_k(candidates, 3, np.random.default_rng(0)).tolist()) == {3, 7, 9}


def test_top_k_of_equal_scores_is_drawn_or_without_a_generator_the_smallest_ids():
    same = Candidates([5, 2, 8], scores=[0, 0, 0])
    assert top_k(same, 2).tolist() == [2, 5]
    drawn = {tuple(top_k(same, 3, np.random.default_rng(s)).tolist()) for s in range(60)}
    assert len(drawn) == 6


def test_a_score_that_is_not_finite_is_an_error_that_names_the_unit(rng):
    with pytest.raises(ShapeError, match="unit 3"):
        top_k(Candidates([7, 3], scores=[0.1, np.nan]), 1, rng)


def test_random_gives_every_unit_the_same_chance():
    candidates = Candidates(np.arange(5))
    drawn = [random(candidates, 2, np.random.default_rng(s)) for s in range(500)]
    share = np.bincount(np.concatenate(drawn), minlength=5) / 1000
    assert np.abs(share - 0.2).max() < 0.04


def test_vaal_takes_what_is_most_surely_unlabelled_and_reads_probabilities_only():
    assert vaal(Candidates([4, 2, 9], scores=[0.2, 0.8, 0.8]), 2).tolist() == [2, 9]
    with pytest.raises(ScoreError, match=r"Unit 9 has the number 1\.3"):
        vaal(Candidates([4, 9], scores=[0.2, 1.3]), 1)
