"""Settings of every aggregation as literals, and what holds at their bounds."""

import numpy as np

from workbench.aggregation import AGGREGATIONS
from workbench.registry import REQUIRED


def test_defaults_and_bounds_of_settings():
    found = {
        f"{e.name}.{p.name}": (p.default, p.low, p.high) for e in AGGREGATIONS for p in e.params
    }
    assert found == {
        "count_above.threshold": (REQUIRED, -1e6, 1e6),
        "top_mean.share": (0.1, 1e-6, 1),
        "quantile.q": (0.5, 0, 1),
    }


def test_bounds_are_the_mean_the_largest_and_the_smallest():
    score_map = np.arange(12, dtype=np.float32).reshape(3, 4)
    unit_map = np.zeros((3, 4), np.int32)

    def value(spec):
        return AGGREGATIONS.bind(spec).call(score_map, unit_map, 1).tolist()

    assert value("top_mean:1.0") == value("mean") == [5.5]
    assert value("top_mean:0.000001") == value("quantile:1.0") == value("max") == [11]
    assert value("quantile:0.0") == [0]
    assert value("sum") == [66]
    assert value("count_above:10") == [1 / 12]
