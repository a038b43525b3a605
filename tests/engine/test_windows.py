"""Whole experiments on sliding windows: budgets, suppression, resume, what-if, pictures, export."""

import shutil
import signal

import numpy as np
import pytest

import workbench as wb
from tests.engine.elsewhere import run_killed
from tests.experiments import SMALL
from tests.processes import end_of
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.rescan import rescan
from workbench.errors import ConfigError, NotStoredError
from workbench.figures import score_map
from workbench.geometry import windows as windowed
from workbench.store import open_store
from workbench.store import run_of as stored_run_of
from workbench.store.export import selections_csv

SIZE, AREA = (32, 48), 16 * 16
PIXELS = {"unit": "pixels", "initial": 3200, "per_cycle": 4 * AREA + 40, "cycles": 3}
METHODS = ["entropy", "random", {"name": "cereals", "score": "entropy", "selector": "cereals"}]


def windows(small, **changes):
    common = {"units": "window:16x16,stride=4", "methods": METHODS, "budget": PIXELS}
    return small(**{**common, **changes})


@pytest.fixture(scope="module")
def store(shared):
    values = {
        **SMALL,
        "units": "window:16x16,stride=4",
        "methods": METHODS,
        "budget": PIXELS,
        "riders": [{"name": "click_cost", "epochs": 2}],
    }
    return shared.trained(values).store


def run_of(store, method):
    return next(run for run in open_store(store).runs() if run.method.name == method)


def labelled_masks(run, ids):
    """Image number ► (H, W) pixels of some windows."""
    masks = {}
    for row in run.experiment.geometry.places(ids).itertuples():
        mask = masks.setdefault(row.image_number, np.zeros(SIZE, bool))
        mask[row.y0 : row.y1, row.x0 : row.x1] = True
    return masks


@pytest.mark.parametrize("method", ["entropy", "random", "cereals"])
def test_queries_stay_apart_and_within_the_budget(store, method):
    run = run_of(store, method)
    first, second, last = run.cycles
    assert [c.metrics.labelled_pixels for c in run.cycles] == [3072, 3072 + 1024, 3072 + 2048]
    assert first.metrics.labelled_units == 12, "two images of six windows side by side"
    assert first.metrics.pool_pixels == 12 * 32 * 48
    assert [len(c.selected) for c in run.cycles] == [4, 4, 0]
    every = np.concatenate([last.labelled, last.selected])
    covered = sum(int(mask.sum()) for mask in labelled_masks(run, every).values())
    assert covered == len(every) * AREA, "no two windows share a pixel"
    assert len(second.units) < len(first.units)


def test_the_query_is_the_top_of_the_ranking_without_overlaps(store):
    cycle = run_of(store, "entropy").cycle(1)
    scores = cycle.unit_scores("entropy").sort_values(ascending=False, kind="stable")
    masks, taken = labelled_masks(stored_run_of(cycle), cycle.labelled), []
    for row in stored_run_of(cycle).experiment.geometry.places(scores.index).itertuples():
        mask = masks.setdefault(row.image_number, np.zeros(SIZE, bool))
        window = mask[row.y0 : row.y1, row.x0 : row.x1]
        if len(taken) < 4 and not window.any():
            window[:] = True
            taken.append(row.unit_id)
    assert cycle.selected.tolist() == taken
    np.testing.assert_array_equal(cycle.selection["score"], scores[taken])


def test_killed_in_the_scan_and_resumed_equals_undisturbed(store, tmp_path):
    config = open_store(store).experiments()[0].config
    values = {**config.plain(), "methods": ["entropy"], "riders": []}
    assert end_of(run_killed, values, tmp_path / "s", "scan", 1) == -signal.SIGKILL
    run_experiment(type(config).model_validate(values), tmp_path / "s", tmp_path / "s")
    (run,) = open_store(tmp_path / "s").runs()
    plain = run_of(store, "entropy")
    assert [c.selected.tolist() for c in run.cycles] == [c.selected.tolist() for c in plain.cycles]


