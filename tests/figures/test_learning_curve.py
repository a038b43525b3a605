from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ConfigError
from workbench.figures import learning_curve
from workbench.figures._seeds import SPREADS
from workbench.figures._style import plain
from workbench.metrics import OVERALL


def test_one_row_a_run_and_published_cycle(runs):
    data = learning_curve.read(runs)
    published = {(r.method.name, r.seed): len(r.cycles) for r in runs}
    assert data.table.groupby(["method", "seed"]).size().to_dict() == published
    assert set(published.values()) == {2, 3}  # one run is a cycle behind


def test_values_are_those_of_the_store(runs):
    table = learning_curve.read(runs, y="pixel_accuracy").table
    for run in runs:
        for cycle in run.cycles:
            row = table.query(
                f"method == '{run.method.name}' and seed == {run.seed} and cycle == {cycle.number}"
            ).iloc[0]
            assert row["value"] == cycle.metrics.pixel_accuracy
            assert row["labelled_units"] == cycle.metrics.labelled_units
            budget, pool = run.experiment.config.budget, run.experiment.geometry
            assert row["pool_share"] == pytest.approx(  # images of one size, cut into units
                cycle.metrics.labelled_pixels / pool.sizes.prod(axis=1).sum()
            )
            assert row["nominal_share"] == pytest.approx(
                budget.nominal(cycle.number) / len(pool.unit_ids)
            )


def test_a_nominal_share_is_what_the_budget_names(runs):
    run = runs[0]
    experiment = run.experiment
    budget = experiment.config.budget.model_copy(
        update={"unit": "%", "initial": 0.1, "per_cycle": 0.05}
    )
    config = experiment.config.model_copy(update={"budget": budget})
    with patch.object(experiment, "config", config):
        table = learning_curve.read([run], x="nominal_share").table
        assert next(iter(learning_curve.x_choices([run]))) == "pool_share"
    assert table["nominal_share"].tolist() == [0.1, 0.15, 0.2][: len(table)]


def test_a_budget_in_clicks_has_no_nominal_share(runs):
    run = runs[0]
    experiment = run.experiment
    budget = experiment.config.budget.model_copy(update={"unit": "clicks"})
    config = experiment.config.model_copy(update={"budget": budget})
    with patch.object(experiment, "config", config):
        assert learning_curve.metrics_table([run])["nominal_share"].isna().all()
        assert "nominal_share" not in learning_curve.x_choices([run])


def seeds_of(*values):
    rows = [("e", "m", seed, 0, 8, 100, 0.1, value) for seed, value in enumerate(values)]
    columns = [
        *("experiment", "method", "seed", "cycle"),
        *("labelled_units", "labelled_pixels", "pool_share", "value"),
    ]
    return pd.DataFrame(rows, columns=columns)


def test_mean_and_range_of_three_seeds():
    row = learning_curve.summarise(seeds_of(0.5, 0.6, 0.7), "labelled_units", "range").iloc[0]
    assert (row["x"], row["seeds"]) == (8, 3)
    np.testing.assert_allclose(row[["mean", "low", "high"]].tolist(), [0.6, 0.5, 0.7])


def test_band_of_one_standard_deviation_divides_by_n_minus_one():
    row = learning_curve.summarise(seeds_of(0.5, 0.6, 0.7), "labelled_units", "sd").iloc[0]
    np.testing.assert_allclose(row[["sd", "low", "high"]].tolist(), [0.1, 0.5, 0.7])


def test_one_seed_has_no_band_and_no_deviation():
    row = learning_curve.summarise(seeds_of(0.5), "cycle", "sd").iloc[0]
    assert (row["low"], row["high"], row["x"]) == (0.5, 0.5, 0)
    assert np.isnan(row["sd"])


def test_a_seed_without_a_value_does_not_count():
    row = learning_curve.summarise(seeds_of(0.5, np.nan), "pool_share", "range").iloc[0]
    assert (row["mean"], row["seeds"]) == (0.5, 1)


def test_a_run_that_is_behind_lowers_n_and_the_legend_says_so(runs):
    data = learning_curve.read(runs)
    behind = data.summary.query("method == 'k_center'").set_index("cycle")["seeds"]
    assert behind.to_dict() == {0: 2, 1: 2, 2: 1}
    names = [trace.name for trace in learning_curve.figure(data).data]
    assert "k_center (n = 1–2)" in names
    assert "random (n = 2)" in names


def test_an_absent_class_has_no_curve(runs):
    data = learning_curve.read(runs, y="iou:car")
    assert data.table["value"].isna().all()
    assert data.summary.empty


def test_the_band_is_stated_in_the_figure(runs):
    for spread, words in SPREADS.items():
        drawn = learning_curve.figure(learning_curve.read(runs, spread=spread))
        assert any(plain(words) in (a.text or "") for a in drawn.layout.annotations)


