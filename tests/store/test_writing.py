"""The write side: nothing is lost, nothing half-done is ever seen."""

import errno
import itertools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.store.sample import (
    CARD,
    METHODS,
    SCORES,
    choose,
    measured,
    sample_config,
    sample_pool,
    scan_image,
    stream,
)
from workbench.errors import ScoreError, StoreError, StoreLockedError
from workbench.store import (
    Labels,
    Selection,
    create_experiment,
    open_experiment,
    open_store,
)
from workbench.types import unit_ids

IMAGES, SIZE, GRID = 4, (16, 24), (2, 2)
METHOD = METHODS["entropy"]


def experiment_in(path, cycles=4, images=IMAGES):
    return create_experiment(
        path,
        sample_config(["entropy"], [0], cycles, 2, GRID),
        card=CARD,
        pool=sample_pool(images, SIZE, GRID),
        methods=[METHOD],
        data_dir=path / "data",
    )


def write_cycle(run, number, keep=None):
    """Write one small cycle, its selection and labels; what is there already stays.

    Its content depends on the number alone.
    """
    if number not in run.read.cycle_numbers:
        publish_cycle(run, number, keep)
    cycle = run.read.cycle(number)
    if run.read.selection(number) is None:
        run.publish_selection(number, choose("entropy", cycle.observation.units, 2, 0, number))
    if run.read.labels(number) is None:
        run.publish_labels(number, Labels(run.read.selection(number).unit_ids, np.array([7, 9])))
    return cycle


def publish_cycle(run, number, keep=None):
    labelled = unit_ids(0, np.arange(4)) if number == 0 else _labelled_after(run.read, number - 1)
    with run.write_cycle(number, labelled=labelled, scores=SCORES, keep=keep) as cycle:
        cycle.write_network("network", lambda path: path.write_bytes(b"w" * 100))
        scans = [scan_image(image, SIZE, GRID, seed=0, cycle=number) for image in range(IMAGES)]
        return cycle.publish(stream(cycle, scans), measured(0.1 * number, 0.1, 0, number))


def _labelled_after(run, number):
    before = run.cycle(number)
    return np.concatenate([before.labelled, before.selected])


def check_whole(run):
    """Read everything of every published cycle; an error here is a half-written cycle."""
    for cycle in run.cycles:
        assert len(cycle.units) + len(cycle.labelled) == len(run.experiment.pool)
        assert len(cycle.selected) == len(cycle.selection)
        last = cycle.number == run.cycle_numbers[-1]  # whose selection may not be there yet
        assert len(cycle.selected) == 2 or (last and not len(cycle.selected))
        if not last:
            assert cycle.selection["cost_clicks"].tolist() == [7, 9]
        assert len(cycle.embeddings) == len(run.experiment.pool)
        assert cycle.weights.stat().st_size == 100
        assert np.isfinite(cycle.metrics.miou)
        assert len(cycle.image_ids) == IMAGES
        for image_id in cycle.image_ids:
            assert cycle.score_map("entropy", image_id).shape == SIZE
            assert cycle.prediction(image_id).shape == SIZE
    return run.cycle_numbers


def content(run):
    """What two runs that did the same have in common."""
    return [
        (
            cycle.labelled.tolist(),
            cycle.selection.to_csv(),
            cycle.units.to_csv(),
            cycle.score_map("margin", cycle.image_ids[0]).tolist(),
            repr(cycle.metrics),
        )
        for cycle in run.cycles
    ]


def asides(path):
    return list(path.rglob(".aside-*"))


def test_a_full_disk_at_any_write_loses_nothing(tmp_path, monkeypatch):
    """Fail from the k-th file that is opened for writing on, for every k; then run it again."""
    experiment = experiment_in(tmp_path / "store")
    with experiment.run(METHOD, 0) as run:
        write_cycle(run, 0)
    before = content(run.read)
    failures = 0
    while (sentence := _with_room_for(failures, experiment, monkeypatch)) is not None:
        assert "no room" in sentence
        read = open_store(tmp_path / "store").runs()[0]
        assert check_whole(read) in ([0], [0, 1])  # the disk may be full at the selection's turn
        assert content(read)[:1] == before
        assert read.status.state in {"failed", "interrupted", "stopped"}
        failures += 1
    assert failures > 10
    assert check_whole(open_store(tmp_path / "store").runs()[0]) == [0, 1]
    assert not asides(tmp_path)


