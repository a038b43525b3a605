"""Whole experiments on small scenes: what they write, and that nothing in them depends on luck."""

import os
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.engine.elsewhere import run_refused
from tests.experiments import guard_masks
from tests.processes import end_of
from workbench.datasets import open_dataset
from workbench.engine.experiment import run_experiment
from workbench.errors import BudgetError, ConfigError
from workbench.pool import Oracle
from workbench.store.writer import open_experiment
from workbench.types import IGNORE


@pytest.fixture(scope="module")
def finished(shared):
    """The small experiment, and the events of its run."""
    small = shared.trained()
    return small.experiment, small.events


def selections(experiment):
    return {(r.id, c.number): c.selected.tolist() for r in experiment.runs() for c in r.cycles}


def metrics(experiment):
    return {(r.id, c.number): c.metrics.miou for r in experiment.runs() for c in r.cycles}


def test_every_cycle_is_published_and_the_budget_kept(finished):
    experiment, _ = finished
    for run in experiment.runs():
        assert run.status.state == "done"
        assert [c.number for c in run.cycles] == [0, 1, 2]
        assert [len(c.labelled) for c in run.cycles] == [8, 12, 16]
        assert [len(c.selected) for c in run.cycles] == [4, 4, 0]
        for before, after in zip(run.cycles, run.cycles[1:], strict=False):
            assert after.labelled.tolist() == [*before.labelled, *before.selected]
            assert not set(before.selected) & set(before.labelled)


def test_methods_of_a_seed_share_cycle_zero(finished):
    experiment, _ = finished
    first = [run.cycle(0) for run in experiment.runs()]
    assert len({c.metrics.miou for c in first}) == 1
    assert len({tuple(c.labelled) for c in first}) == 1
    assert len(list((experiment.path / "shared").glob("*/cycle.json"))) == 1
    assert len({tuple(c.selected) for c in first}) == 3  # three methods, three batches


def test_entropy_takes_the_largest_exact_scores(finished):
    experiment, _ = finished
    run = next(r for r in experiment.runs() if r.method.name == "entropy")
    cycle = run.cycle(1)
    scores = cycle.unit_scores("entropy")
    best = scores.sort_values(ascending=False, kind="stable").index[:4]
    assert cycle.selected.tolist() == best.tolist()
    np.testing.assert_array_equal(cycle.selection["score"], scores[cycle.selected])
    assert set(cycle.units["unit_id"]).isdisjoint(cycle.labelled)
    assert set(cycle.scores) == {"entropy", "margin"}


def test_the_true_classes_of_what_is_labelled_are_kept(finished):
    experiment, _ = finished
    config, pool = experiment.config, experiment.pool.set_index("unit_id")
    dataset = open_dataset(config.dataset, experiment.data_dir)
    cycle = experiment.runs()[1].cycle(1)
    counts = np.zeros(dataset.card.n_classes, np.int64)
    for unit in pool.loc[cycle.labelled].itertuples():
        mask = dataset.mask("train", unit.image_id)[unit.y0 : unit.y1, unit.x0 : unit.x1]
        counts += np.bincount(mask[mask != IGNORE], minlength=len(counts))
    assert cycle.metrics.labelled_classes.tolist() == counts.tolist()


def test_events_tell_the_story(finished):
    experiment, events = finished
    kinds = [e["event"] for e in events]
    assert kinds[0] == "experiment"
    assert kinds.count("cycle") == 9
    assert kinds.count("done") == 3
    phases = {e["phase"] for e in events if e["event"] == "progress"}
    assert phases == {"train", "validate", "scan", "select"}
    logged = [e["event"] for run in experiment.runs() for e in run.events()]
    assert logged.count("cycle") == 9


def test_a_second_call_finds_nothing_to_do(shared, tmp_path):
    store = shutil.copytree(shared.trained().store, tmp_path / "store")
    (experiment,) = wb.open_store(store).experiments()
    before = {p: p.stat().st_mtime_ns for p in store.rglob("cycle.json")}
    events = []
    run_experiment(experiment.config, store, experiment.data_dir, on_event=events.append)
    assert [e["event"] for e in events] == ["experiment"]
    assert {p: p.stat().st_mtime_ns for p in store.rglob("cycle.json")} == before


def test_a_dataset_may_move_between_two_calls(small, tmp_path):
    def rooted(place):
        root = tmp_path / place
        return small(
            dataset={"name": "folder", "root": str(root)},
            methods=["random"],
            units="image",
            budget={"initial": 2, "per_cycle": 1, "cycles": 2},
        )

    write_folder(tmp_path / "here")
    run_experiment(rooted("here"), tmp_path / "store", tmp_path)
    (tmp_path / "here").rename(tmp_path / "there")
    (experiment,) = wb.open_store(tmp_path / "store").experiments()
    shutil.rmtree(experiment.path / "runs" / "random-s0" / "cycles" / "0001")
    run_experiment(rooted("there"), tmp_path / "store", tmp_path)
    (experiment,) = wb.open_store(tmp_path / "store").experiments()
    assert experiment.config.dataset.options["root"] == str(tmp_path / "there")
    assert experiment.runs()[0].status.state == "done"


