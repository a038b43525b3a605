"""Whole experiments on units that depend on the image: crops and superpixels."""

import shutil

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.engine.queries import first_queries
from workbench.datasets.synthetic import Synthetic
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.rescan import rescan
from workbench.engine.run import _setting
from workbench.errors import ConfigError, DatasetError
from workbench.figures import score_map
from workbench.store import run_of
from workbench.types import IGNORE
from workbench.units import UNITS
from workbench.units.superpixel import Superpixels
from workbench.viewer import payload

BY_UNITS = {"rule": "units"}


def run(small, path, units, scan=None, **budget):
    settings = {"units": units, "scan": scan or {}, "methods": ["entropy", "k_center"]}
    config = small(**settings, budget={"cycles": 2, **budget})
    run_experiment(config, path / "runs", path / "data", jobs=1)
    return wb.open_store(path / "runs").runs()


def test_random_crops(small, tmp_path):
    alone = {"view": "unit"}
    for one in run(small, tmp_path, "crop:16x20", alone, initial=4, per_cycle=3):
        first, last = one.cycles
        assert set(one.experiment.pool["area"]) == {16 * 20}
        assert last.metrics.labelled_pixels == 7 * 16 * 20, "the rest of the images is discarded"
        assert wb.whatif(first).tolist() == first.selected.tolist()
        with pytest.raises(ConfigError, match="do not cover"):
            wb.whatif(first, score="entropy", units="grid:2x2")
        asked = wb.whatif(first, score="entropy", aggregation="max")  # not stored: from the maps
        for unit in asked.selection.to_dict("records"):
            seen = first.score_map("entropy", unit["image_id"])
            inside = seen[unit["y0"] : unit["y1"], unit["x0"] : unit["x1"]]
            assert unit["score"] == pytest.approx(inside.max(), abs=1e-6)
        shown = score_map.read(first, "entropy", first.image_ids[0])
        assert "outline" not in shown.table
        assert (shown.prediction == IGNORE).mean() == 1 - 16 * 20 / (32 * 48), "scored alone"
        assert shown.size == (32, 48), "of the image, not of the crop"


def test_superpixels_with_a_budget_in_pixels(small, tmp_path, monkeypatch):
    half = 32 * 48 // 2
    for one in run(
        small, tmp_path, "superpixel:6", unit="pixels", initial=8 * half, per_cycle=half
    ):
        first, last = one.cycles
        pool = one.experiment.pool.set_index("unit_id")
        assert pool.groupby("image_id")["area"].sum().eq(32 * 48).all()
        spent = pool.loc[first.selected, "area"].sum()
        assert 0 < spent <= half
        assert last.metrics.labelled_pixels == first.metrics.labelled_pixels + spent
        assert wb.whatif(first).tolist() == first.selected.tolist()
        check_outlines(first)
        with monkeypatch.context() as patch:
            check_resume(one, tmp_path, patch)
        asked = wb.whatif(first, score="entropy", aggregation="count_above:1.0", k=5)
        assert asked.unit_scores.between(0, 1).all()


def check_resume(one, path, patch):
    """What another process finds are the stored superpixels: it divides no image again."""
    before = one.cycle(1).units
    shutil.rmtree(one.cycle(1).path)
    _setting.cache_clear()  # as in a process that begins
    patch.setattr(Superpixels, "layout", None)
    run_experiment(one.experiment.config, path / "runs", path / "data", jobs=1)
    stored = wb.open_store(path / "runs").run(one.id)
    pd.testing.assert_frame_equal(stored.cycle(1).units, before)
    assert wb.whatif(stored.cycle(1), units="grid:2x2").units["area"].sum() > 0
    assert rescan(path / "runs", one.id, ["margin"], [1]) == [1]
    shown = score_map.read(stored.cycle(0), "entropy", stored.cycle(0).image_ids[0])
    assert shown.table["outline"].map(len).any()
    assert forecast(one.experiment.config, path / "data", path / "runs").trainings == 0


def check_outlines(cycle):
    """The pictures show the superpixels as they are, not as boxes."""
    image_id = cycle.selection["image_id"].iloc[0]
    shown = score_map.read(cycle, "entropy", image_id)
    unit_map = UNITS.bind("superpixel:6").call().layout(shown.size, shown.image).unit_map
    assert len(shown.table) == unit_map.max() + 1
    for unit, rings in enumerate(shown.table["outline"]):
        for ring in rings:
            assert (unit_map[ring[1::2], ring[::2]] == unit).all()
    (pane,) = payload(shown)["panes"]
    assert [row[8] for row in pane["units"]] == shown.table["outline"].tolist()
    kinds = [shape.type for shape in score_map.figure(shown).layout.shapes]
    assert "path" in kinds
    asked = wb.whatif(cycle).units_of(image_id)
    assert asked["outline"].tolist() == shown.table["outline"].tolist()


def test_superpixels_can_be_asked_of_a_grid(small, tmp_path, monkeypatch):
    one = run(small, tmp_path, "grid:2x2", initial=8, per_cycle=4)[0]
    cycle = one.cycle(0)
    found = wb.whatif(cycle, score="entropy", units="superpixel:8", selector="k_center", k=6)
    pool = run_of(cycle).experiment.pool
    free = pool.loc[~pool["unit_id"].isin(cycle.labelled), "area"].sum()
    assert found.units["area"].sum() == free
    assert np.isfinite(found.unit_scores).all()
    assert found.change.chosen.pixels == found.selection["area"].sum()
    monkeypatch.setattr(Superpixels, "layout", None)
    again = wb.whatif(one.cycle(1), score="entropy", units="superpixel:8", k=6)
    assert len(again) == 6, "all cycles share the superpixels"


def test_superpixels_are_no_rivals_where_their_boxes_overlap(small, tmp_path):
    budget = {"initial": 24, "per_cycle": 40, "cycles": 2}
    cereals = {"name": "cereals", "costs": "area"}
    config = small(units="superpixel:12", methods=[cereals], budget=budget, initial=BY_UNITS)
    cycle = first_queries(config, tmp_path)["cereals"]
    assert len(cycle.selected) == 40
    assert wb.whatif(cycle).tolist() == cycle.selected.tolist()


def test_an_image_that_was_replaced_is_refused(small, tmp_path, monkeypatch):
    one = run(small, tmp_path, "superpixel:6", initial=8, per_cycle=4)[0]
    shutil.rmtree(one.cycle(1).path)
    _setting.cache_clear()
    plain = Synthetic.image  # past the content digest, which draws its images by `read_image`
    monkeypatch.setattr(Synthetic, "image", lambda *args: 255 - plain(*args))
    with pytest.raises(DatasetError, match="is not the one that the experiment was begun with"):
        run_experiment(one.experiment.config, tmp_path / "runs", tmp_path / "data", jobs=1)


def test_another_number_of_images_is_refused(small, tmp_path, monkeypatch):
    one = run(small, tmp_path, "superpixel:6", initial=8, per_cycle=4)[0]
    plain = Synthetic.keys
    monkeypatch.setattr(Synthetic, "keys", lambda *args: plain(*args)[:2])
    with pytest.raises(DatasetError, match="the split 'train' has 2 images and had 12"):
        run_experiment(one.experiment.config, tmp_path / "runs", tmp_path / "data", jobs=1)