def _with_room_for(files, experiment, monkeypatch):
    """Write cycle 1 while that many files fit on the disk; return the error's sentence."""
    opened, plain_open = itertools.count(), Path.open

    def full(self, mode="r", *args, **kwargs):
        if "w" in mode and next(opened) >= files:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain_open(self, mode, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        try:
            with experiment.run(METHOD, 0) as run:
                write_cycle(run, 1)
        except StoreError as error:
            return str(error)
    return None


LIMITED = """
import resource, sys
from pathlib import Path
from tests.store import test_writing as t
from workbench.errors import StoreError
experiment = t.experiment_in(Path(sys.argv[1]))
with experiment.run(t.METHOD, 0) as run:
    t.write_cycle(run, 0)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, unlimited[1]))
try:
    with experiment.run(t.METHOD, 0) as run:
        t.write_cycle(run, 1)
except StoreError as error:
    print(error)
print(t.check_whole(run.read))
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
with experiment.run(t.METHOD, 0) as run:
    t.write_cycle(run, 1)
print(t.check_whole(run.read), t.asides(Path(sys.argv[1])))
"""


def test_a_file_size_limit_ends_in_one_sentence_and_resumes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    sentence, *rest = done.stdout.splitlines()
    assert "There is no room to write" in sentence, done.stderr
    assert rest == ["[0]", "[0, 1] []"]


WRITER = """
import sys
from pathlib import Path
from tests.store import test_writing as t
experiment = t.experiment_in(Path(sys.argv[1]), cycles=40)
with experiment.run(t.METHOD, 0) as run:
    print("ready", flush=True)
    for number in range(max(0, len(run.read.cycle_numbers) - 1), 5):  # of a pool of 16 units
        run.progress(number, "scan", 1, 2)
        t.write_cycle(run, number)
        run.event({"event": "cycle", "cycle": number})
    run.finish("done")
"""


def test_killed_writers_and_a_polling_reader(tmp_path):
    """kill -9 at random moments while a reader polls; what was published equals a whole run."""
    store = tmp_path / "store"
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout.readline() == "ready\n"
        end = time.monotonic() + 0.4 + rng.uniform(0, 0.6)
        while time.monotonic() < end and process.poll() is None:
            [run] = open_store(store).runs()
            events = {event["cycle"] for event in run.events()}  # a second writer may repeat one
            numbers = check_whole(run)
            assert numbers == list(range(len(numbers)))
            assert events <= set(numbers)
            assert run.status.state in {"running", "done"}
        process.kill()  # -9; nothing happens if it is done already
        process.wait()
        process.stdout.close()
        [run] = open_store(store).runs()
        numbers = check_whole(run)
        assert len(numbers) >= seen
        seen = len(numbers)
        assert run.status.state in {"interrupted", "done"}
    with experiment_in(store, cycles=40).run(METHOD, 0) as writer:
        for number in range(max(0, seen - 1), seen + 1):
            write_cycle(writer, number)  # the next writer clears up and goes on
    assert not asides(store)
    with experiment_in(tmp_path / "whole", cycles=40).run(METHOD, 0) as whole:
        for number in range(seen + 1):
            write_cycle(whole, number)
    assert content(open_store(store).runs()[0]) == content(whole.read)


def test_a_folder_without_manifest_is_no_cycle_and_is_cleared(tmp_path):
    """Killed between the two renames."""
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        write_cycle(run, 0)
        published = write_cycle(run, 1)
    (published.path / "cycle.json").unlink()
    shutil.rmtree(published.path.parents[1] / "selections" / "0001")  # is made after the cycle
    [read] = open_store(tmp_path).runs()
    assert read.cycle_numbers == [0]
    with experiment.run(METHOD, 0) as run:
        assert not published.path.exists()
        assert write_cycle(run, 1).revision != published.revision


def test_a_published_cycle_never_changes(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        write_cycle(run, 0)
        before = content(run.read)
        with pytest.raises(StoreError, match="published already"):
            publish_cycle(run, 0)
        with pytest.raises(StoreError, match="published already"):
            run.publish_selection(0, Selection(unit_ids(1, [0])))
        with pytest.raises(StoreError, match="they never change"):
            run.publish_labels(0, Labels(unit_ids(1, [0])))
        assert content(run.read) == before


def test_a_second_process_on_the_same_run_is_refused(tmp_path):
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        assert run.read.status.state == "running"
        assert run.read.status.pid == os.getpid()
        other = open_experiment(tmp_path, experiment.record.id).run(METHOD, 0)
        with pytest.raises(StoreLockedError, match=f"{run.read.id} is in use by process"):
            other.__enter__()
        assert run.read.status.state == "running"
    assert run.read.status.state == "stopped"


def test_the_experiment_lock_tells_who_runs_it(tmp_path):
    experiment = experiment_in(tmp_path)
    assert not experiment.record.running
    with experiment.lock():
        assert experiment.record.running
        assert experiment.record.pid == os.getpid()
        with pytest.raises(StoreLockedError, match="Experiment sample"):
            experiment_in(tmp_path)


def test_progress_is_written_at_once_where_it_matters_else_four_times_a_second(
    tmp_path, monkeypatch
):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        assert run.read.status.cycle == 0
        now = 1000.0
        monkeypatch.setattr("workbench.store.run_writer.time.monotonic", lambda: now)
        seen = []
        for later, *progress in [
            (0, 0, "train", 1, 9),  # another phase
            (0.125, 0, "train", 2, 9),
            (0.25, 0, "train", 3, 9),  # a quarter of a second after what was written last
            (0.375, 0, "train", 9, 9),  # all steps
            (0.4375, 1, "train", 1, 9),  # another cycle
            (0.5, 1, "train", 2, 9),
        ]:
            now = 1000.0 + later
            run.progress(*progress)
            seen.append((run.read.status.cycle, run.read.status.done))
    assert seen == [(0, 1), (0, 1), (0, 3), (0, 9), (1, 1), (1, 1)]


def test_how_a_run_ended_is_its_state(tmp_path):
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        run.progress(0, "train", 3, 10)
        status = run.read.status
        assert (status.state, status.phase, status.done, status.total) == (
            "running",
            "train",
            3,
            10,
        )
        assert status.cycles == 4
        assert abs(status.heartbeat - time.time()) < 60
        run.finish("done")
    assert run.read.status.state == "done"

    def fail():
        with experiment.run(METHOD, 0):
            raise ScoreError("A score of image x is not finite.")

    with pytest.raises(ScoreError):
        fail()
    assert run.read.status.state == "failed"
    assert run.read.status.message == "A score of image x is not finite."

    def interrupt():
        with experiment.run(METHOD, 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert run.read.status.state == "stopped"


def test_a_cycle_given_up_leaves_nothing(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:

        def give_up():
            with run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as cycle:
                stream(cycle, [scan_image(0, SIZE, GRID, 0, 0)])
                raise ScoreError("not finite")

        with pytest.raises(ScoreError):
            give_up()
        assert run.read.cycle_numbers == []
        assert not asides(tmp_path)
