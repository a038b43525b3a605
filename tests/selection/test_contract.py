"""What holds for every registered selector."""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import selection
from workbench.errors import ConfigError, ShapeError
from workbench.selection import SELECTORS, SelectorEntry
from workbench.types import Candidates, image_numbers, unit_ids

PREFIX = [e.name for e in SELECTORS if e.prefix]
MAY_FALL_SHORT = [e.name for e in SELECTORS if not e.fills]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def candidate_pools(draw, max_units=11):
    """Small pools with everything a selector may read: ties, identical points, ids with gaps."""
    n = draw(st.integers(0, max_units))
    seed = draw(st.integers(0, 2**32 - 1))
    levels = draw(st.sampled_from([1, 3, 1000]))  # few levels make ties and identical points
    n_labelled = draw(st.sampled_from([0, 1, 4]))
    n_classes = draw(st.sampled_from([1, 4]))
    return pool(n, np.random.default_rng(seed), levels, n_labelled, n_classes)


def pool(n, rng, levels=1000, n_labelled=4, n_classes=4):
    def numbers(*shape):
        return rng.integers(0, levels, size=shape) / levels

    images = rng.integers(0, 4, size=n)
    local = rng.permutation(3 * n)[:n]
    embeddings = numbers(n, 3)
    labelled = numbers(n_labelled, 3)
    corner = rng.integers(0, 40, size=(n, 2))
    return Candidates(
        unit_ids=unit_ids(0, local) + unit_ids(1, 0) * images,
        scores=numbers(n),
        embeddings=embeddings.astype(np.float32),
        labelled_embeddings=labelled.astype(np.float32),
        reference_embeddings=np.concatenate([embeddings, labelled]).astype(np.float32),
        costs=numbers(n) + 1,
        class_shares=rng.dirichlet(np.ones(n_classes), size=n),
        image_ids=images.astype(str),
        sequences=(images // 2).astype(str),
        frames=images * 10,
        boxes=np.concatenate([corner, corner + 16], axis=1),
    )


def select(name, candidates, k, seed=0):
    return SELECTORS.bind(name).call(candidates, k, np.random.default_rng(seed)).tolist()


@pytest.mark.parametrize("name", SELECTORS.names())
@quick
@given(candidates=candidate_pools(), k=st.integers(0, 8), seed=st.integers(0, 2**32 - 1))
def test_a_batch_is_k_different_ids_of_candidates(name, candidates, k, seed):
    batch = select(name, candidates, k, seed)
    wanted = min(k, len(candidates))
    assert len(batch) == wanted or (0 < len(batch) < wanted and name in MAY_FALL_SHORT)
    assert len(set(batch)) == len(batch)
    assert set(batch) <= set(candidates.unit_ids.tolist())
    assert batch == select(name, candidates, k, seed)


@pytest.mark.parametrize("name", SELECTORS.names())
@quick
@given(candidates=candidate_pools(), k=st.integers(0, 8), data=st.data())
def test_the_order_of_candidates_is_irrelevant(name, candidates, k, data):
    order = np.array(data.draw(st.permutations(range(len(candidates)))), dtype=np.int64)
    assert select(name, candidates.take(order), k) == select(name, candidates, k)


@pytest.mark.parametrize("name", PREFIX)
@quick
@given(candidates=candidate_pools(), k=st.integers(0, 8))
def test_the_batch_of_k_begins_the_batch_of_k_plus_one(name, candidates, k):
    assert select(name, candidates, k) == select(name, candidates, k + 1)[:k]


@pytest.mark.parametrize("name", SELECTORS.names())
def test_result_is_an_array_of_int64_ids(name, rng):
    batch = SELECTORS.bind(name).call(pool(6, rng), 3, rng)
    assert batch.dtype == np.int64
    assert batch.shape == (3,)
    assert set(image_numbers(batch)) <= set(range(4))


@pytest.mark.parametrize("name", SELECTORS.names())
def test_what_is_declared_as_needed_is_enough_and_missed(name, rng):
    everything = pool(6, rng)
    entry = SELECTORS.entry(name)
    only = {need: getattr(everything, need) for need in entry.needs}
    assert len(select(name, Candidates(everything.unit_ids, **only), 2)) == 2
    for need in entry.needs:
        lacking = {**only, need: None}
        with pytest.raises(ShapeError, match=need):
            select(name, Candidates(everything.unit_ids, **lacking), 2)


@pytest.mark.parametrize("name", SELECTORS.names())
def test_a_negative_batch_is_refused(name, rng):
    with pytest.raises(ConfigError, match="-1"):
        select(name, pool(3, rng), -1)


@pytest.mark.parametrize("name", SELECTORS.names())
def test_every_selector_is_public_documented_and_cites_its_source(name):
    entry = SELECTORS.entry(name)
    assert getattr(selection, name) is entry.load()
    assert entry.summary.endswith(".")
    assert entry.source
    assert "Args:" in entry.load().__doc__
    assert "Returns:" in entry.load().__doc__


@pytest.mark.parametrize("name", SELECTORS.names())
def test_defaults_are_those_of_the_registry(name):
    signature = inspect.signature(SELECTORS.get(name)).parameters
    for param in SELECTORS.entry(name).params:
        default = signature[param.name].default
        assert default in (inspect.Parameter.empty, param.default)


def test_an_entry_names_all_arrays_that_it_needs_or_reads():
    entry = SelectorEntry("x", "builtins:dict", "X.", needs=("scores",), reads=("costs",))
    assert entry.arrays == {"scores", "costs"}
    assert (entry.ranks, entry.prefix, entry.exact_embeddings) == (False, False, False)


TOLD = [entry.name for entry in SELECTORS if entry.decides]


def test_every_selector_says_what_decides():
    for entry in SELECTORS:
        known = bool(entry.decides and entry.decided_by)
        assert known != bool(entry.unstored) or entry.name == "random", entry.name
        assert bool(entry.decides) == bool(entry.decided_by), entry.name


@pytest.mark.parametrize("name", TOLD)
@quick
@given(pool=candidate_pools(), k=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_what_decides_is_largest_for_the_unit_that_is_picked(name, pool, k, seed):
    """As long as something is left to gain; then some go on by score."""
    bound = SELECTORS.bind(name)
    picked = np.array(select(name, pool, k, seed), np.int64)
    rows = {unit: row for row, unit in enumerate(pool.unit_ids.tolist())}
    for place, unit in enumerate(picked.tolist()):
        values = bound.entry.value(pool, picked[:place], len(picked), bound.options)
        assert values.shape == (len(pool),)
        left = values[~np.isin(pool.unit_ids, picked[:place])]
        assert not np.isinf(values).any()
        if bound.entry.drawn or np.isnan(left).all() or (name in COVERS and left.max() <= 0):
            break
        close = 1e-6 * max(1.0, np.nanmax(np.abs(left)))
        assert values[rows[unit]] >= np.nanmax(left) - close


COVERS = ("facility_location", "suggestive_annotation")
"""What covers nothing more has no gain."""
