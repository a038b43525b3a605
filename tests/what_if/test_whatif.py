"""What can be asked, what the answer is, and how it is said that something cannot be."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ConfigError, NotStoredError, StoreError
from workbench.selection import SELECTORS
from workbench.store import run_of
from workbench.store.cycle import Cycle
from workbench.what_if import _opened

UMAP = {"meal", "meal_ft"}  # whose fit takes longer than all the others together


@pytest.mark.parametrize("name", [name for name in SELECTORS.names() if name not in UMAP])
@pytest.mark.parametrize("units", ["grid:2x2", "grid:3x3"])
def test_every_selector_can_be_asked(cycle, name, units):
    found = wb.whatif(cycle, score="margin", units=units, selector=name, k=4)
    assert found.query.selector.startswith(name)
    assert 0 < len(found) <= 4
    assert len(set(found)) == len(found)
    assert set(found) <= set(found.units["unit_id"])
    assert found.tolist() == wb.whatif(cycle, "margin", None, units, name, 4).tolist()


@pytest.mark.parametrize("name", sorted(UMAP))
def test_meal_is_answered_on_stored_units_only(cycle, name):
    with pytest.raises(ConfigError, match="leave units out"):
        wb.whatif(cycle, score="margin", units="grid:3x3", selector=name, k=4)


# the answer


def test_the_answer_can_stand_for_its_ids(cycle):
    found = wb.whatif(cycle, k=5)
    ids = found.ids
    assert ids.dtype == np.int64
    assert (found.shape, found.dtype, len(found)) == ((5,), np.int64, 5)
    assert list(found) == found.tolist() == ids.tolist()
    np.testing.assert_array_equal(np.asarray(found), ids)
    assert np.array_equal(found, ids)
    assert (found == ids).all()
    assert (ids == found).all()
    assert (found[0], found[-2:].tolist()) == (ids[0], ids[-2:].tolist())
    assert ids[2] in found
    assert -1 not in found
    assert np.isin(cycle.selected, found).all()
    assert run_of(cycle).experiment.pool.set_index("unit_id").loc[list(found)].shape[0] == 5
    assert np.array(found, dtype=float).dtype == float
    assert "exact" in repr(found)
    with pytest.raises(ValueError, match="read-only"):
        found.ids[0] = 3


def test_what_is_left_out_is_the_runs_own(cycle):
    asked = wb.whatif(cycle).query
    assert (asked.run, asked.cycle, asked.seed, asked.k) == (run_of(cycle).id, 1, 0, None)
    assert (asked.score, asked.aggregation, asked.selector) == ("entropy", "mean", "top_k")
    assert len(wb.whatif(cycle)) == 4


def test_settings_of_the_selector_can_be_named(cycle):
    found = wb.whatif(cycle, selector="k_center", metric="cosine", k=6)
    assert found.query.selector == "k_center:metric=cosine"
    assert found.tolist() == wb.whatif(cycle, selector="k_center:cosine", k=6).tolist()
    assert found.tolist() != wb.whatif(cycle, selector="k_center", k=6).tolist()


def test_another_seed_draws_other_units(cycle):
    own, same, other = (
        wb.whatif(cycle, selector="random", k=9, seed=seed) for seed in (None, 0, 1)
    )
    assert own.tolist() == same.tolist() != other.tolist()


def test_the_selection_is_a_table_in_the_order_picked(cycle):
    found = wb.whatif(cycle, score="margin", k=5)
    table = found.selection
    assert list(table.columns[:2]) == ["rank", "unit_id"]
    assert table["unit_id"].tolist() == found.tolist()
    assert table["rank"].tolist() == [0, 1, 2, 3, 4]
    assert table["score"].is_monotonic_decreasing
    np.testing.assert_allclose(table["score"], cycle.unit_scores("margin").loc[found.tolist()])


def test_a_method_without_a_score_has_none(store):
    cycle = next(r for r in store.runs() if r.method.name == "random").cycle(1)
    found = wb.whatif(cycle, selector="k_center", k=3)
    assert found.query.score is None
    assert found.unit_scores.isna().all()
    assert np.isnan(found.change.rank_correlation)
    with pytest.raises(ConfigError, match="top_k ranks by a score"):
        wb.whatif(cycle, selector="top_k")


def test_the_units_of_an_image_are_drawn_in_their_states(cycle):
    found = wb.whatif(cycle, units="grid:3x3", k=6)
    picked = found.selection.iloc[0]
    drawn = found.units_of(picked["image_id"])
    assert len(drawn) == 9
    first = drawn.set_index("unit_id").loc[picked["unit_id"]]
    assert (first["state"], first["rank"]) == ("selected", 0)
    assert first["score"] == picked["score"]
    states = pd.concat([found.units_of(image_id)["state"] for image_id in cycle.image_ids])
    assert set(states) == {"selected", "labelled", "unlabelled"}
    assert (states == "selected").sum() == 6


# what changed


def test_the_change_against_the_query_that_was_made(cycle):
    change = wb.whatif(cycle, score="margin", k=6).change
    other = set(cycle.units.nlargest(6, "margin")["unit_id"])
    both = len(other & set(cycle.selected.tolist()))
    assert change.counted_in == "units"
    assert change.overlap == both / 4
    assert change.jaccard == both / (10 - both)
    exact = cycle.units[["entropy", "margin"]].corr("kendall").iloc[0, 1]
    assert change.rank_correlation == pytest.approx(exact)
    assert (change.chosen.units, change.made.units) == (6, 4)
    assert change.chosen.pixels == 6 * 24 * 32
    assert 0 < change.chosen.cluster_coverage <= 6 / 20
    assert 0 < change.made.class_coverage <= 1
    assert change.table.set_index("measure").loc["units", ["chosen", "made"]].tolist() == [6, 4]


def test_classes_that_are_met_are_counted(cycle):
    everything = wb.whatif(cycle, k=1000).change.chosen
    assert everything.class_coverage == 1
    assert everything.cluster_coverage >= 0.9, "only labelled units may be alone in a cluster"
    nothing = wb.whatif(cycle, k=0)
    assert nothing.tolist() == []
    assert np.isnan(nothing.change.chosen.class_coverage)
    assert np.isnan(nothing.change.overlap)


def test_the_last_cycle_made_no_query_but_can_be_asked(cycle):
    last = run_of(cycle).cycle(2)
    assert len(last.selected) == 0
    found = wb.whatif(last)
    assert len(found) == 4
    assert found.change.made.units == 0
    assert np.isnan(found.change.overlap)
    assert found.change.jaccard == 0


def test_what_was_not_kept_is_said_or_left_out(without):
    cycle = without("score_maps", "prediction", "feature_map")
    assert wb.whatif(cycle).tolist() == cycle.selected.tolist()
    with pytest.raises(NotStoredError, match=r"holds no entropy map .* `workbench rescan` with"):
        wb.whatif(cycle, aggregation="count_above:0.3")
    with pytest.raises(NotStoredError, match=r"keep\.features"):
        wb.whatif(cycle, selector="k_center", units="grid:3x3")
    drawn = wb.whatif(cycle, selector="random", units="grid:3x3")
    assert len(drawn) == 4, "a selector that reads no score is not kept from its work"
    assert "There are no unit scores" in drawn.notes[-1]
    with pytest.raises(NotStoredError, match=r"holds no entropy map .* `workbench rescan`"):
        wb.whatif(cycle, selector="random", units="grid:3x3", score="entropy")


def test_measures_that_the_cache_cannot_give_are_nan(without):
    cycle = without("prediction", "feature_map")
    asked = wb.whatif(cycle, units="grid:3x3", k=4).change.chosen
    assert asked.pixels > 0
    assert np.isnan([asked.class_coverage, asked.class_entropy, asked.cluster_coverage]).all()


# what cannot be asked


def test_names_that_do_not_exist_are_one_sentence(cycle):
    with pytest.raises(NotStoredError, match="rescan"):
        wb.whatif(cycle, score="least_confidence", aggregation="max")
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        wb.whatif(cycle, score="entropi")
    with pytest.raises(ConfigError, match="grid"):
        wb.whatif(cycle, units="gird:2x2")
    with pytest.raises(ConfigError, match="beta"):
        wb.whatif(cycle, selector="power_noise", betta=2)
    with pytest.raises(ConfigError, match="wanted a value from 0 up"):
        wb.whatif(cycle, k=-1)


def test_a_shared_cycle_without_its_run_cannot_be_asked(cycle):
    origin = replace(cycle.origin, run=None)
    alone = Cycle(run_of(cycle).cycle(0).data_path, origin, embedding="backbone-image-current")
    with pytest.raises(StoreError, match=r"store\.run"):
        wb.whatif(alone)


# what is kept


def test_a_question_asked_twice_is_answered_from_memory(cycle, monkeypatch):
    first = wb.whatif(cycle, aggregation="count_above:0.25", units="grid:4x4", k=3)
    fresh = run_of(cycle).cycle(1)
    monkeypatch.setattr(Cycle, "each_score_map", None)
    again = wb.whatif(fresh, aggregation="count_above:0.25", units="grid:4x4", k=3)
    assert again.tolist() == first.tolist()
    assert len(wb.whatif(fresh, aggregation="count_above:0.2", units="grid:4x4", k=3)) == 3


def test_few_cycles_are_kept(store):
    for run in store.runs():
        for cycle in run.cycles:
            wb.whatif(cycle, selector="random", k=1)
    assert len(_opened._cycles) == _opened._CYCLES


def test_an_answer_can_be_pickled(cycle):
    found = wb.whatif(cycle, k=3)
    assert pickle.loads(pickle.dumps(found.ids)).tolist() == found.tolist()
