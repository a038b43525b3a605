"""Whole experiments on units that depend on the image: crops and superpixels."""

import numpy as np
import pytest

import workbench as wb
from workbench.engine.experiment import run_experiment
from workbench.errors import ConfigError


def run(small, path, units, **budget):
    config = small(units=units, methods=["entropy", "k_center"], budget={"cycles": 2, **budget})
    run_experiment(config, path / "runs", path / "data", jobs=1)
    return wb.open_store(path / "runs").runs()


def test_random_crops(small, tmp_path):
    for one in run(small, tmp_path, "crop:16x20", initial=4, per_cycle=3):
        first, last = one.cycles
        assert set(one.experiment.pool["area"]) == {16 * 20}
        assert last.metrics.labelled_pixels == 7 * 16 * 20, "the rest of the images is discarded"
        assert wb.whatif(first).tolist() == first.selected.tolist()
        with pytest.raises(ConfigError, match="do not cover"):
            wb.whatif(first, score="entropy", units="grid:2x2")


def test_superpixels_with_a_budget_in_pixels(small, tmp_path):
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
        asked = wb.whatif(first, score="entropy", aggregation="count_above:1.0", k=5)
        assert (asked.unit_scores <= pool.loc[asked.units["unit_id"], "area"].to_numpy()).all()


def test_superpixels_can_be_asked_of_a_grid(small, tmp_path):
    cycle = run(small, tmp_path, "grid:2x2", initial=8, per_cycle=4)[0].cycle(0)
    found = wb.whatif(cycle, score="entropy", units="superpixel:8", selector="k_center", k=6)
    pool = cycle.run.experiment.pool
    free = pool.loc[~pool["unit_id"].isin(cycle.labelled), "area"].sum()
    assert found.units["area"].sum() == free
    assert np.isfinite(found.unit_scores).all()
    assert found.change.asked.pixels == found.selection["area"].sum()