def test_what_if_is_exact_on_the_own_windows(store):
    for method in ("entropy", "random", "cereals"):
        for cycle in run_of(store, method).cycles[:2]:
            found = wb.whatif(cycle)
            assert found.tolist() == cycle.selected.tolist()
            assert found.approximate == ()
    cycle = run_of(store, "cereals").cycle(1)
    other = wb.whatif(cycle, costs="predicted", units="window:12x12,stride=4", k=4)
    assert len(other) == 4
    cycle = run_of(store, "entropy").cycle(1)
    assert wb.whatif(cycle, k=6).tolist()[:4] == cycle.selected.tolist()
    change = wb.whatif(cycle, score="margin", k=4).change
    assert change.chosen.pixels == 4 * AREA
    assert 0 <= change.chosen.class_coverage <= 1


def test_what_if_cuts_maps_into_other_windows_and_windows_into_a_grid(store):
    cycle = run_of(store, "entropy").cycle(1)
    found = wb.whatif(cycle, score="entropy", units="window:8x12,stride=2", k=20)
    covered = sum(int(m.sum()) for m in labelled_masks_of(found.selection).values())
    assert len(found) == 20
    assert covered == 20 * 96
    labelled = labelled_masks(stored_run_of(cycle), cycle.labelled)
    for row in found.units.sample(200, random_state=0).itertuples():
        number = row.unit_id // 10_000_000
        part = (slice(row.y0, row.y1), slice(row.x0, row.x1))
        assert not labelled.get(number, np.zeros(SIZE, bool))[part].any()
        mean = cycle.score_map("entropy", row.image_id)[part].mean()
        assert row.score == pytest.approx(mean, rel=1e-4)
    assert "8 bits" in found.approximate[0] or "16 bits" in found.approximate[0]
    assert set(found.units_of(found.selection["image_id"][0])["state"]) <= {"selected", "labelled"}
    fused = {"units": "window:8x12,stride=2", "selector": "cereals", "k": 5}
    queries = [wb.whatif(cycle, costs=view, **fused).tolist() for view in ("area", "boundary")]
    assert queries[0] != queries[1]
    grid = wb.whatif(cycle, score="entropy", units="grid:2x3", k=3)
    free = SIZE[0] * SIZE[1] * 12 - cycle.metrics.labelled_pixels
    assert grid.units["area"].sum() == free
    assert grid.change.counted_in == "pixels"
    with pytest.raises(ConfigError, match="cannot be left out"):
        wb.whatif(cycle, selector="k_center")


def labelled_masks_of(table):
    masks = {}
    for row in table.itertuples():
        mask = masks.setdefault(row.image_id, np.zeros(SIZE, bool))
        mask[row.y0 : row.y1, row.x0 : row.x1] = True
    return masks


def test_pictures_show_the_windows_that_matter(store):
    cycle = run_of(store, "entropy").cycle(1)
    image_id = cycle.selection["image_id"][0]
    drawn = score_map.read(cycle, "entropy", image_id)
    assert set(drawn.table["state"]) <= {"labelled", "selected"}
    mine = cycle.selection[cycle.selection["image_id"] == image_id]
    assert set(drawn.table.query("state == 'selected'")["unit_id"]) == set(mine["unit_id"])
    assert drawn.size == SIZE
    listed = score_map.images(cycle)
    assert listed["selected"].sum() == 4
    assert listed["labelled"].sum() == len(cycle.labelled)
    unmarked = listed.query("selected == 0 and labelled == 0")["image_id"].iloc[0]
    assert score_map.read(cycle, "entropy", unmarked).table.empty
    assert score_map.figure(score_map.read(cycle, "entropy", unmarked)).data


def test_every_stored_window_can_be_looked_up(store):
    run = run_of(store, "cereals")
    pool = run.experiment.pool
    assert len(pool) == len(run.experiment.geometry) == 12 * 5 * 9
    some = pool.sample(5, random_state=1)
    found = run.experiment.geometry.places(some["unit_id"])
    assert found.to_dict("list") == some.to_dict("list")
    assert len(selections_csv(open_store(store)).splitlines()) == 1 + 3 * 8
    embeddings = run.cycle(1).embeddings
    assert set(run.cycle(1).units["unit_id"]) <= set(embeddings.unit_ids)
    assert embeddings.unit_ids[embeddings.labelled].tolist() == sorted(run.cycle(1).labelled)


