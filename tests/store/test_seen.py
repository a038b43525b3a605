"""A look at many runs equals the plain reading of their files, whatever changed since the last."""

import os
import shutil
from dataclasses import replace

import pytest

from tests.store.sample import SCORES, sample_experiment, scan_image, stream
from tests.store.test_reports import found
from workbench.errors import DamagedRecordWarning
from workbench.figures import catalogue
from workbench.store import (
    Run,
    SupplementWriter,
    contents,
    damage,
    index,
    open_store,
    seen,
    stamps,
)
from workbench.store.experiment import ExperimentRecord
from workbench.store.writer import open_experiment

IMAGES, SIZE, GRID = 12, (48, 64), (2, 2)


@pytest.fixture
def copy(sample_path, tmp_path):
    path = shutil.copytree(sample_path, tmp_path / "store")
    lie_still(path)
    return path


@pytest.fixture(autouse=True)
def _process(monkeypatch):
    """A process that has seen nothing yet."""
    monkeypatch.setattr(seen, "POINTS", seen.Points())
    monkeypatch.setattr(seen, "REVISIONS", seen.Revisions())
    monkeypatch.setattr(stamps, "SETTLED", 0.0)  # `lie_still` makes folders and files old


@pytest.fixture(params=["folders alone", "a few records each"])
def compared(request, monkeypatch):
    """Whether a look compares records of runs whose folders tell of no change."""
    if request.param == "folders alone":
        monkeypatch.setattr(seen, "COMPARED", 0)


def lie_still(path):
    """Nothing was written for years, so the times of folders and files can be relied on."""
    for entry in [path, *path.rglob("*")]:
        os.utime(entry, (1e9, 1e9))


def run_of(store, name="entropy-s0"):
    return next((store / "experiments").iterdir()) / "runs" / name


def plainly(store):
    """By opening every record."""
    with damage.collected() as told:
        runs = [Run(r.experiment, r.method, r.seed, listed=r.listed) for r in store.runs()]
        points = [
            [(c.number, c.metrics.miou, c.metrics.labelled_units) for c in run.cycles]
            for run in runs
        ]
    with damage.collected() as also:
        revisions = [run.revision for run in store.runs()]
    return points, revisions, sorted(told), sorted(also)


def at_a_look(store):
    with damage.collected() as told:
        points = [[tuple(point) for point in curve] for curve in store.points(store.runs())]
    with damage.collected() as also:
        revisions = store.revisions(store.runs())
    return points, revisions, sorted(told), sorted(also)


def same(path):
    store = open_store(path)
    assert at_a_look(store) == plainly(store)


def test_a_look_equals_the_plain_reading(copy):
    for _ in range(3):
        same(copy)
    index_file = copy / "index.sqlite"
    index_file.unlink()
    same(copy)


@pytest.mark.usefixtures("compared")
def test_what_another_machine_publishes_step_by_step_is_seen_at_once(copy, tmp_path):
    """It renames folders and records in, and never touches the index."""
    run = run_of(copy)
    away = tmp_path / "away"
    shutil.move(run / "cycles" / "0002", away / "cycle")
    shutil.move(run / "selections" / "0001", away / "selection")
    manifests = {}
    for folder in ("cycle", "selection"):
        for record in ("cycle.json", "selection.json", "labels.json"):
            if (away / folder / record).exists():
                manifests[record] = (away / folder / record).rename(away / record)
    (run / "status.json").unlink()
    lie_still(copy)
    for _ in range(3):
        same(copy)
    steps = [
        (away / "selection", run / "selections" / "0001"),
        (manifests["selection.json"], run / "selections" / "0001" / "selection.json"),
        (manifests["labels.json"], run / "selections" / "0001" / "labels.json"),
        (away / "cycle", run / "cycles" / "0002"),
        (manifests["cycle.json"], run / "cycles" / "0002" / "cycle.json"),
    ]
    before = at_a_look(open_store(copy))
    for source, target in steps:
        source.rename(target)
        same(copy)
        same(copy)
    after = at_a_look(open_store(copy))
    assert after[0] != before[0]
    assert after[1] != before[1]


def no_run(copy):
    shutil.rmtree(run_of(copy))


def no_last_cycle(copy):
    shutil.rmtree(run_of(copy) / "cycles" / "0002")


def no_cycle_between(copy):
    shutil.rmtree(run_of(copy) / "cycles" / "0001")


