"""Whole runs on budgets in images and shares of them, from nothing, and through a pool filter."""

import pytest

import workbench as wb
from workbench.engine.experiment import run_experiment
from workbench.engine.plan import resolve
from workbench.errors import BudgetError, ConfigError

VIDEO = {"name": "synthetic", "train": 12, "val": 2, "height": 32, "width": 48}


def runs(config, path):
    return wb.open_store(path).runs(run_experiment(config, path, path))


def test_a_run_begins_with_nothing_and_labels_a_share_of_the_images(small, tmp_path):
    budget = {"unit": "%", "initial": 0, "per_cycle": "12%", "cycles": 3}
    config = small(methods=["entropy"], units="image", budget=budget, dataset=VIDEO)
    (run,) = runs(config, tmp_path)
    # 12 and 24 % of 12 images are 1.44 and 2.88 images
    assert [c.metrics.labelled_units for c in run.cycles] == [0, 1, 2]
    assert wb.whatif(run.cycle(0)).tolist() == run.cycle(0).selected.tolist()


def test_blocks_are_counted_as_parts_of_images_and_the_rest_is_carried_on(small, tmp_path):
    budget = {"unit": "images", "initial": 2, "per_cycle": 0.4, "cycles": 4}
    (run,) = runs(small(methods=["random"], units="grid:2x2", budget=budget), tmp_path)
    # nominally 8, 9.6, 11.2 and 12.8 quarters
    assert [c.metrics.labelled_units for c in run.cycles] == [8, 9, 11, 12]
    for cycle in run.cycles:
        assert wb.whatif(cycle).tolist()[: len(cycle.selected)] == cycle.selected.tolist()


def test_the_first_images_come_from_the_filtered_pool_on_demand(small, tmp_path):
    """Uniform@5: and methods with other filters share no cycle 0."""
    filtered = {"name": "third", "score": "entropy", "pool_filter": "every_nth_frame:3"}
    config = small(
        dataset=VIDEO,
        units="image",
        methods=["random", filtered],
        budget={"initial": 2, "per_cycle": 1, "cycles": 2},
        initial={"filtered": True},
    )
    plan = resolve(config)
    keys = {plan.cycle_zero_key(method, 0) for method in plan.methods}
    assert len(keys) == 2
    _, third = sorted(runs(config, tmp_path), key=lambda run: run.method.name)
    places = third.experiment.geometry.places(third.cycle(1).labelled)
    assert len(places) == 3
    assert not places["frame"].mod(3).any()
    plain = resolve(small(methods=["random", filtered]))
    assert len({plain.cycle_zero_key(method, 0) for method in plain.methods}) == 1


def test_uniform_is_even_over_first_images_and_all_queries(small, tmp_path):
    config = small(
        dataset=VIDEO,
        units="image",
        methods=["uniform"],
        budget={"unit": "%", "initial": "25%", "per_cycle": "25%", "cycles": 2},
        initial={"rule": "uniform"},
    )
    (run,) = runs(config, tmp_path)
    order = run.experiment.geometry.places(run.experiment.geometry.unit_ids)
    order = order.sort_values(["sequence", "frame"])["unit_id"].tolist()
    first, both = run.cycle(0).labelled.tolist(), run.cycle(1).labelled.tolist()
    assert sorted(map(order.index, first)) == [0, 4, 8]
    assert sorted(map(order.index, both)) == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"budget": {"unit": "%", "initial": 0.5, "per_cycle": 0.4, "cycles": 3}},
         BudgetError, r"labels 130 % .* lower budget.cycles to at most 2"),
        ({"budget": {"initial": 9, "per_cycle": 1, "cycles": 2}},
         BudgetError, r"no whole number of images"),
        ({"initial": {"rule": "uniform"}, "budget": {"unit": "clicks", "initial": 9,
          "per_cycle": 1, "cycles": 2}}, ConfigError, "initial.rule uniform"),
        ({"initial": {"filtered": True}, "methods": [{"name": "x", "score": "entropy",
          "pool_filter": "every_nth_frame:6"}]}, BudgetError, r"budget.initial is 12 units"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(
    small, tmp_path, changes, error, words
):
    budget = {"initial": 12, "per_cycle": 1, "cycles": 2}
    config = small(**{"budget": budget, "dataset": VIDEO, **changes})
    with pytest.raises(error, match=words):
        run_experiment(config, tmp_path / "s", tmp_path)
    assert not (tmp_path / "s").exists()
