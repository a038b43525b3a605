"""Selectors and aggregations of somebody else's are treated as ours are, by what they state."""

from importlib import import_module

import numpy as np
import pytest

import workbench as wb
from workbench.aggregation import AGGREGATIONS, over_boxes
from workbench.errors import ConfigError
from workbench.selection import SELECTORS

SELECTOR = """
    from workbench.selection import SelectorEntry, top_k
    def pick(candidates, k, rng):
        return top_k(candidates, k, rng)
    ENTRIES = SelectorEntry("theirs", f"{__name__}:pick", "Theirs.", needs=("scores",), STATED)
"""
AGGREGATION = """
    import numpy as np
    from workbench.aggregation import AggregationEntry
    from workbench.registry import Param
    CALLS = []
    def over(score_map, unit_map, n_units, limit):
        CALLS.append("over")
        inside = unit_map >= 0
        above = np.bincount(unit_map[inside], score_map[inside] > limit, n_units)
        return above / np.maximum(np.bincount(unit_map[inside], minlength=n_units), 1)
    def boxes(score_map, boxes, limit):
        CALLS.append("boxes")
        return np.array([(score_map[a:c, b:d] > limit).mean() for a, b, c, d in boxes], float)
    ENTRIES = AggregationEntry(
        "theirs", f"{__name__}:over", "Theirs.", params=(Param("limit", "float"),), unit="share",
        share_above="limit", of_boxes=f"{__name__}:boxes",
    )
"""


def test_a_selector_that_needs_exact_features_is_refused_on_other_units(cycle, from_outside):
    from_outside(SELECTORS, SELECTOR.replace("STATED", "exact_embeddings=True"))
    assert len(wb.whatif(cycle, selector="theirs", k=3)) == 3
    with pytest.raises(ConfigError, match="theirs reads the exact features"):
        wb.whatif(cycle, selector="theirs", units="grid:4x4", k=3)


@pytest.mark.parametrize("ranks", [True, False])
def test_a_selector_that_ranks_is_answered_with_windows(cycle, from_outside, ranks):
    from_outside(SELECTORS, SELECTOR.replace("STATED", f"ranks={ranks}"))
    if ranks:
        theirs = wb.whatif(cycle, selector="theirs", units="window:16x16,8", k=3)
        ours = wb.whatif(cycle, selector="top_k", units="window:16x16,8", k=3)
        assert theirs.ids.tolist() == ours.ids.tolist()
    else:
        with pytest.raises(ConfigError, match="depends on the picks before") as caught:
            wb.whatif(cycle, selector="theirs", units="window:16x16,8", k=3)
        assert "top_k" in str(caught.value)


def test_an_aggregation_that_counts_is_answered_by_a_search(cycle, from_outside):
    name = from_outside(AGGREGATIONS, AGGREGATION)
    ours = wb.whatif(cycle, aggregation="count_above:0.3", units="grid:3x3", k=3)
    theirs = wb.whatif(cycle, aggregation="theirs:0.3", units="grid:3x3", k=3)
    np.testing.assert_array_equal(theirs.unit_scores, ours.unit_scores)
    assert import_module(name).CALLS == []


def test_an_aggregation_names_its_own_way_over_windows(from_outside):
    name = from_outside(AGGREGATIONS, AGGREGATION)
    score_map = np.random.default_rng(0).random((9, 12))
    boxes = [[0, 0, 4, 5], [2, 3, 9, 12]]
    found = over_boxes(score_map, boxes, "theirs:0.5")
    np.testing.assert_array_equal(found, over_boxes(score_map, boxes, "count_above:0.5"))
    assert import_module(name).CALLS == ["boxes"]
