"""Every file of a store is read once, what is wrong is told once, and strays are no damage."""

import shutil

import pytest

from tests.attack.damages import delete, flip
from tests.store.parts import KEY, seal, write_parts
from workbench.store import layout
from workbench.store.verification import verify


@pytest.fixture
def store(shared, tmp_path):
    return shutil.copytree(shared.made("parts", write_parts), tmp_path / "store")


@pytest.fixture
def experiment(store):
    (only,) = (store / "experiments").iterdir()
    return only


@pytest.fixture
def run(experiment):
    return experiment / "runs/entropy-s0"


def sizes(store):
    locks = (".lock", ".holder.json")
    paths = [p for p in store.rglob("*") if p.is_file() and not p.name.endswith(locks)]
    return {path: path.stat().st_size for path in paths}


def damages(store):
    """Path below the only experiment and what is wrong, of each damage, sorted."""
    (experiment,) = (store / "experiments").iterdir()
    told = [damage for one in verify(store) for damage in one.damages]
    return sorted((one.path.relative_to(experiment).as_posix(), one.found) for one in told)


def strays(store):
    return sorted(one.path for one in verify(store) if one.stray)


def test_every_file_of_a_whole_store_is_read_once(store):
    found = list(verify(store))
    assert len(found) == len({one.path for one in found})
    assert {one.path: one.size for one in found} == sizes(store)
    assert not [one for one in found if one.damages or one.stray]
    (store / layout.INDEX).unlink()
    [index] = [one for one in verify(store) if one.path == store / layout.INDEX]
    assert (index.size, index.damages) == (0, ())


def test_what_lies_between_is_told_as_no_part_and_is_no_damage(store, experiment, run):
    names = ("notes.txt", "shared/s0-made/more.npy", "references/whole-s0/more.npy")
    places = [experiment / name for name in names]
    names = ("notes.txt", "cycles/9abc", "cycles/0001/rasters/more", "selections/more")
    names += ("selections/0000/more", "reports/more", "reports/0001/more", "state/more")
    places += [run / name for name in names]
    for path in places:
        path.write_bytes(b"mine")
    for parent in (experiment, run, run / "cycles", run / "cycles/0001", run / "selections/0000"):
        (parent / ".aside-units-0123456789ab").touch()
    (run / "cycles/0003").mkdir()
    assert strays(store) == sorted([*places, run / "cycles/0003"])
    assert damages(store) == []


def test_a_cycle_that_was_never_published_is_no_damage(store, run):
    for name in ("cycles/0001", "cycles/0002", "selections", "state", "reports"):
        delete(run / name)
    (run / "cycles/0000" / layout.CYCLE).unlink()
    assert strays(store) == [run / "cycles/0000"]
    assert damages(store) == []
    delete(run / "cycles")
    assert strays(store) == []
    assert damages(store) == []


def test_a_selection_is_as_whole_as_what_follows_it_says(store, run):
    delete(run / "cycles/0002")
    last = run / "selections/0001"
    (last / layout.SELECTION).rename(last / "away")
    assert damages(store) == [("runs/entropy-s0/selections/0001/selection.json", "is gone")]
    (last / "away").rename(last / layout.SELECTION)
    (last / layout.LABELS).unlink()
    assert damages(store) == [], "the next cycle is not there, so they may come yet"
    read = {one.path for one in verify(store)}
    assert {last / layout.SELECTION, last / layout.PICKS} <= read
    (run / "selections/0000" / layout.LABELS).unlink()
    assert damages(store) == [("runs/entropy-s0/selections/0000/labels.json", "is gone")]


def test_a_cycle_that_is_gone_is_told(store, run):
    delete(run / "cycles/0001")
    assert damages(store) == [("runs/entropy-s0/cycles/0001/cycle.json", "is gone")]
    delete(run / "cycles/0002")
    assert damages(store) == [("runs/entropy-s0/cycles/0001/cycle.json", "is gone")]


def test_what_makes_no_sense_is_told_where_all_bytes_are_right(store, experiment, run):
    seal(run / "cycles/0001" / layout.CYCLE, number=5)
    assert damages(store) == [("runs/entropy-s0/cycles/0001/cycle.json", "is of cycle 5")]
    flip(run / "cycles/0002" / layout.LABELLED)
    wrong = "has other content than its digest says"
    assert damages(store) == [("runs/entropy-s0/cycles/0002/labelled.npy", wrong)]
    [size] = [one.size for one in verify(store) if one.damages]
    assert size == 0, "what is damaged does not count as read"
    seal(experiment / "shared" / KEY / layout.CYCLE, number=1)
    assert damages(store)[1:] == [(f"shared/{KEY}/cycle.json", "is no shared cycle 0")]
    (experiment / "shared" / KEY / layout.CYCLE).write_bytes(b"")
    assert len(damages(store)) == 2


def test_what_cycles_point_to_has_to_be_there(store, experiment):
    shared, vectors = f"shared/{KEY}", f"untrained/{KEY}/backbone-image-initial"
    delete(experiment / vectors)
    assert damages(store) == [(f"{vectors}/untrained.json", "is gone")]
    delete(experiment / shared)
    assert damages(store) == [(f"{shared}/cycle.json", "is gone")]


def test_the_record_of_what_has_begun_has_to_be_there(store, experiment, run):
    flip(run / layout.STATUS)
    (run / layout.RUN).unlink()
    (experiment / layout.EXPERIMENT).unlink()
    wrong = [name for name, _ in damages(store)]
    assert wrong == [layout.EXPERIMENT, f"runs/{run.name}/run.json", f"runs/{run.name}/status.json"]
    delete(experiment / "runs")
    assert damages(store) == [(layout.EXPERIMENT, "is gone")]
    delete(experiment / "shared")
    assert damages(store) == []
    (experiment / layout.EXPERIMENT).write_bytes(b"{}")
    assert [name for name, _ in damages(store)] == [layout.EXPERIMENT]


def test_a_run_that_has_a_lock_alone_has_not_begun(store, experiment):
    new = experiment / "runs/random-s0"
    new.mkdir()
    (new / "run.lock").touch()
    assert damages(store) == []
    (new / layout.RUN).write_bytes((experiment / "runs/entropy-s0" / layout.RUN).read_bytes())
    wrong = [("runs/random-s0/run.json", f"is of run {experiment.name}/entropy-s0")]
    assert damages(store) == wrong
