"""One small experiment from the run to the exported table: every part says the same of it."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.aggregation import mean
from workbench.figures import class_distribution, learning_curve, method_overlap
from workbench.metrics import iou, mean_iou
from workbench.store import export_csv

INITIAL, PER_CYCLE, CYCLES = 8, 4, 3
METHODS = ("random", "entropy", "k_center")
UNIT = 16 * 24
POOL = 48


@pytest.fixture(scope="module")
def small(shared):
    return shared.trained()


@pytest.fixture(scope="module")
def runs(small):
    return [small.run(method) for method in METHODS]


@pytest.fixture(scope="module")
def tables(small, tmp_path_factory):
    """The exported tables, by name."""
    out = tmp_path_factory.mktemp("export")
    export_csv(wb.open_store(small.store), out)
    return {path.stem: pd.read_csv(path) for path in out.iterdir()}


def test_each_cycle_labels_what_the_one_before_selected(runs):
    for run in runs:
        assert run.cycle_numbers == list(range(CYCLES))
        assert run.status.state == "done"
        for number, cycle in enumerate(run.cycles):
            candidates = set(cycle.units["unit_id"])
            assert len(cycle.labelled) == INITIAL + PER_CYCLE * number
            assert cycle.metrics.labelled_units == len(cycle.labelled)
            assert cycle.metrics.labelled_pixels == UNIT * len(cycle.labelled)
            assert len(candidates) == POOL - len(cycle.labelled)
            assert candidates.isdisjoint(cycle.labelled)
            assert set(cycle.selected) <= candidates
            last = number == CYCLES - 1
            assert len(cycle.selected) == (0 if last else PER_CYCLE)
            if not last:
                following = run.cycle(number + 1)
                assert following.labelled.tolist() == [*cycle.labelled, *cycle.selected]


def test_metrics_are_those_of_the_confusion_matrix(runs):
    for cycle in (cycle for run in runs for cycle in run.cycles):
        metrics = cycle.metrics
        assert metrics.confusion.sum() <= 4 * 32 * 48, "the validation split's pixels"
        np.testing.assert_allclose(metrics.iou, iou(metrics.confusion))
        assert metrics.miou == pytest.approx(mean_iou(metrics.confusion))
        right = np.trace(metrics.confusion) / metrics.confusion.sum()
        assert metrics.pixel_accuracy == pytest.approx(right)


def test_unit_scores_are_the_means_of_the_score_map(runs):
    cycle = runs[1].cycle(1)
    scores = cycle.unit_scores("entropy")
    low, high = 0.0, np.log(9)
    assert scores.between(low, high).all()
    for image_id, units in cycle.units.groupby("image_id"):
        unit_map = np.full((32, 48), -1)
        for local, unit in enumerate(units.itertuples()):
            unit_map[unit.y0 : unit.y1, unit.x0 : unit.x1] = local
        kept = mean(cycle.score_map("entropy", image_id), unit_map, len(units))
        np.testing.assert_allclose(kept, scores[units["unit_id"]], atol=high / 255)
        shares = np.bincount(cycle.prediction(image_id)[unit_map == 0], minlength=9) / UNIT
        columns = [f"class_{n}" for n in range(9)]
        np.testing.assert_allclose(shares, units[columns].iloc[0], atol=1e-6)
    assert len(cycle.embeddings.vectors) == POOL


def test_what_if_by_the_runs_own_method_is_its_selection(runs):
    for run in runs:
        for cycle in run.cycles[:-1]:
            found = wb.whatif(cycle)
            assert found.tolist() == cycle.selected.tolist()
            assert found.approximate == ()
    named = wb.whatif(runs[0].cycle(0), score="entropy", selector="top_k", k=PER_CYCLE)
    assert named.tolist() == runs[1].cycle(0).selected.tolist(), "cycle 0 is shared"


def test_figures_show_the_stored_numbers(runs):
    curve = learning_curve.read(runs).table
    assert len(curve) == len(METHODS) * CYCLES
    for run in runs:
        mine = curve[curve["method"] == run.method.name].sort_values("cycle")
        assert mine["labelled_units"].tolist() == [len(cycle.labelled) for cycle in run.cycles]
        np.testing.assert_allclose(mine["value"], [cycle.metrics.miou for cycle in run.cycles])
    shares = class_distribution.read(runs).table
    assert set(METHODS) <= set(shares["set"])
    np.testing.assert_allclose(shares.groupby("set")["share"].sum(), 1)
    overlap = method_overlap.read(runs, 0).matrix("query")
    picks = {run.method.name: set(run.cycle(0).selected) for run in runs}
    for first, second in combinations(METHODS, 2):
        ours, theirs = picks[first], picks[second]
        assert overlap.loc[first, second] == pytest.approx(len(ours & theirs) / len(ours | theirs))


def test_the_export_holds_what_the_store_holds(runs, tables):
    metrics, selections = tables["metrics"], tables["selections"]
    assert len(metrics) == len(METHODS) * CYCLES
    assert len(selections) == len(METHODS) * (CYCLES - 1) * PER_CYCLE
    for run in runs:
        mine = metrics[metrics["method"] == run.method.name].set_index("cycle")
        queried = selections[selections["method"] == run.method.name]
        for cycle in run.cycles:
            row = mine.loc[cycle.number]
            assert row["miou"] == pytest.approx(cycle.metrics.miou, rel=1e-5)
            assert row["labelled_units"] == len(cycle.labelled)
            picks = queried[queried["cycle"] == cycle.number].sort_values("rank")
            assert picks["unit_id"].tolist() == cycle.selected.tolist()
