"""References: networks trained on the labels of the whole pool, once a seed, and measured."""

import os
import shutil
import signal

import numpy as np
import pytest

import workbench as wb
from tests.attack.damages import TINY, delete, flip
from tests.engine.test_growing import content
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import ConfigError, DamagedRecordWarning, StoppedError, StoreError
from workbench.learning import FileCheckpoint
from workbench.models import build, load_weights
from workbench.store.export import metrics_csv, selections_csv
from workbench.store.repair import repair
from workbench.store.verification import verify

LONGER = {"name": "longer", "learner": {"epochs": 3}, "model": {"width": 6}, "seeds": [0, 7]}
VALUES = {**TINY, "methods": ["random"], "budget": {**TINY["budget"], "cycles": 2}}
WITH = {**VALUES, "references": ["supervised", LONGER]}


def experiment(**changes):
    return parse_config({**WITH, **changes})


def run(store, jobs=1, **changes):
    events = []
    run_experiment(experiment(**changes), store, store, jobs, events.append)
    (record,) = wb.open_store(store).experiments()
    return record, events


def measured(record):
    """What must be the same: every number of every reference, and the digests of the networks."""
    return {
        key: (
            found.metrics.confusion.tolist(),
            {name: network.sha256 for name, network in found.networks.items()},
            found.trained_by,
        )
        for key, found in record.references().items()
    }


@pytest.fixture(scope="module")
def once(shared):
    (record,) = wb.open_store(shared.trained(WITH).store).experiments()
    return record


def test_each_is_trained_once_a_seed_on_the_whole_pool(once):
    found = once.references()
    assert list(found) == [("supervised", 0), ("longer", 0), ("longer", 7)]
    pool = once.geometry
    for one in found.values():
        assert one.metrics.labelled_units == one.metrics.pool_units == len(pool)
        assert one.metrics.labelled_pixels == pool.pixels
        assert one.metrics.labelled_classes.sum() == pool.pixels
        assert one.splits == ["val"]
    assert len(found["supervised", 0].extras["losses"]) == 1
    assert len(found["longer", 0].extras["losses"]) == 3
    assert found["longer", 0].trained_by["learner"]["batch_size"] == 4  # of the experiment
    assert found["longer", 0].trained_by["model"]["width"] == 6
    digests = {one.networks["network"].sha256 for one in found.values()}
    assert len(digests) == 3


def test_its_weights_are_those_that_were_measured(once):
    found = once.reference("longer", 7)
    model = build(resolve(once.config).reference("longer").model, len(once.card.classes), seed=0)
    load_weights(model, found.weights)


def test_it_is_the_network_of_an_experiment_that_labels_everything(once, tmp_path):
    """The same learner, model and pixels; only the seed of the purpose differs."""
    budget = {"unit": "%", "initial": "100%", "per_cycle": 0, "cycles": 1}
    whole, _ = run(tmp_path, budget=budget, references=[])
    (cycle,) = whole.runs()[0].cycles
    found = once.reference("supervised", 0)
    for name in ("labelled_units", "labelled_pixels", "labelled_clicks"):
        assert getattr(found.metrics, name) == getattr(cycle.metrics, name)
    np.testing.assert_array_equal(found.metrics.labelled_classes, cycle.metrics.labelled_classes)
    assert found.metrics.confusion.sum() == cycle.metrics.confusion.sum()


def test_what_it_does_not_name_is_that_of_the_report_points():
    report = {"at": [6], "learner": {"epochs": 5, "lr": 0.5}, "model": {"width": 8}}
    plan = resolve(experiment(report=report))
    plain, longer = plan.references
    assert (plain.learner.options["epochs"], plain.model.options["width"]) == (5, 8)
    assert (longer.learner.options["epochs"], longer.learner.options["lr"]) == (3, 0.5)
    assert longer.model.options["width"] == 6


def test_added_to_a_finished_experiment_only_they_are_trained(once, tmp_path):
    plain, _ = run(tmp_path, references=[])
    assert plain.id == once.id
    assert "references" not in plain.config.plain()
    before, known_by = content(tmp_path), plain.runs()[0].revision
    grown, events = run(tmp_path)
    assert {e["phase"] for e in events if e["event"] == "progress"} == {
        "train reference",
        "validate reference",
    }
    (outline,) = [e["references"] for e in events if e["event"] == "experiment"]
    assert not any(one["done"] for one in outline)
    ends = [(e["method"], e["seed"]) for e in events if e["event"] == "reference"]
    assert [(one["method"], one["seed"]) for one in outline] == ends
    assert ends == [("supervised", 0), ("longer", 0), ("longer", 7)]
    after = content(tmp_path)
    assert {f.name for f, digest in before.items() if after[f] != digest} == {"experiment.json"}
    assert measured(grown) == measured(once)
    assert grown.runs()[0].revision != known_by  # what is drawn of the run is drawn anew
    store, first = wb.open_store(tmp_path), wb.open_store(once.path.parents[1])
    assert metrics_csv(store) == metrics_csv(first)
    assert selections_csv(store) == selections_csv(first)
    assert not [e for e in run(tmp_path)[1] if e["event"] == "progress"]  # nothing is left


@pytest.mark.slow
def test_other_processes_find_the_same(once, tmp_path):
    assert measured(run(tmp_path, jobs=2)[0]) == measured(once)