def no_selection(copy):
    shutil.rmtree(run_of(copy) / "selections" / "0001")


def no_experiment(copy):
    shutil.rmtree(run_of(copy).parents[1])


def fewer_methods(copy):
    sample_experiment(copy, ("random", "k_center"))


@pytest.mark.usefixtures("compared")
@pytest.mark.parametrize(
    "change",
    [no_run, no_last_cycle, no_cycle_between, no_selection, no_experiment, fewer_methods],
)
def test_what_is_removed_is_gone_at_once(copy, change):
    for _ in range(3):
        same(copy)
    before = at_a_look(open_store(copy))
    change(copy)
    same(copy)
    same(copy)
    assert at_a_look(open_store(copy)) != before


@pytest.mark.usefixtures("compared")
@pytest.mark.parametrize("number", [0, 1])
def test_a_supplement_changes_the_revision_at_once(copy, number):
    store = open_store(copy)
    for _ in range(3):
        same(copy)
    before = at_a_look(store)
    chosen = next(run for run in store.runs() if run.path == run_of(copy))
    add_supplement(chosen.cycle(number))
    same(copy)
    after = at_a_look(store)
    assert after[0] == before[0]
    assert sum(a != b for a, b in zip(after[1], before[1], strict=True)) == (1 if number else 3)


def add_supplement(cycle):
    new = replace(SCORES[0], name="variance")
    scans = [scan_image(number, SIZE, GRID, 0, cycle.number) for number in range(IMAGES)]
    for scan in scans:
        scan.unit_scores["variance"] = scan.unit_scores["entropy"] ** 2
    with SupplementWriter(cycle, [new]) as writer:
        writer.labelled = cycle.labelled
        writer.publish(stream(writer, scans))


@pytest.mark.usefixtures("compared")
def test_a_report_changes_the_revision_at_once(copy):
    for _ in range(3):
        same(copy)
    before = at_a_look(open_store(copy))[1]
    record = open_store(copy).experiments()[0]
    method = next(method for method in record.methods if method.name == "entropy")
    with open_experiment(copy, record.id).run(method, 0, {}) as writer:
        writer.publish_report(1, found(5), keep=False)
        writer.finish("done")
    same(copy)
    assert sum(a != b for a, b in zip(at_a_look(open_store(copy))[1], before, strict=True)) == 1


PARTS = [
    "cycles/0000/cycle.json",
    "cycles/0001/cycle.json",
    "selections/0000/selection.json",
    "selections/0001/labels.json",
    "run.json",
    "../../shared/s0-sample/cycle.json",
    "../../experiment.json",
]


def flipped(path):
    path.write_bytes(path.read_bytes()[:-3])


def removed(path):
    path.unlink()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("break_", [flipped, removed])
def test_what_is_damaged_is_named_each_time_and_hides_nothing_else(copy, break_, part):
    for _ in range(3):
        same(copy)
    break_(run_of(copy) / part)
    for _ in range(3):
        same(copy)
    told = at_a_look(open_store(copy))
    with pytest.warns(DamagedRecordWarning):
        open_store(copy).revisions(open_store(copy).runs())
    assert told[3]


def test_a_supplement_that_is_damaged_is_named_each_time(copy):
    store = open_store(copy)
    cycle = next(run for run in store.runs() if run.path == run_of(copy)).cycle(1)
    add_supplement(cycle)
    flipped(cycle.path / "supplements" / "0000" / "cycle.json")
    lie_still(copy)
    for _ in range(3):
        same(copy)
    assert "supplements/0000" in at_a_look(store)[3][0]


def test_a_record_that_was_damaged_by_hand_is_found_some_looks_later(copy, monkeypatch):
    """Of many runs each look compares a few whole; with each the next ones have their turn."""
    monkeypatch.setattr(seen, "COMPARED", 8)
    store = open_store(copy)
    for _ in range(3):
        same(copy)
    for run in store.runs():
        path = run.path / "cycles" / "0001" / "cycle.json"
        path.write_bytes(path.read_bytes()[:-3])
    looks = [len(at_a_look(store)[3]) for _ in range(4)]
    assert looks == sorted(looks)
    assert 0 < looks[0] < looks[-1] == len(store.runs())
    same(copy)


