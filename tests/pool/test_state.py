"""Pool states: labelled and unlabelled stay disjoint and together make the pool."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset
from workbench.errors import PoolError
from workbench.geometry import list_units
from workbench.pool import PoolState
from workbench.units import UNITS

_INDEX = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())


@given(order=st.permutations(range(36)), cuts=st.lists(st.integers(0, 36), max_size=5))
def test_revealing_moves_units_and_loses_none(order, cuts):
    state = PoolState(_INDEX)
    for part in np.split(_INDEX.unit_ids[order], sorted(cuts)):
        before = state
        state = state.reveal(part)
        assert before.labelled.tolist() == state.labelled[: len(before.labelled)].tolist()
        assert set(state.labelled) | set(state.unlabelled) == set(_INDEX.unit_ids)
        assert not set(state.labelled) & set(state.unlabelled)
        assert state.unlabelled.tolist() == sorted(state.unlabelled)
        assert state.cost("units") == len(state.labelled)
        assert state.cost("pixels") == _INDEX.areas_of(state.labelled).sum()
    assert state.labelled.tolist() == _INDEX.unit_ids[order].tolist()


def test_what_cannot_be_revealed(index):
    state = PoolState(index).reveal([3])
    with pytest.raises(PoolError, match="unit 3 is labelled already"):
        state.reveal([1, 3])
    with pytest.raises(PoolError, match="unit 1 is given twice"):
        state.reveal([1, 1])
    with pytest.raises(PoolError, match="unit 77 is not in the pool"):
        state.reveal([77])
    assert state.labelled.tolist() == [3]


def test_a_state_cannot_be_changed(index):
    given_ids = np.array([1, 2])
    state = PoolState(index, given_ids)
    given_ids[0] = 5
    assert state.labelled.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        state.labelled[0] = 5


def test_clicks_are_known_only_if_all_were_counted(index):
    counted = PoolState(index).reveal([3], clicks=[7]).reveal([1], clicks=[5])
    assert counted.clicks.tolist() == [7, 5]
    assert PoolState(index).reveal([3]).reveal([1], clicks=[5]).clicks is None
    assert PoolState(index).reveal([3], clicks=[7]).reveal([1]).clicks is None
