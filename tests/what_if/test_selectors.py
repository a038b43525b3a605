"""Selectors that are offered for a cycle can run on it; the others are refused."""

import pytest

import workbench as wb
from workbench.errors import WorkbenchError
from workbench.selection import SELECTORS
from workbench.what_if import runnable_selectors

SLOW = {"meal", "meal_ft"}
"""Their plane takes longer than all the others together."""


def can_run(cycle, name, **settings):
    try:
        wb.whatif(cycle, "entropy", selector=name, k=2, **settings)
    except WorkbenchError:
        return False
    return True


@pytest.mark.parametrize("units", [None, "image", "window:height=24,width=24,stride=12"])
def test_what_is_offered_can_run_and_what_is_not_cannot(cycle, units):
    offered = runnable_selectors(cycle, units)
    assert [n for n in SELECTORS.names() if n in offered] == offered
    tried = [name for name in SELECTORS.names() if name not in SLOW or name not in offered]
    assert [n for n in tried if can_run(cycle, n, units=units)] == [
        n for n in offered if n in tried
    ]


def test_meal_is_offered_on_the_experiments_own_units_alone(cycle):
    assert set(runnable_selectors(cycle)) >= SLOW
    assert not SLOW & set(runnable_selectors(cycle, "image"))


def test_without_features_no_selector_that_needs_them_is_offered(without):
    bare = without("feature_map", "prediction")
    offered = runnable_selectors(bare, "image")
    assert "top_k" in offered
    assert not {"k_center", "class_stratified"} & set(offered)
    assert [n for n in SELECTORS.names() if can_run(bare, n, units="image")] == offered