def test_a_run_that_was_seen_is_not_opened_again(copy, monkeypatch):
    store = open_store(copy)
    for _ in range(2):
        wanted = at_a_look(store)
    monkeypatch.setattr(Run, "_open", lambda *_: pytest.fail("a record was opened"))
    assert at_a_look(store) == wanted


def test_another_process_takes_it_from_the_index(copy, monkeypatch):
    store = open_store(copy)
    wanted = plainly(store)
    for run in store.runs():
        index.update(run)
    monkeypatch.setattr(Run, "_open", lambda *_: pytest.fail("a record was opened"))
    assert at_a_look(store) == wanted


@pytest.mark.parametrize("true", [True, False])
def test_a_row_of_the_index_counts_if_it_fits_its_digest(copy, true):
    import sqlite3

    store = open_store(copy)
    for run in store.runs():
        index.update(run)
    with sqlite3.connect(copy / "index.sqlite") as database:
        for row in database.execute("SELECT * FROM seen WHERE cycle = 1").fetchall():
            new = (*row[:5], 0.125, *row[6:-1])
            digest = index._digest(new) if true else row[-1]
            database.execute(
                "UPDATE seen SET miou = 0.125, digest = ? WHERE run = ? AND cycle = 1",
                (digest, row[0]),
            )
    assert {curve[1][1] == 0.125 for curve in at_a_look(store)[0]} == {true}


def test_a_change_within_one_tick_of_the_clock_is_seen(copy, monkeypatch):
    """A folder that changed just now may change again and carry the same time."""
    monkeypatch.setattr(seen, "COMPARED", 0)
    monkeypatch.setattr(stamps, "SETTLED", 60.0)
    folder = run_of(copy) / "cycles"
    time = folder.stat().st_mtime_ns
    for _ in range(3):
        same(copy)
    shutil.rmtree(folder / "0002")
    os.utime(folder, ns=(time, time))
    same(copy)


def test_a_status_that_was_written_again_is_read_again(copy, monkeypatch):
    store = open_store(copy)
    monkeypatch.setattr(stamps, "SETTLED", 60.0)
    chosen = next(run for run in store.runs() if run.path == run_of(copy))
    assert [chosen.status.state for _ in range(2)] == ["done", "done"]
    with open_experiment(copy, chosen.experiment.id).run(chosen.method, 0, {}) as writer:
        stated = []
        for state, message in [("stopped", ""), ("waiting", "a"), ("waiting", "b")]:
            writer.finish(state, message)
            stated.append((chosen.status.state, chosen.status.message))
        assert stated == [("stopped", ""), ("waiting", "a"), ("waiting", "b")]
    monkeypatch.setattr(stamps, "SETTLED", 0.0)
    assert [chosen.status.message for _ in range(3)] == ["b", "b", "b"]
    monkeypatch.setattr(contents, "read", lambda *_: pytest.fail("it was read again"))
    assert chosen.status.message == "b"


def test_the_catalogue_is_the_same_without_the_index(copy, monkeypatch):
    first = catalogue.read(open_store(copy))
    (copy / "index.sqlite").unlink()
    monkeypatch.setattr(seen, "POINTS", seen.Points())
    second = catalogue.read(open_store(copy))
    assert first.table.equals(second.table)
    assert first.experiments.equals(second.experiments)


def test_no_more_runs_are_remembered_than_the_bound(copy, monkeypatch):
    monkeypatch.setattr(seen, "_RUNS", 2)
    store = open_store(copy)
    same(copy)
    store.points(store.runs()[:1])
    assert len(seen.POINTS._runs) == 2
    same(copy)


def test_stamps_of_what_is_not_there(tmp_path):
    assert stamps.of_file(f"{tmp_path}/none") == ""
    assert stamps.numbers_in(f"{tmp_path}/none") == []
    assert stamps.of_folders([f"{tmp_path}/none"]) == ((0, 0),)
    about = tmp_path.stat()
    assert stamps.of_folders([str(tmp_path)]) == ((about.st_mtime_ns, about.st_ino),)
    for name in ("0002", "00002", "1", "0010", "x"):
        (tmp_path / name).mkdir()
    assert stamps.numbers_in(str(tmp_path)) == [2, 10]


def test_one_run_is_opened_without_the_others(copy, monkeypatch):
    record = open_store(copy).experiments()[0]
    monkeypatch.setattr(ExperimentRecord, "runs", lambda _: pytest.fail("all runs were read"))
    assert record.run(f"{record.id}/entropy-s1").seed == 1
