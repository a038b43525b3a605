"""The bounded cache of arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.cache import ArrayCache


@given(
    asked=st.lists(st.integers(0, 9), max_size=40),
    limit=st.integers(0, 60),
)
def test_values_are_right_and_the_bound_holds(asked, limit):
    cache = ArrayCache(limit)
    for key in asked:
        array = cache.get(key, lambda key=key: np.full(key + 1, key, np.uint8))
        assert array.tolist() == [key] * (key + 1)
        assert cache.held <= limit


def test_what_came_first_stays_so_that_walking_in_circles_hits():
    made = []
    cache = ArrayCache(3)
    for key in [0, 1, 2, 3, 4, 5] * 3:
        cache.get(key, lambda key=key: made.append(key) or np.zeros(1, np.uint8))
    assert made == [0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5]
    assert len(cache) == 3
