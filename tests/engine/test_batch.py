"""Batches of windows: never too near each other, within the budget, the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.budget import Budget
from workbench.engine.batch import batch
from workbench.engine.query import pick
from workbench.geometry import Images
from workbench.geometry.listed import ListedGeometry
from workbench.geometry.windows import WindowGeometry
from workbench.pool import Allowance, PoolState
from workbench.selection import SELECTORS
from workbench.selection._suppression import overlaps
from workbench.types import Candidates, image_numbers, unit_ids
from workbench.units.window import Windows

RANKING = [entry.name for entry in SELECTORS if entry.ranks]
SIZES = [(12, 17), (9, 9), (12, 17), (5, 20)]


@st.composite
def pools(draw):
    """A pool of windows of which some are labelled, with facts that have ties."""
    window = Windows(draw(st.sampled_from([4, 6])), 5, draw(st.sampled_from([1, 2, 3])), 0.0)
    window.max_overlap = draw(st.sampled_from([0.0, 0.25, 0.6]))
    index = WindowGeometry(Images.make([str(i) for i in range(4)], SIZES), window)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    known = index.apart(rng.permutation(index.unit_ids), draw(st.integers(0, 5)))
    pool = PoolState(index, known)
    ids = pool.unlabelled
    facts = {
        "scores": rng.integers(0, 9, len(ids)) / 8,
        "embeddings": rng.integers(0, 3, (len(ids), 2)).astype(np.float32),
        "class_shares": rng.dirichlet(np.ones(3), len(ids)),
    }
    return pool, index.candidates(ids, "pixels", known).with_arrays(**facts)


def test_every_selector_that_ranks_begins_a_longer_ranking_alike():
    assert all(entry.prefix for entry in SELECTORS if entry.ranks)
    assert {"random", "top_k", "cereals"} <= set(RANKING)


@pytest.mark.parametrize("name", RANKING)
@settings(max_examples=25, deadline=None)
@given(setting=pools(), k=st.integers(1, 12), seed=st.integers(0, 99))
def test_a_batch_keeps_apart_and_can_be_made_again(name, setting, k, seed):
    pool, candidates = setting
    selector = SELECTORS.bind(name)
    found = batch(selector, candidates, k, np.random.default_rng(seed), pool)
    limit = pool.geometry.max_overlap
    every = np.concatenate([pool.labelled, found])
    boxes, images = pool.geometry.boxes_of(every), image_numbers(every)
    for place in range(len(pool.labelled), len(every)):
        before = boxes[:place][images[:place] == images[place]]
        assert (overlaps(before, boxes[place]) <= limit + 1e-12).all()
    again = batch(selector, candidates, k, np.random.default_rng(seed), pool)
    assert again.tolist() == found.tolist()
    more = batch(selector, candidates, k + 1, np.random.default_rng(seed), pool)
    assert more[: len(found)].tolist() == found.tolist()
    if name != "cereals":  # which suppresses by a rule of its own, too
        everything = batch(
            selector, candidates, len(pool.geometry), np.random.default_rng(seed), pool
        )
        assert len(found) == min(k, len(everything)), "fewer only where nothing more fits"


@pytest.mark.parametrize("unit", ["pixels", "units"])
@settings(max_examples=40, deadline=None)
@given(setting=pools(), limit=st.integers(1, 150), seed=st.integers(0, 99))
def test_a_query_never_passes_its_budget_and_leaves_little_over(unit, setting, limit, seed):
    pool, candidates = setting
    budget = Budget(unit=unit, initial=1, per_cycle=limit, cycles=2)
    random, rng = SELECTORS.bind("random"), np.random.default_rng(seed)
    found = pick(random, candidates, rng, limit, Allowance(pool.geometry, budget), pool)
    spent = pool.reveal(found).cost(unit) - pool.cost(unit)
    assert spent == pool.geometry.prices(found, unit, pool.labelled).sum() <= limit
    every = batch(random, candidates, len(pool.geometry), np.random.default_rng(seed), pool)
    if len(found) < len(every):
        following = every[: len(found) + 1]
        assert following[:-1].tolist() == found.tolist()
        assert pool.geometry.prices(following, unit, pool.labelled).sum() > limit


@pytest.mark.parametrize("name", ["ceal", "suggestive_annotation", "uniform"])
def test_a_budget_in_pixels_keeps_the_parts_of_a_batch_where_units_differ_in_size(name):
    """Not those of the batch of as many as would fit if all were as small as the smallest."""
    rng, n, limit = np.random.default_rng(0), 1000, 25_000
    areas = rng.integers(20, 2000, n)
    ids, sequences = unit_ids(0, np.arange(n)), np.repeat(list("abcdefghij"), n // 10)
    images = Images.make(["0"], [(1000, 2000)])
    index = ListedGeometry(images, ids, np.zeros((n, 4), np.int32), areas)
    shares = rng.dirichlet(np.ones(3), n)
    shares[::3] = [1, 0, 0]
    facts = {"scores": rng.random(n), "class_shares": shares}
    candidates = Candidates(
        ids, embeddings=rng.normal(size=(n, 4)), sequences=sequences, frames=np.arange(n), **facts
    )
    budget = Budget(unit="pixels", initial=1, per_cycle=limit, cycles=2)
    selector, pool = SELECTORS.bind(name), PoolState(index)
    allowance, rng = Allowance(index, budget), np.random.default_rng(1)
    found = pick(selector, candidates, rng, limit, allowance, pool)
    assert limit / 2 < index.prices(found, "pixels").sum() <= limit
    rows = index.rows(found)
    if name == "ceal":
        assert 0 < (shares[rows, 0] == 1).sum() < 0.7 * len(rows), "10 of 35, and some by chance"
    elif name == "uniform":
        assert len(set(sequences[rows])) > 7
    else:
        most = np.sort(facts["scores"])[-2 * round(limit / areas.mean()) :]
        assert facts["scores"][rows].min() >= most.min()
