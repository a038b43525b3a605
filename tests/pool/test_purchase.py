"""Queues: labels are requested, paid for one after the other, and end at the limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset
from tests.pool.later import LaterLabels
from workbench.budget import Budget, Initial
from workbench.errors import PoolError, WaitingError
from workbench.geometry import list_units
from workbench.pool import (
    Allowance,
    MaskLabels,
    Oracle,
    PoolState,
    Prices,
    Queue,
    collect,
    initial_sets,
)
from workbench.types import image_numbers
from workbench.units import UNITS

_DATASET = TinyDataset()
_INDEX = list_units(_DATASET, UNITS.bind("grid:2x3").call())
_MASKS = MaskLabels(_DATASET, _INDEX)
_COUNTED: dict = {}


def _later():
    return LaterLabels(_DATASET, _INDEX)


def _when_there(queue, source, answered):
    """Collect as often as it takes; return what was paid, and how often it waited."""
    prices = Prices(source)
    for waited in range(100):
        try:
            return collect(queue, source, prices), waited
        except WaitingError:
            source.answer(answered)
    raise AssertionError("it waits forever")


@settings(max_examples=40, deadline=None)
@given(st.permutations(_INDEX.unit_ids.tolist()), st.integers(0, 400))
def test_units_are_paid_for_in_order_until_the_limit_is_reached(order, limit):
    prices = Prices(_MASKS, counted=_COUNTED)
    paid = collect(Queue.of_units(order, limit), _MASKS, prices)
    assert paid.unit_ids.tolist() == order[: len(paid.unit_ids)]
    assert paid.clicks.tolist() == prices.of(paid.unit_ids).tolist()
    assert paid.clicks[:-1].sum() < limit or not len(paid.clicks)
    if len(paid.unit_ids) < len(order):
        assert paid.clicks.sum() >= limit


def test_without_a_limit_all_of_a_queue_is_labelled():
    paid = collect(Queue.of_units([5, 3, 4]), _MASKS, Prices(_MASKS))
    assert paid.unit_ids.tolist() == [5, 3, 4]
    assert len(collect(Queue(()), _MASKS, Prices(_MASKS)).unit_ids) == 0
    assert len(collect(Queue.of_units([5, 3], 0), _MASKS, Prices(_MASKS)).unit_ids) == 0


def test_no_label_is_read_that_was_not_paid_for():
    source = _later()
    queue = Queue.of_units(_INDEX.unit_ids[::-1], 60)
    paid, waited = _when_there(queue, source, None)
    assert 1 < len(paid.unit_ids) < len(_INDEX)
    assert set(source.read) == set(paid.unit_ids.tolist())
    assert waited > 1
    assert source.requested[: len(paid.unit_ids)] == paid.unit_ids.tolist()
    assert len(source.requested) < len(paid.unit_ids) + 5, "what is likely to fit, and no more"


@settings(max_examples=20, deadline=None)
@given(limit=st.one_of(st.none(), st.integers(1, 300)), answered=st.integers(1, 4))
def test_labels_that_come_late_change_nothing(limit, answered):
    queue = Queue.of_units(_INDEX.unit_ids[::3], limit)
    at_once = collect(queue, _MASKS, Prices(_MASKS, counted=_COUNTED))
    later, waited = _when_there(queue, _later(), answered)
    assert later.unit_ids.tolist() == at_once.unit_ids.tolist()
    assert later.clicks.tolist() == at_once.clicks.tolist()
    assert waited >= 1


def test_what_is_missing_is_told_in_a_sentence():
    source = _later()
    queue = Queue.of_units([4, 2, 5])
    with pytest.raises(WaitingError, match=r"3 labels .*, and 3 .* run the same command"):
        collect(queue, source, Prices(source))
    source.answer(1)
    with pytest.raises(WaitingError, match="3 labels are requested, and 2"):
        collect(queue, source, Prices(source))
    assert source.requested == [4, 2, 5]
    with pytest.raises(PoolError, match="unit 2 is not there yet; request it"):
        Oracle(source, _INDEX).reveal([4, 2])
    with pytest.raises(PoolError, match="99 is not in the pool"):
        collect(Queue.of_units([99]), source, Prices(source))


def _initial(rule, clicks, seed=0, source=_MASKS):
    budget = Budget(unit="clicks", initial=clicks, per_cycle=10, cycles=2)
    (queue,) = initial_sets(Allowance(_INDEX, budget), Initial(rule=rule), seed)
    return queue, collect(queue, source, Prices(source, counted=_COUNTED))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["images", "units"]), st.integers(1, 900), st.integers(0, 99))
def test_initial_units_end_where_their_clicks_are_reached(rule, clicks, seed):
    queue, paid = _initial(rule, clicks, seed)
    ids = paid.unit_ids
    assert len(np.unique(ids)) == len(ids) > 0
    assert paid.clicks.sum() >= clicks or len(ids) == len(queue.unit_ids)
    last = 6 if rule == "images" else 1
    assert paid.clicks[:-last].sum() < clicks
    if rule == "images":
        assert all(np.bincount(image_numbers(ids))[np.unique(image_numbers(ids))] == 6)
    _, more = _initial(rule, clicks + 300, seed)
    assert more.unit_ids[: len(ids)].tolist() == ids.tolist()


def test_what_was_paid_too_much_is_missing_in_the_next_query():
    budget = Budget(unit="clicks", initial=50, per_cycle=100, cycles=3)
    allowance = Allowance(_INDEX, budget)
    pool = PoolState(_INDEX).reveal([0, 1], [30, 27])
    assert allowance.limit(pool, 0) == allowance.click_limit(pool, 0) == 150 - 57
    assert allowance.limit(pool.reveal([2], [110]), 1) == 250 - 167
    assert allowance.limit(pool.reveal([2], [400]), 0) == 0
    units = Allowance(_INDEX, Budget(initial=2, per_cycle=3, cycles=3))
    assert units.limit(pool, 1) == 8 - 2
    assert units.click_limit(pool, 1) is None