def test_the_band_can_be_the_interval_of_the_mean(runs):
    data = learning_curve.read(runs, spread="interval")
    for row in data.summary.itertuples():
        values = data.table.query("method == @row.method and cycle == @row.cycle")["value"]
        if row.seeds == 1:
            assert row.low == row.mean == row.high
        else:
            ends = stats.t.interval(0.95, 1, values.mean(), stats.sem(values))
            assert (row.low, row.high) == pytest.approx(ends)


@pytest.mark.parametrize("x", learning_curve.X_TITLES)
def test_every_x_axis_is_drawn_where_the_summary_says(runs, x):
    data = learning_curve.read(runs, x=x)
    drawn = learning_curve.figure(data)
    line = next(t for t in drawn.data if (t.name or "").startswith("random ("))
    expected = data.summary.query("method == 'random'")
    np.testing.assert_allclose(line.x, expected["x"])
    np.testing.assert_allclose(line.y, expected["mean"])


def test_metrics_table_names_every_class(runs):
    table = learning_curve.metrics_table(runs)
    classes = runs[0].experiment.card.classes
    assert [c for c in table if c.startswith("iou:")] == [f"iou:{c}" for c in classes]
    choices = learning_curve.y_choices(runs)
    assert set(choices) <= set(table)
    measured = [c for c in table if c in OVERALL or ":" in c]
    assert [c for c in measured if "object_f1" not in c] == list(choices), "no class of objects"
    assert choices["boundary_iou:road"] == "Boundary IoU of road"


def test_object_f1_is_offered_for_the_classes_of_objects(runs):
    card = replace(runs[0].experiment.card, objects=("car",))
    with patch.object(runs[0].experiment, "card", card):
        choices = learning_curve.y_choices(runs[:1])
    assert [c for c in choices if "object_f1" in c] == ["mean_object_f1", "object_f1:car"]


@pytest.mark.parametrize("y", ["mean_dice", "frequency_weighted_iou", "boundary_iou:sky"])
def test_every_metric_can_be_the_axis(runs, y):
    data = learning_curve.read(runs, y=y)
    name, _, of = y.partition(":")
    for run in runs:
        for cycle in run.cycles:
            found = data.table.query(
                f"method == '{run.method.name}' and seed == {run.seed} and cycle == {cycle.number}"
            )["value"].item()
            m = cycle.metrics
            assert found == (m.of_classes(name)[2] if of else m.value(name))
    drawn = learning_curve.figure(data)
    assert drawn.layout.yaxis.title.text == f"{learning_curve.y_title(y)} (%)"


def test_a_metric_that_was_not_measured_is_a_sentence(runs):
    data = learning_curve.read(runs, y="mean_object_f1")
    assert data.table["value"].isna().all()
    (said,) = learning_curve.figure(data).layout.annotations
    assert "Mean object F1 was measured in none" in said.text.replace("<br>", " ")


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"x": "labeled_units"}, "labelled_units"),
        ({"y": "iou:rod"}, "no class .* did you mean 'road'"),
        ({"y": "dice:skye"}, "no class .* did you mean 'sky'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(runs, setting, hint):
    with pytest.raises(ConfigError, match=hint):
        learning_curve.read(runs, **setting)


@pytest.mark.parametrize("y", ["iou:", "mean_dise", "f1:road"])
def test_unknown_metrics_are_told_without_a_cycle_too(y):
    with pytest.raises(ConfigError, match="no metric"):
        learning_curve.read([], y=y)
    assert learning_curve.read([], y="dice:road").table.empty


def test_the_axis_starts_with_the_budgets_unit_and_offers_clicks_where_they_were_counted(runs):
    keys = list(learning_curve.x_choices(runs))
    assert keys[0] == "labelled_units"
    assert set(keys) == set(learning_curve.X_TITLES)
    curve = learning_curve.read(runs, x="labelled_clicks")
    np.testing.assert_allclose(curve.table["labelled_clicks"], 7 * curve.table["labelled_units"])
    drawn = learning_curve.figure(curve)
    assert drawn.layout.xaxis.title.text == "Labelling cost in clicks"
    assert list(learning_curve.x_choices([])) == [k for k in keys if k != "labelled_clicks"]


def test_a_metric_of_classes_without_its_class_is_told_the_mean(runs):
    with pytest.raises(ConfigError, match=r"as in dice:road, or take mean_dice, the mean"):
        learning_curve.read(runs, y="dice")
    with pytest.raises(ConfigError, match=r"no class 'rood'; did you mean 'road'\?"):
        learning_curve.read(runs, y="iou:rood")
    with pytest.raises(ConfigError, match=r"no metric 'f1'.* mean_dice, mean_object_f1, miou"):
        learning_curve.read(runs, y="f1")
