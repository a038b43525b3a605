"""Greedy k-centre: from the labelled units, within twice the optimum, equal to the naive form."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.selection.ties import tie_order
from workbench.selection import k_center
from workbench.types import Candidates


def naive(points, labelled, k, first=None):
    """Measure everything after every pick, in float64."""
    points, labelled = np.asarray(points, float), np.asarray(labelled, float)
    nearest = np.full(len(points), np.inf)
    for centre in labelled:
        nearest = np.minimum(nearest, ((points - centre) ** 2).sum(axis=1))
    picked = []
    for _ in range(min(k, len(points))):
        row = first if first is not None and not picked else int(nearest.argmax())
        picked.append(row)
        nearest = np.minimum(nearest, ((points - points[row]) ** 2).sum(axis=1))
        nearest[picked] = -1
    return picked


def on_a_line(*places, labelled=()):
    return Candidates(
        unit_ids=np.arange(len(places)) * 10,
        embeddings=np.array([[float(p)] for p in places]),
        labelled_embeddings=np.array([[float(p)] for p in labelled]).reshape(-1, 1),
    )


def test_starts_from_the_labelled_units(rng):
    batch = k_center(on_a_line(1, 5, 9, labelled=[0]), 2, rng)
    assert batch.tolist() == [20, 10]  # 9 is farthest from 0, then 5 is farthest from 0 and 9


def test_equal_distances_go_by_ties_or_without_a_generator_by_id(rng):
    line = on_a_line(-3, 3, -3, labelled=[0])
    assert k_center(line, 3, None).tolist() == [0, 10, 20]
    first = line.unit_ids[tie_order(line.unit_ids, 0)][0]
    assert k_center(line, 3, rng).tolist()[0] == first


def test_identical_points_are_picked_in_the_order_of_ties(rng):
    assert k_center(on_a_line(7, 7, 7, labelled=[7]), 2, None).tolist() == [0, 10]
    everything = np.full((300, 9), 0.1, np.float32)
    same = Candidates(np.arange(300), embeddings=everything, labelled_embeddings=everything)
    assert k_center(same, 300, rng).tolist() == tie_order(same.unit_ids, 0).tolist()


def test_cosine_looks_at_directions_only(rng):
    candidates = Candidates(
        unit_ids=[0, 1, 2],
        embeddings=[[100.0, 1.0], [0.0, 0.1], [1.0, 1.0]],
        labelled_embeddings=[[1.0, 0.0]],
    )
    assert k_center(candidates, 2, rng, metric="cosine").tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_lazy_search_equals_measuring_everything(rng, dtype, offset):
    points = (rng.normal(size=(900, 24)) + offset).astype(dtype)
    points[300:600] = points[:300]  # a pool that repeats itself
    labelled = (rng.normal(size=(400, 24)) + offset).astype(dtype)
    candidates = Candidates(np.arange(900), embeddings=points, labelled_embeddings=labelled)
    batch = k_center(candidates, 300, np.random.default_rng(1))
    order = tie_order(candidates.unit_ids, 1)
    assert batch.tolist() == order[naive(points[order], labelled, 300)].tolist()


def test_without_labels_only_the_first_pick_is_drawn(rng):
    points = rng.normal(size=(50, 3)).astype(np.float32)
    candidates = Candidates(np.arange(50), embeddings=points)
    batch = k_center(candidates, 50, np.random.default_rng(1)).tolist()
    assert batch == naive(points, points[:0], 50, first=batch[0])
    firsts = {int(k_center(candidates, 1, np.random.default_rng(s))[0]) for s in range(20)}
    assert len(firsts) > 5


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(1, 3), st.integers(0, 2**32 - 1), st.booleans())
def test_radius_is_at_most_twice_the_optimum(n, k, seed, with_labels):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 2))
    labelled = rng.normal(size=(2 if with_labels else 0, 2))
    candidates = Candidates(np.arange(n), embeddings=points, labelled_embeddings=labelled)

    def radius(rows):
        centres = np.concatenate([labelled, points[list(rows)]])
        return np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1).max()

    best = min(radius(rows) for rows in combinations(range(n), min(k, n)))
    assert radius(k_center(candidates, k, rng)) <= 2 * best + 1e-12
