"""What a run's writer says of it: its status as it goes, and how it ended."""

import json
import time
from types import SimpleNamespace

import pytest

from tests.store.sample import choose
from tests.store.test_writing import METHOD, experiment_in, publish_cycle, write_cycle
from workbench.store import Keep, Labels, layout, run_writer
from workbench.store.run_writer import record_stopped


@pytest.fixture
def experiment(tmp_path):
    return experiment_in(tmp_path / "store", cycles=3)


def status(run):
    return json.loads((run.read.path / layout.STATUS).read_bytes())


def test_a_status_is_written_four_times_a_second_and_at_every_turn(experiment, monkeypatch):
    clock = SimpleNamespace(now=100.0, time=time.time)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(run_writer, "time", clock)
    with experiment.run(METHOD, 0) as run:

        def told(after, *progress):
            clock.now += after
            run.progress(*progress)
            found = status(run)
            return found["cycle"], found["phase"], found["done"], found["total"]

        assert told(0, 0, "train", 1, 9) == (0, "train", 1, 9)
        assert told(0.125, 0, "train", 2, 9) == (0, "train", 1, 9)
        assert told(0.125, 0, "train", 3, 9) == (0, "train", 3, 9), "0.25 s after the last"
        assert told(0.125, 0, "train", 9, 9) == (0, "train", 9, 9), "the end of a phase"
        assert told(0.125, 0, "scan") == (0, "scan", 0, 0)
        run.progress(0, "scan", 1, 2)
        assert told(0, 0, "scan", 0, 0) == (0, "scan", 0, 0), "of a phase without steps"
        assert told(0, 1, "scan", 3, 9) == (1, "scan", 3, 9)
        assert status(run)["message"] == ""


def test_a_writer_begins_after_the_last_cycle(experiment):
    with experiment.run(METHOD, 0) as run:
        begun = status(run)
        wanted = {"state": "running", "cycle": 0, "cycles": 3, "phase": "", "done": 0, "total": 0}
        assert {name: begun[name] for name in wanted} == wanted
        write_cycle(run, 0)
        write_cycle(run, 1)
        record = (run.read.path / layout.RUN).read_bytes()
    with experiment.run(METHOD, 0) as run:
        assert status(run)["cycle"] == 2
        assert (run.read.path / layout.RUN).read_bytes() == record


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [(None, "stopped", ""), (ValueError("no"), "failed", "no"), (KeyboardInterrupt, "stopped", "")],
)
def test_an_end_without_a_word_is_told(experiment, error, state, message):
    def end():
        with experiment.run(METHOD, 0) as run:
            if error is not None:
                raise error
        return run

    if error is None:
        end()
    else:
        with pytest.raises((ValueError, KeyboardInterrupt)):
            end()
    (run,) = experiment.record.runs()
    assert (run.status.state, run.status.message) == (state, message)


def test_an_end_that_was_told_stays(experiment):
    with experiment.run(METHOD, 0) as run:
        run.progress(1, "select", 1, 2)
        run.finish("waiting", "for labels")
    found = status(run)
    assert (found["state"], found["message"], found["phase"]) == ("waiting", "for labels", "")
    record_stopped(run.read)
    assert status(run) == found
    with experiment.run(METHOD, 0) as run:
        run.progress(1, "select", 1, 2)
        record_stopped(run.read)
        found = status(run)
        assert (found["state"], found["phase"], found["cycle"]) == ("stopped", "", 1)


def test_the_state_after_the_last_cycle_alone_is_kept(experiment):
    little = Keep(units=False)
    with experiment.run(METHOD, 0) as run:
        for number in range(3):
            publish_cycle(run, number, little)
            units = run.read.state(number).completed(run.read.cycle(number)).units
            run.publish_selection(number, choose("entropy", units, 2, 0, number))
            run.publish_labels(number, Labels(run.read.selection(number).unit_ids))
            assert list(layout.numbered(layout.states(run.read.path))) == [number]
        run.finish("done")
    with experiment.run(METHOD, 0) as run:
        assert list(layout.numbered(layout.states(run.read.path))) == [2]
        folder = run.read.path / "cycles"
    for path in (folder, run.read.path / "selections"):
        for entry in layout.numbered(path).values():
            entry.rename(run.read.path.parent / f"{path.name}-{entry.name}")
    state = layout.state(run.read.path, 2)
    state.rename(state.with_name("0000"))
    with experiment.run(METHOD, 0) as run:
        assert not layout.numbered(layout.states(run.read.path)), "cycle 0 was not published"
