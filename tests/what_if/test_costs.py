"""What-if with other costs: the views that read no label."""

import numpy as np
import pytest

import workbench as wb
from workbench.errors import ConfigError, NotStoredError
from workbench.selection import cereals
from workbench.types import Candidates
from workbench.what_if import cost_views


def by_hand(cycle, costs):
    units = cycle.units
    candidates = Candidates(
        unit_ids=units["unit_id"].to_numpy(),
        scores=units["entropy"].to_numpy(),
        costs=costs,
        boxes=units[["y0", "x0", "y1", "x1"]].to_numpy(),
        image_ids=units["image_id"].to_numpy(),
    )
    return cereals(candidates, 4).tolist()


@pytest.mark.parametrize("view", ["uniform", "area", "boundary"])
def test_views_on_the_stored_units(cycle, view):
    units = cycle.units
    costs = {
        "uniform": np.ones(len(units)),
        "area": units["area"].to_numpy(),
        "boundary": (units["boundary_share"] * units["area"]).to_numpy(),
    }
    found = wb.whatif(cycle, selector="cereals", costs=view, k=4)
    assert found.tolist() == by_hand(cycle, costs[view])
    assert found.approximate == ()


def test_left_out_they_are_those_of_the_budget(cycle):
    plain = wb.whatif(cycle, selector="cereals", k=4)
    assert plain.tolist() == wb.whatif(cycle, selector="cereals", costs="uniform", k=4).tolist()


def test_boundaries_of_other_units_come_from_the_predictions(cycle):
    found = wb.whatif(cycle, selector="cereals", costs="boundary", units="grid:4x4", k=3)
    assert len(found) == 3
    other = wb.whatif(cycle, selector="cereals", costs="uniform", units="grid:4x4", k=3)
    assert found.tolist() != other.tolist()
    # at the stored units they are the stored shares
    pool = wb.whatif(cycle, units="grid:2x2", selector="cereals", costs="boundary", k=4)
    assert pool.tolist() == wb.whatif(cycle, selector="cereals", costs="boundary", k=4).tolist()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"selector": "cereals", "costs": "true"}, "reads labels, and a what-if reads none"),
        ({"selector": "cereals", "costs": "arae"}, "did you mean 'area'"),
        ({"selector": "top_k", "costs": "area"}, "The selector top_k reads no costs"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(cycle, asked, words):
    with pytest.raises(ConfigError, match=words):
        wb.whatif(cycle, **asked)


@pytest.mark.parametrize("units", [None, "grid:4x4"])
def test_predictions_that_were_not_made_are_said_to_be_missing(cycle, units):
    with pytest.raises(NotStoredError, match="No network that predicts clicks was trained"):
        wb.whatif(cycle, selector="cereals", costs="predicted", units=units)


def test_views_are_offered_to_selectors_that_read_costs_the_runs_own_first(cycle):
    assert cost_views(cycle, "top_k") == []
    assert cost_views(cycle, "cereals") == ["uniform", "area", "boundary"]


@pytest.mark.parametrize("units", [None, "grid:4x4"])
def test_a_column_that_has_a_map_can_be_asked_for_in_any_units(cycle, units):
    asked = {"selector": "top_k", "k": 4, "units": units}
    by_column = wb.whatif(cycle, score="column:entropy", **asked)
    assert by_column.tolist() == wb.whatif(cycle, score="entropy", **asked).tolist()