def test_scores_can_be_added_afterwards(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "copy")
    run = run_of(copy, "random")
    assert rescan(copy, run.id, ["least_confidence"], [1]) == [1]
    cycle = run_of(copy, "random").cycle(1)
    assert cycle.unit_scores("least_confidence").notna().all()


def test_windows_that_may_overlap_cost_their_new_pixels(small, tmp_path):
    config = windows(
        small, units="window:16x16,stride=4,max_overlap=0.5", methods=["entropy"], budget=PIXELS
    )
    run_experiment(config, tmp_path, tmp_path)
    (run,) = open_store(tmp_path).runs()
    spent = [c.metrics.labelled_pixels for c in run.cycles]
    for before, after in zip(run.cycles, run.cycles[1:], strict=False):
        old, new = (c.metrics.labelled_pixels for c in (before, after))
        nominal = PIXELS["initial"] + after.number * PIXELS["per_cycle"]
        assert old < new <= nominal < new + AREA, "as full as it gets"
        assert after.labelled.tolist() == [*before.labelled, *before.selected]
        assert wb.whatif(before).tolist() == before.selected.tolist()
    last = labelled_masks(run, run.cycles[-1].labelled)
    assert spent[-1] == sum(int(mask.sum()) for mask in last.values())


def test_a_pool_of_too_many_windows_gets_scores_alone(small, tmp_path, monkeypatch):
    monkeypatch.setattr(windowed, "MOST_DESCRIBED", 500)
    with pytest.raises(ConfigError, match="has 540 windows and at most"):
        run_experiment(
            windows(
                small,
                methods=[{"name": "d", "score": "entropy", "selector": "information_density"}],
            ),
            tmp_path / "none",
            tmp_path,
        )
    assert not (tmp_path / "none").exists()
    config = windows(small, methods=["entropy"], budget={**PIXELS, "cycles": 2})
    run_experiment(config, tmp_path, tmp_path)
    first = open_store(tmp_path).runs()[0].cycle(0)
    assert not [name for name in first.units.columns if name.startswith("class_")]
    with pytest.raises(NotStoredError, match=r"keeps no embeddings: .* too many units"):
        _ = first.embeddings
    found = wb.whatif(first)
    assert found.tolist() == first.selected.tolist()
    assert np.isnan(found.change.chosen.class_entropy) or found.change.chosen.class_entropy >= 0


@pytest.mark.parametrize("selector", ["k_center", "typiclust", "badge", "class_stratified"])
def test_selectors_that_do_not_rank_are_refused_before_anything_is_written(
    small, tmp_path, selector
):
    methods = [{"name": "x", "score": "entropy", "selector": selector}]
    with pytest.raises(ConfigError, match="units of window that overlap cannot be left out"):
        run_experiment(windows(small, methods=methods), tmp_path / "s", tmp_path)
    assert not (tmp_path / "s").exists()


def test_a_budget_in_clicks_and_a_pool_filter(small, tmp_path):
    methods = [{"name": "x", "score": "entropy", "pool_filter": "every_nth_frame:3"}]
    budget = {"unit": "clicks", "initial": 500, "per_cycle": 150, "cycles": 2}
    run_experiment(windows(small, methods=methods, budget=budget), tmp_path, tmp_path)
    (run,) = open_store(tmp_path).runs()
    first = run.cycle(0)
    left = 500 + 150 - first.metrics.labelled_clicks
    paid = first.selection["cost_clicks"]
    assert paid.iloc[:-1].sum() < left <= paid.sum()
    picked = run.experiment.geometry.places(first.selected)
    assert not picked["frame"].mod(3).any()
    covered = sum(int(mask.sum()) for mask in labelled_masks(run, first.selected).values())
    assert covered == len(picked) * AREA
    assert wb.whatif(first).tolist() == first.selected.tolist()
    assert len(wb.whatif(first, units="window:8x8,stride=4", score="entropy"))


def test_the_dry_run_counts_windows(small, tmp_path):
    budget = {"unit": "units", "initial": 12, "per_cycle": 5, "cycles": 3}
    told_before = forecast(windows(small, methods=["entropy"], budget=budget), tmp_path)
    assert told_before.trainings == 3
    assert told_before.bytes["tables"] > 0
