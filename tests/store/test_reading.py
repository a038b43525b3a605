"""What was written is what is read, through the whole read side."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.store.sample import CARD, COUNT, EMBEDDING, METHODS, SCORES, image_id, scan_image
from workbench.errors import NotStoredError, StoreError
from workbench.store import open_store, run_of
from workbench.store.cards import card_from, card_to
from workbench.store.fields import Card
from workbench.store.records import RunStatus
from workbench.types import image_numbers


def test_experiment_runs_and_states(store):
    [experiment] = store.experiments()
    assert experiment.name == "sample"
    assert experiment.card == CARD
    assert experiment.config.budget.cycles == 3
    assert list(experiment.pool.columns[:3]) == ["unit_id", "image_id", "image_number"]
    assert len(experiment.pool) == 48
    runs = experiment.runs()
    assert [(run.method.name, run.seed) for run in runs] == [
        (name, seed) for name in ("random", "entropy", "k_center") for seed in (0, 1)
    ]
    assert [run.status.state for run in runs] == ["done"] * 5 + ["interrupted"]
    assert [len(run.cycles) for run in runs] == [3] * 5 + [2]
    assert runs[0].method == METHODS["random"]
    assert store.run(runs[0].id).path == runs[0].path
    assert len(store.runs()) == len(store.runs(experiment.id)) == 6


def test_tables_maps_and_predictions_come_back(store):
    cycle = store.run(store.experiments()[0].id + "/entropy-s1").cycle(1)
    scanned = scan_image(3, (48, 64), (2, 2), seed=1, cycle=1)
    name = image_id(3)
    step = np.ptp(scanned.score_maps["entropy"]) / 255
    np.testing.assert_allclose(
        cycle.score_map("entropy", name), scanned.score_maps["entropy"], atol=step * 0.5001
    )
    codes, low, high = cycle.score_map_8bit("entropy@softmax", name)
    assert codes.dtype == np.uint8
    assert (low, high) == (
        scanned.score_maps["entropy"].min(),
        scanned.score_maps["entropy"].max(),
    )
    np.testing.assert_array_equal(cycle.prediction(name), scanned.prediction)
    np.testing.assert_array_equal(cycle.feature_map(name), scanned.feature_map)
    rows = cycle.units[cycle.units["image_id"] == name]
    at = np.isin(scanned.unit_ids, rows["unit_id"])
    np.testing.assert_array_equal(rows["entropy"], scanned.unit_scores["entropy"][at])  # exact
    np.testing.assert_array_equal(rows[COUNT], scanned.unit_scores[COUNT][at])
    np.testing.assert_array_equal(rows["class_2"], scanned.class_shares[at, 2])
    assert cycle.scores == ["entropy", "margin"]
    assert cycle.score_range("margin") == (0.0, 1.0, "probability")
    assert cycle.image_ids == cycle.predicted_image_ids == sorted(map(image_id, range(12)))


def test_units_are_the_unlabelled_ones_and_embeddings_the_whole_pool(store):
    for run in store.runs():
        for cycle in run.cycles:
            ids = cycle.units["unit_id"].to_numpy()
            assert (np.diff(ids) > 0).all()
            assert not np.isin(ids, cycle.labelled).any()
            assert len(ids) + len(cycle.labelled) == len(run.experiment.pool)
            assert np.isin(cycle.selected, ids).all()
            embeddings = cycle.embeddings
            assert len(embeddings) == len(run.experiment.pool)
            assert set(embeddings.unit_ids[embeddings.labelled]) == set(cycle.labelled)
            assert cycle.metrics.labelled_units == len(cycle.labelled)


def test_labels_grow_by_what_was_selected(store):
    for run in store.runs():
        for before, after in zip(run.cycles, run.cycles[1:], strict=False):
            np.testing.assert_array_equal(
                after.labelled, np.concatenate([before.labelled, before.selected])
            )
    assert len(store.runs()[0].cycle(2).selected) == 0


def test_selection_tells_rank_place_score_and_reason(store):
    selection = store.run(store.experiments()[0].id + "/entropy-s0").cycle(0).selection
    assert ",".join(selection) == "rank,unit_id,image_id,y0,x0,y1,x1,score,reason"
    assert list(selection["rank"]) == [0, 1, 2, 3]
    assert (np.diff(selection["score"]) <= 0).all()
    assert set(selection["reason"]) == {"largest entropy"}
    numbers = image_numbers(selection["unit_id"])
    assert list(selection["image_id"]) == [image_id(n) for n in numbers]


def test_runs_with_one_cycle_zero_key_share_its_tables(store):
    a, b = (
        store.run(f"{store.experiments()[0].id}/{m}-s0").cycle(0) for m in ("random", "entropy")
    )
    assert a.weights == b.weights
    assert a.revision != b.revision
    pd.testing.assert_frame_equal(a.units, b.units)
    assert a.networks == b.networks
    assert (a.origin.run, a.origin.shared) != (b.origin.run, b.origin.shared)
    assert run_of(a).id == store.runs()[0].id


def test_unit_scores_are_found_by_any_spelling(store):
    cycle = store.runs()[0].cycle(1)
    pd.testing.assert_series_equal(
        cycle.unit_scores("entropy"), cycle.unit_scores("entropy@softmax")
    )
    assert cycle.unit_scores("entropy", "count_above:threshold=0.693147").name == COUNT
    assert cycle.unit_scores("entropy", "count_above:0.693147").name == COUNT
    assert cycle.unit_scores("entropy").index.name == "unit_id"


def test_metrics_keep_an_absent_class_as_nan(store):
    metrics = store.runs()[0].cycle(0).metrics
    assert np.isnan(metrics.iou[4])
    assert metrics.miou == pytest.approx(np.nanmean(metrics.iou))
    assert metrics.confusion.dtype == np.int64
    assert metrics.confusion.shape == (5, 5)
    assert metrics.pool_pixels == 12 * 48 * 64
    assert metrics.labelled_classes.dtype == np.int64
    assert metrics.labelled_classes.sum() == metrics.labelled_pixels


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda c: c.score_map("variance", "a"), "does not hold the score 'variance'"),
        (lambda c: c.score_map("entropy", "a"), "holds no entropy map of image 'a'"),
        (lambda c: c.prediction("../../x"), "holds no prediction of image"),
        (lambda c: c.unit_scores("margin", COUNT.partition("/")[2]), "it holds entropy, margin"),
    ],
)
def test_what_is_not_stored_is_said(store, ask, sentence):
    with pytest.raises(NotStoredError, match=sentence.replace(".", r"\.")):
        ask(store.runs()[0].cycle(1))


def test_a_run_that_has_not_started_is_at_cycle_0():
    status = RunStatus("pending")
    assert (status.cycle, status.cycles, status.done, status.total) == (0, 0, 0, 0)
    assert (status.phase, status.message, status.heartbeat, status.pid) == ("", "", 0.0, None)


@pytest.mark.parametrize("size", [None, (6, 8)])
def test_a_card_is_read_as_it_was_written(size):
    card = replace(CARD, image_size=size)
    record = Card.model_validate_json(json.dumps(card_to(card)))
    assert card_from(record) == card


def test_embeddings_of_another_kind_are_missing_and_those_there_are_named(store, monkeypatch):
    cycle = store.runs()[0].cycle(1)
    monkeypatch.setattr(cycle, "_embedding", "aspp-image-current")
    with pytest.raises(NotStoredError, match=rf"\(it holds {EMBEDDING}\)"):
        _ = cycle.embeddings


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda s: s.experiment("sampel"), "no experiment .* 'sampel'"),
        (lambda s: s.run("nonsense"), "is not a run id"),
        (lambda s: s.run(s.experiments()[0].id + "/entropy-s9"), "did you mean '.*entropy-s[01]'"),
        (lambda s: s.experiment("../../etc"), "cannot be part of a path"),
        (lambda s: s.runs()[0].cycle(7), "has no cycle 7; published so far: 0, 1, 2"),
    ],
)
def test_wrong_names_are_said_with_the_nearest(store, ask, sentence):
    with pytest.raises(StoreError, match=sentence):
        ask(store)


def test_opening_says_what_is_wrong_with_the_folder(tmp_path):
    with pytest.raises(StoreError, match="There is no run store at"):
        open_store(tmp_path / "nowhere")
    assert open_store(tmp_path).experiments() == []  # empty: a store before its first run
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(StoreError, match="is not a run store"):
        open_store(tmp_path)


def test_reading_changes_nothing(sample_path):
    def listing():
        return {p: p.stat().st_mtime_ns for p in sorted(sample_path.rglob("*"))}

    before = listing()
    opened = open_store(sample_path)
    opened.metrics()
    for run in opened.runs():
        run.status, run.events(), run.revision
        for cycle in run.cycles:
            cycle.score_map("entropy", cycle.image_ids[0])
    assert listing() == before


def test_scores_are_those_of_the_scan(store):
    assert [store.runs()[0].cycle(1).score_info(s.name) for s in SCORES] == list(SCORES)
