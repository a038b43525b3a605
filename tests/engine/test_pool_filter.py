"""A pool filter: which units may be queried at all."""

import pytest

import workbench as wb
from tests.engine.queries import first_queries
from workbench.engine.experiment import run_experiment
from workbench.errors import BudgetError, ConfigError
from workbench.store import run_of

DATASET = {"name": "synthetic", "train": 12, "val": 2, "height": 32, "width": 48, "frames": 6}
FILTERED = {"name": "filtered", "score": "entropy", "pool_filter": "every_nth_frame:3"}
BUDGET = {"initial": 8, "per_cycle": 4, "cycles": 2}


def test_queries_stay_within_every_nth_frame_and_the_start_is_everybodys(small, tmp_path):
    config = small(dataset=DATASET, methods=["entropy", FILTERED], budget=BUDGET)
    found = first_queries(config, tmp_path)
    plain, filtered = found["entropy"], found["filtered"]
    assert plain.labelled.tolist() == filtered.labelled.tolist()
    frames = run_of(plain).experiment.pool.set_index("unit_id")["frame"]
    allowed = filtered.units[filtered.units["frame"] % 3 == 0]
    best = allowed.sort_values(["entropy", "unit_id"], ascending=[False, True])["unit_id"]
    assert filtered.selected.tolist() == best.head(4).tolist()
    assert (frames[plain.selected] % 3 != 0).any(), "or the filter filters nothing"

    assert wb.whatif(filtered).tolist() == filtered.selected.tolist()
    assert wb.whatif(filtered, pool_filter="none").tolist() == plain.selected.tolist()
    asked = wb.whatif(plain, pool_filter="every_nth_frame:3", k=4)
    assert asked.tolist() == filtered.selected.tolist()
    assert f"leaves {len(allowed)} of {len(plain.units)}" in asked.notes[0]
    cut = wb.whatif(plain, units="image", pool_filter="every_nth_frame:3", k=3)
    assert set(cut.selection["frame"] % 3) == {0}


def test_what_a_filter_leaves_must_hold_the_budget(small, tmp_path):
    config = small(dataset=DATASET, methods=[FILTERED], budget={**BUDGET, "per_cycle": 20})
    with pytest.raises(BudgetError, match=r"every_nth_frame:n=3 of filtered leaves \d+ units"):
        run_experiment(config, tmp_path / "runs", tmp_path)
    assert not (tmp_path / "runs").exists()


def test_a_dataset_without_sequences_is_refused(small, tmp_path, monkeypatch):
    from workbench.datasets.synthetic import Synthetic

    monkeypatch.setattr(Synthetic, "frame", lambda *_: None)
    for method in (FILTERED, "uniform"):
        with pytest.raises(ConfigError, match="has no sequences"):
            run_experiment(small(dataset=DATASET, methods=[method]), tmp_path / "runs", tmp_path)


def test_unknown_filters_are_named(small, tmp_path):
    wrong = {**FILTERED, "pool_filter": "every_nth_farme:3"}
    with pytest.raises(ConfigError, match="did you mean 'every_nth_frame'"):
        run_experiment(small(methods=[wrong]), tmp_path / "runs", tmp_path)
