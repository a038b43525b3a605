"""A read-only unit map is put in order once; the results are those of a map that may change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aggregation.test_contract import NAMES, bound
from workbench.aggregation import _order
from workbench.aggregation._order import cached_order
from workbench.errors import ShapeError


def locked(unit_map):
    unit_map = np.array(unit_map, dtype=np.int32)
    unit_map.setflags(write=False)
    return unit_map


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_units=st.integers(1, 9),
    kind=st.sampled_from([np.float32, np.float64]),
)
def test_both_ways_agree(name, seed, n_units, kind):
    rng = np.random.default_rng(seed)
    unit_map = rng.integers(-1, n_units, (7, 6)).astype(np.int32)  # some units may be empty
    score_map = rng.random((7, 6)).astype(kind)
    plain = bound(name).call(score_map, unit_map, n_units)
    known = bound(name).call(score_map, locked(unit_map), n_units)
    np.testing.assert_allclose(known, plain, rtol=1e-12, atol=1e-12)


def test_the_order_is_worked_out_once():
    unit_map = locked([[0, 1], [1, -1]])
    assert cached_order(unit_map, 2) is cached_order(unit_map, 2)
    assert len(cached_order(unit_map, 3).sizes) == 3


def test_a_map_that_may_change_is_never_kept():
    unit_map = np.array([[0, 1], [1, -1]], np.int32)
    assert cached_order(unit_map, 2) is None
    view = unit_map[:]
    view.setflags(write=False)  # the array below it can still change
    assert cached_order(view, 2) is None


def test_what_is_kept_is_bounded_and_is_never_taken_for_another_map():
    for _ in range(3 * _order._CACHED):
        cached_order(locked([[0, 1], [1, 1]]), 2)
        other = locked([[1, 1], [1, 0]])  # may well stand where the last one stood
        assert cached_order(other, 2).sizes.tolist() == [1, 3]
        del other
    assert _order._order.cache_info().currsize == _order._CACHED


def test_a_unit_beyond_the_number_of_units_is_refused_here_too():
    with pytest.raises(ShapeError, match="0 to 4"):
        bound("mean").call(np.zeros((1, 2)), locked([[0, 4]]), 2)
