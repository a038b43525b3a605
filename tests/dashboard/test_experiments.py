"""The overview: starting, failed, stopped and running are designed states."""

import sys
import time

import pytest

from tests.store.sample import METHODS, write_shrunk_store
from workbench import launch, presets
from workbench.engine.plan import resolve
from workbench.store import open_experiment, open_store


def ended(job):
    for _ in range(200):
        if not job.running:
            return
        time.sleep(0.05)
    raise AssertionError("the stand-in did not end")


def test_an_experiment_that_never_reached_the_store_shows_its_sentence(open_page, tmp_path):
    store = tmp_path / "runs"
    open_page(store, "overview")  # sets the stand-in
    job = launch.start_run(resolve(presets.load("demo")).config, store)
    ended(job)
    app = open_page(store, "overview")
    assert not app.exception
    assert f"{job.name}** did not start. The stand-in computes nothing." in app.error[0].value
    assert [b.label for b in app.button] == ["Try again", "Remove"]

    app = next(b for b in app.button if b.label == "Remove").click().run()
    assert not app.error
    assert launch.all_jobs(store) == []


def test_a_failed_run_shows_its_sentence_and_the_way_on(open_page, own_half):
    record = open_store(own_half).experiments()[0]
    with open_experiment(own_half, record.id).run(METHODS["k_center"], 0) as run:
        run.progress(1, "train", 1, 2)
        run.finish("failed", "The loss of k_center seed 0 cycle 1 is not finite at step 7.")
    app = open_page(own_half, "overview")
    assert not app.exception
    assert "is not finite at step 7" in app.error[0].value
    assert "Resume" in [b.label for b in app.button]


def test_a_run_of_someone_else_is_shown_but_not_offered_to_be_stopped(open_page, own_half):
    record = open_store(own_half).experiments()[0]
    writer = open_experiment(own_half, record.id)
    with writer.lock(), writer.run(METHODS["k_center"], 0) as run:
        run.progress(1, "train", 1, 2)
        app = open_page(own_half, "overview")
        run.finish("stopped")
    assert not app.exception
    assert any("was not started here" in line.value for line in app.caption)
    assert not {"Stop", "Resume"} & {b.label for b in app.button}
    runs = app.dataframe[1].value
    assert runs.set_index("method").loc["k_center", "state"] == "running"


def test_resume_runs_the_stored_config(open_page, own_half):
    app = open_page(own_half, "overview")
    record = open_store(own_half).experiments()[0]
    next(b for b in app.button if b.label == "Resume").click().run()
    job = launch.find_job(own_half, record.id)
    assert job is not None
    ended(job)
    launch.remove(job)


def test_references_that_are_left_can_be_trained(open_page, full, monkeypatch):
    record = open_store(full).experiments()[0]
    left = property(lambda _: [("supervised", 0)])
    monkeypatch.setattr(type(record), "reference_seeds", left)
    app = open_page(full, "overview")
    assert not app.exception
    row = app.dataframe[0].value.iloc[0]
    assert (row["state"], row["references"], row["references_done"]) == ("pending", 1, 0)
    networks = 3 * len(record.runs()) + 1
    assert row["progress"] == pytest.approx((networks - 1) / networks)
    assert "Resume" in [button.label for button in app.button]


def test_a_process_that_ends_at_once_says_why(open_page, own_half, monkeypatch):
    open_page(own_half, "overview")
    code = "import sys; sys.exit('The disk is full.')"
    monkeypatch.setattr(launch, "run_command", lambda *_: [sys.executable, "-c", code])
    job = launch.resume(own_half, open_store(own_half).experiments()[0].id)
    for _ in range(200):
        if job.failed:
            break
        time.sleep(0.05)
    app = open_page(own_half, "overview")
    assert "The disk is full." in app.error[0].value


def test_runs_that_wait_or_are_no_longer_listed_are_shown_as_such(open_page, tmp_path):
    store = write_shrunk_store(tmp_path / "runs")
    app = open_page(store, "overview")
    assert not app.exception
    assert app.dataframe[1].value["standing"].tolist() == [
        "done, no longer listed",
        "waiting for labels",
    ]
    app = open_page(store, "compare")
    assert not app.exception
    assert app.pills(key="methods").options == ["random", "entropy"]
    captions = [line.value for line in app.caption]
    assert any("Not finished: random, seed 0 (waiting for labels)." in text for text in captions)
    assert any("No longer listed" in text and "entropy, seed 0" in text for text in captions)