def write_folder(root):
    """Write a dataset of noise in the folder layout."""
    rng = np.random.default_rng(0)
    for split, n in (("train", 4), ("val", 2)):
        for kind in ("images", "masks"):
            (root / kind / split).mkdir(parents=True)
        for i in range(n):
            image = rng.integers(0, 255, (32, 48, 3), dtype=np.uint8)
            cv2.imwrite(str(root / "images" / split / f"{i}.png"), image)
            cv2.imwrite(str(root / "masks" / split / f"{i}.png"), image[..., 0] % 2)
    card = "classes: [a, b]\npalette: [[0, 0, 0], [255, 255, 255]]\nvoid: 255\n"
    (root / "dataset.yaml").write_text(card)


def test_same_seed_same_selections_in_other_processes(finished, tmp_path, monkeypatch):
    experiment, _ = finished
    monkeypatch.setenv("PYTHONHASHSEED", "4711")  # of the two workers, not of this process
    run_experiment(experiment.config, tmp_path, tmp_path, jobs=2)
    other = wb.open_store(tmp_path).experiment(experiment.id)
    assert selections(other) == selections(experiment)
    assert metrics(other) == metrics(experiment)
    for ours, theirs in zip(experiment.runs(), other.runs(), strict=True):
        pd.testing.assert_frame_equal(ours.cycle(2).units, theirs.cycle(2).units)


def test_labels_cannot_leak(small, tmp_path, monkeypatch):
    """A dataset whose training masks may be read by the label source alone survives a whole run."""
    guard_masks(monkeypatch)
    plain_labels = Oracle.labels

    def labels(self, ids):
        found = plain_labels(self, ids)
        shown = np.zeros(found.shape, dtype=bool)
        for y0, x0, y1, x1 in self.geometry.boxes_of(ids):
            shown[y0:y1, x0:x1] = True
        assert (found[~shown] == IGNORE).all()  # nothing beside the revealed units
        return found

    monkeypatch.setattr(Oracle, "labels", labels)
    identity = run_experiment(small(methods=["entropy", "k_center"]), tmp_path, tmp_path)
    assert all(r.status.state == "done" for r in wb.open_store(tmp_path).runs(identity))


def test_a_budget_in_pixels_is_never_passed_and_what_is_left_over_is_carried_on(small, tmp_path):
    budget = {"unit": "pixels", "initial": 3200, "per_cycle": 1000, "cycles": 3}
    identity = run_experiment(small(methods=["entropy"], budget=budget), tmp_path, tmp_path)
    (run,) = wb.open_store(tmp_path).runs(identity)
    spent = [c.metrics.labelled_pixels for c in run.cycles]  # units of 16×24 pixels, 384 each
    assert spent == [3072, 3072 + 768, 3072 + 768 + 1152]  # of 3200, 4200 and 5200


def test_a_budget_beyond_the_pool_is_refused_before_anything_is_written(small, tmp_path):
    with pytest.raises(BudgetError, match="the pool holds 48 units"):
        run_experiment(
            small(budget={"initial": 8, "per_cycle": 30, "cycles": 3}), tmp_path / "s", tmp_path
        )
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "synthetik"}, "did you mean 'synthetic'"),
        ({"model": {"name": "tiny", "wdth": 3}}, "did you mean 'width'"),
        ({"methods": ["entropi"]}, "did you mean 'entropy'"),
        ({"methods": [{"name": "x", "score": "entropie", "selector": "top_k"}]}, "'entropy'"),
        ({"methods": [{"name": "x", "selector": "top_k"}]}, "ranks by a score"),
        ({"units": "grid:0x2"}, "wanted a value from 1"),
        ({"compute": {"device": "tpu"}}, "wanted auto, cpu, cuda"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_written(small, tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words):
        run_experiment(small(**changes), tmp_path / "s", tmp_path)
    assert not (tmp_path / "s").exists()


def test_a_second_process_is_refused_with_a_sentence(shared, tmp_path):
    store = shutil.copytree(shared.trained().store, tmp_path / "store")
    (experiment,) = wb.open_store(store).experiments()
    values, answer = experiment.config.plain(), tmp_path / "answer.txt"
    with open_experiment(store, experiment.id).lock():
        assert end_of(run_refused, values, store, answer) == 0
    assert f"process {os.getpid()}" in answer.read_text()
