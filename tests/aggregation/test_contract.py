"""Holds for every registered aggregation, by its registration."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.aggregation import AGGREGATIONS
from workbench.errors import ConfigError, ShapeError
from workbench.registry import REQUIRED

NAMES = AGGREGATIONS.names()
VALUES = {"threshold": 0.5}


def bound(name):
    options = {
        p.name: VALUES[p.name] for p in AGGREGATIONS.entry(name).params if p.default is REQUIRED
    }
    return AGGREGATIONS.bind({"name": name, **options})


def maps(seed, n_units=5, size=(12, 9), kind=np.float32):
    rng = np.random.default_rng(seed)
    unit_map = rng.integers(-1, n_units, size).astype(np.int32)
    unit_map.flat[:n_units] = np.arange(n_units)  # no unit is empty
    return rng.random(size).astype(kind), unit_map


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_units=st.integers(1, 8))
def test_tensors_give_what_arrays_give(name, seed, n_units):
    score_map, unit_map = maps(seed, n_units)
    found = bound(name).call(score_map, unit_map, n_units)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float64
    tensor = bound(name).call(torch.from_numpy(score_map), torch.from_numpy(unit_map), n_units)
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_allclose(found, tensor.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_other_numbers_for_the_units_permute_the_result(name, seed):
    score_map, unit_map = maps(seed)
    new = np.random.default_rng(seed).permutation(5)
    renumbered = np.where(unit_map < 0, -1, new[unit_map])
    before = bound(name).call(score_map, unit_map, 5)
    after = bound(name).call(score_map, renumbered, 5)
    np.testing.assert_allclose(after[new], before, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_is_scored_from_its_own_pixels_alone(name):
    score_map, unit_map = maps(3)
    alone = np.array(
        [bound(name).call(score_map, np.where(unit_map == u, 0, -1), 1)[0] for u in range(5)]
    )
    np.testing.assert_allclose(bound(name).call(score_map, unit_map, 5), alone, rtol=1e-12)
    changed = np.where(unit_map == -1, 99, score_map).astype(np.float32)
    np.testing.assert_array_equal(
        bound(name).call(changed, unit_map, 5), bound(name).call(score_map, unit_map, 5)
    )


@pytest.mark.parametrize("name", NAMES)
def test_maps_of_two_sizes_are_refused(name):
    with pytest.raises(ShapeError, match="one size"):
        bound(name).call(np.zeros((3, 4), np.float32), np.zeros((4, 3), np.int32), 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrap", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("unit", [2, -2])
def test_a_unit_map_that_names_too_many_units_is_refused(name, wrap, unit):
    among_others = np.array([[0, 1, -1], [1, unit, 0]], np.int32)
    for unit_map in (np.full((3, 4), unit, np.int32), among_others):
        with pytest.raises(ShapeError, match="for 2 units"):
            bound(name).call(wrap(np.zeros(unit_map.shape, np.float32)), wrap(unit_map), 2)


@pytest.mark.parametrize("spec", ["top_mean:1.01", "top_mean:0", "quantile:1.01", "quantile:-0.01"])
def test_shares_beyond_the_whole_are_refused(spec):
    with pytest.raises(ConfigError):
        AGGREGATIONS.bind(spec)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_stay_as_they_were(name):
    score_map, unit_map = maps(4)
    score_map.setflags(write=False)
    unit_map.setflags(write=False)
    bound(name).call(score_map, unit_map, 5)


@pytest.mark.parametrize("name", AGGREGATIONS.names())
def test_defaults_are_those_of_the_registry(name):
    signature = inspect.signature(AGGREGATIONS.get(name)).parameters
    for param in AGGREGATIONS.entry(name).params:
        default = signature[param.name].default
        assert default in (inspect.Parameter.empty, param.default)
