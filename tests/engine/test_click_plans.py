"""Budgets in clicks before anything is trained: plans, refusals, the dry run."""

import pytest

from tests.engine.test_clicks import BUDGET, CLICKS
from workbench.budget import Budget
from workbench.datasets import open_dataset
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.pool.clicks import count_clicks
from workbench.pool.costs import default_view


def planned(small, **changes):
    return resolve(small(**changes))


@pytest.mark.parametrize(
    ("unit", "method", "view"),
    [
        ("units", "cereals", "predicted"),
        ("units", {"name": "x", "score": "entropy", "selector": "cereals"}, "uniform"),
        ("pixels", {"name": "x", "score": "entropy", "selector": "cereals"}, "area"),
        ("clicks", {"name": "x", "score": "entropy", "selector": "cereals"}, "predicted"),
        ("clicks", {"name": "x", "score": "entropy", "selector": "hybrid"}, "area"),
        ("units", {"name": "cereals", "costs": "boundary"}, "boundary"),
        ("units", "entropy", None),
    ],
)
def test_costs_that_are_not_named_are_those_of_the_budget(small, unit, method, view):
    plan = planned(small, methods=[method], budget={**BUDGET, "unit": unit})
    assert plan.methods[0].method.costs == view
    names = [rider.name for rider in plan.methods[0].riders]
    assert names == (["click_cost"] if view == "predicted" else [])
    again = resolve(plan.config)
    assert again.config == plan.config
    assert again.config.id == plan.config.id


def test_a_budget_in_clicks_reads_predictions_where_there_are_some(small):
    methods = [{"name": "x", "score": "entropy", "selector": s} for s in ("cereals", "hybrid")]
    methods[1]["name"] = "y"
    plan = planned(small, methods=methods, budget=BUDGET, riders=["click_cost:epochs=3"])
    assert [m.method.costs for m in plan.methods] == ["predicted", "area"]  # hybrid can do without
    assert plan.methods[0].riders[0].options["epochs"] == 3
    assert plan.methods[1].riders == ()
    assert default_view(Budget(**BUDGET), predicted=True) == "predicted"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"methods": [{"name": "entropy", "costs": "area"}]}, "its selector top_k reads no costs"),
        ({"methods": ["entropy"], "riders": ["click_cost"]}, "trained for nothing"),
        ({"methods": ["cereals"], "riders": ["clickcost"]}, "did you mean 'click_cost'"),
        ({"methods": ["cereals"], "riders": ["click_cost:model=tini"]}, r"riders\.0\.model"),
        ({"methods": ["cereals"], "riders": ["click_cost"] * 2}, "Two riders write the column"),
        ({"methods": [{"name": "cereals", "costs": "clicks"}]}, "methods.0.costs is 'clicks'"),
        ({"budget": {**BUDGET, "unit": "click"}}, "budget.unit is 'click'"),
    ],
)
def test_what_does_not_fit_is_a_sentence(small, changes, words):
    with pytest.raises(ConfigError, match=words):
        planned(small, **changes)


def test_the_dry_run_estimates_what_the_pool_takes(small, tmp_path):
    config = small(methods=["cereals"], budget=BUDGET, riders=CLICKS["riders"])
    estimate = forecast(config, tmp_path)
    dataset = open_dataset(config.dataset, tmp_path)
    masks = [dataset.mask("train", key) for key in dataset.keys("train")]
    total = sum(
        count_clicks(m[y : y + 16, x : x + 24]) for m in masks for y in (0, 16) for x in (0, 24)
    )
    assert estimate.pool_clicks == pytest.approx(total, rel=0.5)
    assert estimate.rider_steps > 0
    plain = forecast(small(methods=["entropy"]), tmp_path)
    assert (plain.pool_clicks, plain.rider_steps) == (None, 0)
    assert plain.bytes["weights"] < estimate.bytes["weights"]
