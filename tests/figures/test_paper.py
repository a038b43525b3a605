"""Printed numbers beside those of an experiment made from their preset, and over its curves."""

import numpy as np
import pandas as pd
import pytest

from workbench.datasets.camvid import CamVid
from workbench.engine.plan import resolve
from workbench.figures import _paper_ours, _references, learning_curve
from workbench.figures._paper import beside_paper
from workbench.figures._paper_markers import CAPTION, add_cells, cells_on
from workbench.figures._paper_places import cells_for, cycle_of, preset_of
from workbench.figures._style import THEMES, blank, plain, styles
from workbench.geometry import Images, divide
from workbench.presets import PRESETS, cells_of, load
from workbench.store import create_experiment
from workbench.units import UNITS

SIZE = (36, 48)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function that creates the experiment of a preset without running it."""
    root = tmp_path_factory.mktemp("made")
    found = {}

    def make(preset, scale=None, overrides=(), images=20):
        key = (preset, scale, tuple(overrides), images)
        if key not in found:
            plan = resolve(load(preset, overrides, scale))
            whole = UNITS.bind("grid:1x1")  # a crop is drawn from what an image shows
            units = whole if plan.config.units.name == "crop" else plan.units
            names = [f"image{number:04d}" for number in range(images)]
            found[key] = create_experiment(
                root / str(len(found)),
                plan.config,
                card=CamVid.card,
                pool=divide(Images.make(names, [SIZE] * images), units.call()),
                methods=[planned.method for planned in plan.methods],
                data_dir=root,
                compute={},
            ).record
        return found[key]

    return make


def cell(record, **wanted):
    (only,) = [c for c in cells_for(record) if all(getattr(c, k) == v for k, v in wanted.items())]
    return only


def test_meal_table_1_belongs_to_meal_camvid(made):
    record = made("meal-camvid", images=367)
    assert preset_of(record) == "meal-camvid"
    of = cell(record, method="meal_ft", metric="miou")
    assert (of.value, of.budget, cycle_of(record, of)) == (0.596, "288 units", 8)
    printed = {c.method: c.value for c in cells_for(record) if c.metric == "miou" and c.method}
    assert printed == {"random": 0.52, "entropy": 0.528, "meal": 0.54, "meal_ft": 0.596}


def test_equal_table_3_belongs_to_equal_camvid(made):
    record = made("equal-camvid", images=367)
    of = cell(record, table="Table 3", method="equal", column="12%")
    assert (of.value, of.spread) == (0.6182, 0.0062)
    assert cycle_of(record, of) == 9175 * 12 // 100  # one of 9,175 regions a cycle
    full = cell(record, reference="supervised")
    assert (full.value, cycle_of(record, full)) == (0.6450, None)


@pytest.mark.parametrize("preset", [name for name in PRESETS if cells_of(name)])
def test_a_smaller_form_finds_every_cell_of_its_preset(made, preset):
    """Report points and cycles of a smaller form stand for those of the preset."""
    record = made(preset, "laptop")
    assert preset_of(record) == preset
    cells = cells_for(record)
    assert cells == cells_of(preset)
    for of in cells:
        if of.reference is None and not of.metric.endswith("@?"):
            cycle = cycle_of(record, of)
            assert cycle is not None, of
            assert 0 <= cycle < record.config.budget.cycles


def test_another_dataset_or_another_name_has_no_cells(made):
    assert not cells_for(made("meal-camvid", overrides=("dataset=synthetic",)))
    assert not cells_for(made("meal-camvid", overrides=("name=mine",)))


def test_a_method_that_is_left_out_has_no_cells(made):
    record = made("meal-camvid", overrides=("methods=[random]",))
    assert {of.method for of in cells_for(record)} == {None, "random"}


def points(record, values, cycle=8, metric="miou"):
    """Return what seeds of some methods measured at a cycle."""
    rows = [
        {"experiment": record.id, "method": m, "seed": s, "cycle": cycle, metric: value}
        | {"pool_share": 0.05, "nominal_share": 0.05}
        for m, seeds in values.items()
        for s, value in enumerate(seeds)
    ]
    columns = ["experiment", "method", "seed", "cycle", metric, "pool_share", "nominal_share"]
    return pd.DataFrame(rows, columns=columns)


def measured(monkeypatch, cycles, reports):
    monkeypatch.setattr(_paper_ours, "metrics_table", lambda runs: cycles)
    monkeypatch.setattr(_paper_ours, "reports_table", lambda runs: reports)


def test_ours_is_the_report_point_in_the_papers_unit(made, monkeypatch):
    record = made("meal-camvid", images=367)
    cycles = points(record, {"meal_ft": [0.1, 0.1, 0.1], "random": [0.2]})
    measured(monkeypatch, cycles, points(record, {"meal_ft": [0.55, 0.57, 0.59]}))
    found = beside_paper(record.runs())
    assert found.preset == "meal-camvid"
    rows = found.table.set_index(found.table["method"].fillna(found.table["metric"]))
    ours = rows.loc["meal_ft"]
    assert (ours["seeds"], ours["at"], ours["missing"]) == (3, "288 units", "")
    np.testing.assert_allclose(
        ours[["value", "ours", "sd", "difference"]].tolist(), [0.596, 0.57, 0.02, -0.026]
    )
    assert not ours["scaled"]
    assert rows.loc["random", "missing"] == "not measured yet"
    assert np.isnan(rows.loc["random", "difference"])
    share = rows.loc["labelled_share"]
    assert (share["value"], share["ours"]) == (5.0, 5.0)
    assert (share["seeds"], share["sd"]) == (3, 0.0)  # of four runs
    reference = found.table[found.table["reference"] == "supervised"].iloc[0]
    assert (reference["value"], reference["at"]) == (0.73, "the whole pool")
    assert reference["missing"] == "not measured yet"


def test_ours_of_a_reference_is_what_its_seeds_reach(made, monkeypatch):
    record = made("meal-camvid", images=367)
    measured(monkeypatch, points(record, {}), points(record, {}))
    rows = [("supervised", 0.7), ("supervised", 0.72), ("other", 0.1)]
    table = pd.DataFrame(
        [{"experiment": record.id, "reference": name, "miou": value} for name, value in rows]
    )
    monkeypatch.setattr(_paper_ours, "references_table", lambda runs: table)
    found = beside_paper(record.runs()).table
    row = found[found["reference"] == "supervised"].iloc[0]
    assert (row["seeds"], row["missing"]) == (2, "")
    np.testing.assert_allclose(row[["ours", "difference"]].tolist(), [0.71, -0.02])


def test_an_experiment_without_the_reference_says_so(made, monkeypatch):
    record = made("meal-camvid", overrides=("references=[]",), images=367)
    measured(monkeypatch, points(record, {}), points(record, {}))
    found = beside_paper(record.runs()).table
    row = found[found["reference"] == "supervised"].iloc[0]
    assert "no reference of this name" in row["missing"]


def clicks_to_95(record, full=None):
    found = beside_paper(record.runs(), full).table
    return found[found["metric"] == "clicks_to_95_percent"].set_index("method")


def test_clicks_to_95_percent_of_full_supervision_are_a_share_of_all_clicks(made, monkeypatch):
    """0.57 is 95 % of 0.6: reached 7/10 and 1/2 of the way between two cycles."""
    record = made("cereals-cityscapes", "laptop")
    curves = {
        ("cereals", 0): [0.3, 0.5, 0.6],
        ("cereals", 1): [0.3, 0.55, 0.59],
        ("random", 0): [0.3, 0.4, 0.5],
        ("random", 1): [0.3, 0.4, 0.58],
    }
    rows = [
        {"experiment": record.id, "method": method, "seed": seed, "cycle": cycle, "miou": value}
        | {"labelled_clicks": 100.0 * (cycle + 1), "pool_share": 0.1, "nominal_share": 0.1}
        for (method, seed), values in curves.items()
        for cycle, value in enumerate(values)
    ]
    table = pd.DataFrame(rows)
    measured(monkeypatch, table, table[:0])
    found = clicks_to_95(record, {"miou": 0.6, "labelled_clicks": 1000.0})
    ours = found.loc["cereals"]
    assert (ours["value"], ours["unit"], ours["at"]) == (17, "percent", "95 % of full supervision")
    np.testing.assert_allclose([ours["ours"], ours["difference"]], [26.0, 9.0])  # (27 + 25) / 2
    assert (ours["seeds"], ours["missing"]) == (2, "")
    assert found.loc["random", "value"] == 27
    assert found.loc["random", "missing"] == "1 of 2 seeds do not reach 95 % of full supervision"
    assert (
        "clicks of the whole pool" in clicks_to_95(record, {"miou": 0.6}).loc["cereals", "missing"]
    )
    assert "needs the mIoU" in clicks_to_95(record).loc["cereals", "missing"]


def test_a_scaled_experiment_says_so(made, monkeypatch):
    record = made("meal-camvid", "laptop")
    measured(monkeypatch, points(record, {}), points(record, {}))
    assert beside_paper(record.runs()).table["scaled"].all()


def test_an_area_of_fewer_images_is_not_subtracted(made, monkeypatch):
    record = made("chen-images", "laptop")
    curve = [points(record, {"entropy": [0.4 + 0.02 * c]}, c) for c in range(8)]
    table = pd.concat(curve, ignore_index=True)
    table["pool_share"] = 0.1 * (table["cycle"] + 1)
    measured(monkeypatch, table, table.iloc[:0])
    without = beside_paper(record.runs()).table.query("metric == 'alc' and method == 'entropy'")
    assert without["missing"].tolist() == ["needs the mIoU with the whole pool labelled"]
    rows = beside_paper(record.runs(), {"miou": 0.6}).table
    whole = pd.DataFrame({"experiment": [record.id], "reference": ["supervised"], "miou": [0.6]})
    monkeypatch.setattr(_references, "references_table", lambda runs: whole)
    assert beside_paper(record.runs()).table["ours"].equals(rows["ours"]), "its own reference"
    row = rows.query("metric == 'alc' and method == 'entropy'").iloc[0]
    assert row["value"] == 215
    assert row["ours"] == pytest.approx(20 * 0.7 * 0.35)  # from 0 to 0.7 of full, a straight line
    assert np.isnan(row["difference"])
    assert "images" in row["missing"]


def test_an_auc_in_percent_and_an_unresolved_number(made, monkeypatch):
    record = made("mittal-voc-2-2", "laptop")
    curve = [points(record, {"random": [0.77, 0.77]}, c) for c in range(5)]
    table = pd.concat(curve, ignore_index=True)
    table["nominal_share"] = 0.02 * (table["cycle"] + 1)
    measured(monkeypatch, table, table.iloc[:0])
    rows = beside_paper(record.runs()).table.set_index(["method", "metric"])
    assert rows.loc[("random", "auc@10"), "ours"].item() == pytest.approx(6.16)
    assert rows.loc[("random", "miou@6"), "ours"].item() == pytest.approx(77)
    assert rows.loc[("random", "miou@6"), "difference"].item() == pytest.approx(77 - 66.41)

    lost = made("mittal-a2d2-3k", "laptop")
    measured(monkeypatch, points(lost, {"random": [0.5]}, 2), points(lost, {}))
    rows = beside_paper(lost.runs()).table
    assert rows["unresolved"].all()
    assert rows["missing"].str.startswith("unresolved").all()
    assert rows["difference"].isna().all()


def test_numbers_of_single_classes_are_told_when_they_are_wanted(made, monkeypatch):
    record = made("equal-cityscapes", "laptop")
    measured(monkeypatch, points(record, {}), points(record, {}))
    found = beside_paper(record.runs())
    assert set(found.of("miou")["metric"]) == {"miou", "class_entropy"}
    assert "iou:road" in set(found.of("iou:road", ["equal"])["metric"])
    assert set(found.of("miou", ["equal"])["method"].dropna()) == {"equal"}
    entropy = found.table.query("metric == 'class_entropy' and method == 'equal'").iloc[0]
    assert (entropy["value"], entropy["unit"]) == (2.376, "nats")


@pytest.mark.parametrize(
    ("x", "place"),
    [
        *(("nominal_share", 288 / 5872), ("labelled_images", 18), ("labelled_units", 288)),
        *(("cycle", 8), ("labelled_pixels", 0)),
    ],
)
def test_cells_stand_at_their_nominal_budget(made, x, place):
    cells = cells_on(made("meal-camvid", images=367).runs(), x, "miou")
    assert len(cells) == (4 if place else 0)  # pixels are another unit than the budget's
    assert cells["x"].tolist() == pytest.approx([place] * len(cells))


def test_no_cell_is_drawn_over_another_metric(made):
    runs = made("meal-camvid", images=367).runs()
    assert cells_on(runs, "cycle", "mean_dice").empty
    assert len(cells_on(runs[:1], "cycle", "miou")) == 1  # of the methods shown alone


def test_a_marker_names_table_and_row(made):
    record = made("equal-camvid", "laptop")
    cells = cells_on(record.runs(), "nominal_share", "miou")
    drawn = blank("light")
    names = [method.name for method in record.methods]
    add_cells(drawn, cells, styles(names), THEMES["light"], several=False)
    (trace,) = [t for t in drawn.data if t.legendgroup == "equal"]
    assert list(trace.x) == pytest.approx([0.08, 0.12, 0.16, 0.20, 0.24])
    assert list(trace.y) == [0.5673, 0.6182, 0.6274, 0.6341, 0.6385]
    assert list(trace.error_y.array) == [0.0112, 0.0062, 0.0148, 0.0038, 0.0064]
    assert list(trace.customdata[1]) == [plain("equal, Table 3, EquAL, 12%"), " ± 0.6 %"]
    assert "ours is scaled" in trace.hovertemplate


def test_the_caption_tells_crosses_where_there_are_any(runs, monkeypatch):
    def captions(data):
        return " ".join(a.text or "" for a in learning_curve.figure(data).layout.annotations)

    assert CAPTION not in captions(learning_curve.read(runs))
    one = {"experiment": runs[0].experiment.id, "method": "random", "x": 8.0, "value": 0.5}
    cells = pd.DataFrame([one | {"spread": np.nan, "about": "a, b", "scaled": False}])
    monkeypatch.setattr(learning_curve, "cells_on", lambda *_: cells)
    data = learning_curve.read(runs)
    assert CAPTION in captions(data)
    assert "random, the paper's" in [trace.name for trace in learning_curve.figure(data).data]