def test_stopped_it_goes_on_from_its_last_epoch(once, tmp_path, monkeypatch):
    plain = FileCheckpoint.write

    def at_every_epoch(checkpoint, state):
        checkpoint.every = 0.0
        plain(checkpoint, state)

    monkeypatch.setattr(FileCheckpoint, "write", at_every_epoch)
    monkeypatch.setattr("workbench.engine.events.PROGRESS_INTERVAL", 0.0)
    events = []

    def stop(event):
        events.append(event)
        longer = event.get("phase") == "train reference" and event["method"] == "longer"
        if longer and event["done"] == event["total"] - 1:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError):
        run_experiment(experiment(), tmp_path, tmp_path, on_event=stop)
    assert (events[-1]["event"], events[-1]["method"]) == ("stopped", "longer")
    assert len(list(tmp_path.rglob("training/reference-longer-s0/*.safetensors"))) == 1
    record, resumed = run(tmp_path)
    first = next(e for e in resumed if e.get("phase") == "train reference")
    assert first["method"] == "longer"
    assert first["done"] > 1
    assert measured(record) == measured(once)
    assert not list(tmp_path.rglob("training/*"))


def test_how_it_is_trained_does_not_change(shared):
    made = shared.trained(WITH)
    before = content(made.store)
    words = (
        r"^The reference longer of seed 0 was trained with learner.epochs 3 \(now 4\); give .* name"
    )
    changed = {**LONGER, "learner": {"epochs": 4}}
    with pytest.raises(ConfigError, match=words):
        run_experiment(experiment(references=[changed]), made.store, made.store)
    assert content(made.store) == before


@pytest.mark.parametrize("damage", [flip, delete])
@pytest.mark.parametrize("name", ["report.json", "networks/network.safetensors"])
def test_a_damaged_one_is_named_set_aside_alone_and_trained_again(once, tmp_path, name, damage):
    store = tmp_path / "store"
    shutil.copytree(once.path.parents[1], store)
    (record,) = wb.open_store(store).experiments()
    path = record.reference("longer", 7).path / name
    damage(path)
    assert [one.path for checked in verify(store) for one in checked.damages] == [path]
    if name == "report.json" and damage is flip:
        with pytest.warns(DamagedRecordWarning, match=r"longer-s7/0000/report\.json"):
            assert ("longer", 7) not in record.references()
        with pytest.raises(StoreError, match=r"longer-s7/0000/report\.json"):
            run(store)
    done = repair(store)
    assert [one.path for one in done.damages] == [path]
    assert len(done.moved) == 1
    again, events = run(store)
    trained = {(e["method"], e["seed"]) for e in events if e["event"] == "progress"}
    assert trained == {("longer", 7)}
    (outline,) = [e["references"] for e in events if e["event"] == "experiment"]
    assert [one["seed"] for one in outline if not one["done"]] == [7]
    assert measured(again) == measured(once)


def test_the_forecast_counts_what_is_left(once, tmp_path):
    new = forecast(experiment(), tmp_path)
    plain = forecast(experiment(references=[]), tmp_path)
    assert (new.references, plain.references) == (3, 0)
    assert new.trainings == plain.trainings + 3
    # 6 images in batches of 4: two steps an epoch
    assert new.training_steps == plain.training_steps + 2 * (1 + 3 + 3)
    stored = sum(
        one.weights.stat().st_size for one in once.references().values()
    )  # with the names of the tensors besides
    assert 0.8 * stored < new.bytes["references"] < stored
    assert new.bytes["total"] == plain.bytes["total"] + new.bytes["references"]
    done = forecast(experiment(), tmp_path, once.path.parents[1])
    assert (done.references, done.trainings) == (0, 0)
    none = forecast(experiment(keep={"weights": "all", "reports": "none"}), tmp_path)
    assert none.bytes["references"] == 0


@pytest.mark.slow
def test_time_is_told_where_references_alone_are_left(tmp_path):
    run(tmp_path, references=[])
    found = forecast(experiment(), tmp_path, tmp_path, timed=True)
    assert found.time.reports > 0
    assert found.time.training == found.time.scanning == 0


@pytest.mark.parametrize(
    ("references", "words"),
    [
        (["random"], "'random' is a method and a reference; rename one of them"),
        (["a", "a"], "references lists 'a' twice"),
        ([{"name": "a", "seeds": [1, 1]}], "the reference a lists 1 twice"),
        ([{"name": "a", "seeds": []}], "at least 1 item"),
        ([{"name": "a", "learner": "supervized"}], r"references\.0 \(a\)\.learner.*supervised"),
        ([{"name": "a", "learner": {"head_lr": 2}}], r"references: a: learner\.head_lr is 2"),
        ([{"name": "a", "method": "random"}], r"key in references\.0 called 'method'"),
        ([{"name": "../a"}], r"references\.0\.name"),
        ("a", "references is 'a'; wanted a list"),
        (["a"] * 51, "at most 50 items"),
    ],
)
def test_what_cannot_be_is_refused(references, words):
    with pytest.raises(ConfigError, match=words):
        resolve(experiment(references=references))


def test_windows_that_share_pixels_are_never_all_labelled():
    with pytest.raises(ConfigError, match=r"references are trained on all units .* may overlap"):
        resolve(experiment(units="window:height=16,width=16,stride=8"))
