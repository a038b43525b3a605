"""Reading in a pool of threads: in order, bounded, errors in their place, a clean end."""

import threading
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.ahead import InOrder, ahead


@given(st.lists(st.integers(), max_size=30), st.integers(0, 7), st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(items, depth, readers):
    assert list(ahead(lambda n: 2 * n, items, depth, readers)) == [2 * n for n in items]


def test_no_more_is_read_than_may_wait():
    begun, taken = [], []
    for found in ahead(lambda n: begun.append(n) or n, iter(range(30)), 5, 2):
        taken.append(found)
        assert len(begun) <= len(taken) + 5
    assert taken == list(range(30))


def test_reading_overlaps_with_whoever_takes_the_results():
    other = threading.Event()
    with closing(ahead(lambda n: n if n == 0 else other.set(), range(2), 1, 1)) as source:
        assert next(source) == 0
        assert other.wait(10), "the second item is read before it is asked for"


def test_several_are_read_at_once():
    together = threading.Barrier(2, timeout=10)
    assert len(list(ahead(lambda n: together.wait(), range(4), 3, 2))) == 4


def test_an_error_is_raised_in_the_place_of_its_item():
    def read(n):
        if n == 3:
            raise OSError("no such image")
        return n

    source = ahead(read, range(9), 8, 2)
    assert [next(source) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="no such image"):
        next(source)


def test_a_reader_that_is_closed_begins_nothing_more():
    begun = []
    source = ahead(lambda n: begun.append(n) or n, iter(range(10**9)), 4, 2)
    assert next(source) == 0
    source.close()
    after = len(begun)
    assert after <= 6
    assert not [
        t for t in threading.enumerate() if t.name.startswith("read-ahead") and t.is_alive()
    ]
    assert len(begun) == after


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), max_size=12))
def test_what_is_asked_for_is_given_whatever_was_expected(expected, asked):
    reader = InOrder(lambda n: n * n, depth=3)
    reader.expect(expected)
    assert [reader(n) for n in asked] == [n * n for n in asked]
    reader.stop()


def test_what_was_expected_is_read_once():
    read = []
    reader = InOrder(lambda n: read.append(n) or n, depth=2)
    reader.expect([4, 4, 7])
    assert [reader(4), reader(5), reader(4), reader(7), reader(7)] == [4, 5, 4, 7, 7]
    assert sorted(read) == [4, 4, 5, 7, 7]


def test_after_an_error_nothing_is_expected():
    def read(n):
        if n == 1:
            raise OSError("no such image")
        return n

    reader = InOrder(read, depth=1)
    reader.expect([0, 1, 2])
    assert reader(0) == 0
    with pytest.raises(OSError, match="no such image"):
        reader(1)
    assert reader(2) == 2
