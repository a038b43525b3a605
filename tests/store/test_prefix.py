"""How far a run is whole, on one run of three cycles of which one part after another is damaged."""

import os
import shutil

import pytest

from tests.attack.damages import delete, empty, flip
from tests.store.parts import KEY, seal, write_parts
from workbench.errors import StoreError, StoreVersionError
from workbench.store import arrays, files, layout
from workbench.store.integrity import Damage
from workbench.store.prefix import Ground, prefix_of, record_of_run, wrong_shared

RESTS_ON = {"cycle_zero": KEY}


@pytest.fixture
def run(shared, tmp_path):
    store = shutil.copytree(shared.made("parts", write_parts), tmp_path / "store")
    (only,) = store.glob("experiments/*/runs/entropy-s0")
    return only


def ground(run, *, shared=True, untrained=True):
    return Ground(run.parent.parent, lambda _: shared, lambda *_: untrained)


def told(run, rests_on=RESTS_ON, **whole):
    """Kept cycles, lost cycles, names of what is set aside, and what is wrong."""
    found = prefix_of(run, rests_on, ground(run, **whole))
    rest = [path.relative_to(run).as_posix() for path in found.rest]
    return found.kept, found.lost, rest, [one.found for one in found.damages]


def relabel(run, number, name, ids):
    """Give a selection or its labels other units, and its manifest their digest."""
    folder = layout.selection(run, number)
    table = arrays.read_table(folder / name).iloc[: len(ids)]
    arrays.write_table(folder / name, table.assign(unit_id=ids))
    manifest = layout.SELECTION if name == layout.PICKS else layout.LABELS
    seal(folder / manifest, files={name: files.sealed(folder / name)})


def ids_of(run, number, name=layout.PICKS):
    return arrays.read_table(layout.selection(run, number) / name)["unit_id"].tolist()


def test_a_whole_run_is_kept(run):
    assert told(run) == (3, (), [], [])
    assert told(run, {}) == (3, (), [], [])
    for parent in ("cycles", "selections"):
        (run / parent / ".aside-0003-0123456789ab").mkdir()
    assert told(run) == (3, (), [], [])


OTHER = "has other content than its digest says"
LABEL_FILES = ["selections/0001/labels.parquet", "selections/0001/labels.json"]
FROM_0 = ["cycles/0002", "selections/0001", "cycles/0001", "selections/0000", "cycles/0000"]


@pytest.mark.parametrize(
    ("name", "kept", "rest"),
    [
        ("cycles/0002/labelled.npy", 2, FROM_0[:1]),
        ("selections/0001/labels.parquet", 2, [*FROM_0[:1], *LABEL_FILES]),
        ("selections/0001/selection.parquet", 2, FROM_0[:2]),
        ("cycles/0001/units.parquet", 1, FROM_0[:3]),
        ("selections/0000/selection.parquet", 1, FROM_0[:4]),
    ],
)
def test_what_rests_on_damage_goes_with_it_the_last_first(run, name, kept, rest):
    flip(run / name)
    assert told(run) == (kept, tuple(range(kept, 3)), rest, [OTHER])


def test_nothing_is_kept_of_a_run_whose_start_is_damaged_or_not_known(run):
    assert told(run, None) == (0, (0, 1, 2), FROM_0, [])
    flip(run / "cycles/0000/cycle.json")
    assert told(run)[:3] == (0, (0, 1, 2), FROM_0)


def test_what_is_gone_is_told_where_later_parts_are_there(run):
    gap = ["is gone, though later parts of the run are there"]
    delete(run / "cycles/0002")
    assert told(run) == (2, (), [], [])
    (run / "selections/0001/labels.json").unlink()
    assert told(run) == (2, (), [], [])
    (run / "selections/0001/selection.json").unlink()
    assert told(run) == (2, (), [], [])
    (run / "selections/0000/labels.json").unlink()
    rest = ["selections/0001", "cycles/0001", "selections/0000/labels.parquet"]
    assert told(run) == (1, (1,), rest, gap)


def test_what_is_no_part_of_a_run_goes_last(run):
    (run / "cycles/9abc").mkdir()
    (run / "selections/0007").touch()
    wrong = ["is no part of a run"] * 2
    assert told(run) == (3, (), ["cycles/9abc", "selections/0007"], wrong)
    delete(run / "selections")
    (run / "selections").touch()
    kept, lost, rest, found = told(run)
    assert (kept, lost, rest[-2:]) == (1, (1, 2), ["cycles/9abc", "selections"])
    assert found[:2] == wrong


def test_a_cycle_0_points_to_the_one_its_run_rests_on(run):
    assert told(run, {"cycle_zero": "s0-b"})[3] == [f"points to cycle 0 {KEY}; its run is of s0-b"]
    assert told(run, shared=False)[3] == [f"points to the shared cycle 0 {KEY}, damaged or gone"]
    assert told(run, untrained=False)[3] == [], "the shared one is asked for its vectors"
    shared = layout.shared(run.parent.parent, KEY)
    shutil.rmtree(run / "cycles/0000")
    shutil.copytree(shared, run / "cycles/0000")
    assert told(run, shared=False)[3] == []
    names = f"rests on the backbone-image-initial embeddings of {KEY}, which are damaged or gone"
    assert told(run, untrained=False)[3] == [names]
    assert wrong_shared(shared, ground(run)) == []
    assert [one.found for one in wrong_shared(shared, ground(run, untrained=False))] == [names]


def test_units_are_picked_once(run):
    labelled = arrays.read_array(layout.shared(run.parent.parent, KEY) / layout.LABELLED).tolist()
    picked = ids_of(run, 0)
    relabel(run, 0, layout.PICKS, [labelled[0], picked[1]])
    assert told(run)[3] == ["picked units that were labelled already"]
    relabel(run, 0, layout.PICKS, picked)
    assert told(run)[3] == []
    relabel(run, 1, layout.PICKS, [picked[0], ids_of(run, 1)[1]])
    assert told(run)[3] == ["picked units that were labelled already"]


def test_units_that_were_not_picked_are_not_labelled(run):
    picked = ids_of(run, 1)
    assert len(picked) == 2
    relabel(run, 1, layout.LABEL_TABLE, [picked[0], ids_of(run, 0)[0]])
    assert told(run)[3] == ["labels units that were not picked"]


def test_a_cycle_has_the_units_that_were_labelled_before_it(run):
    relabel(run, 1, layout.LABEL_TABLE, ids_of(run, 1)[:1])
    wrong = "has other labelled units than the cycles before it chose"
    assert told(run) == (2, (2,), ["cycles/0002"], [wrong])
    seal(run / "cycles/0002/cycle.json", number=1)
    assert told(run)[3] == ["is of cycle 1"]


def test_another_version_is_no_damage(run):
    seal(run / "cycles/0001/cycle.json", schema=4)
    with pytest.raises(StoreVersionError):
        told(run)


def test_a_file_that_may_not_be_read_is_no_damage(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert told(run) == (3, (), [], [])
    (run / "cycles/0002/labelled.npy").unlink()
    assert told(run)[3] == ["is gone"]
    empty(run / "cycles/0001/labelled.npy")
    with pytest.raises(StoreError, match=r"labelled\.npy may not be read; give yourself the right"):
        told(run)


def test_a_run_rests_on_what_its_record_says(run, tmp_path):
    rests_on, wrong = record_of_run(run)
    assert (rests_on["cycle_zero"], wrong) == (KEY, ())
    record = run / layout.RUN
    seal(record, id="s/other-s0")
    assert record_of_run(run) == (None, (Damage(record, "is of run s/other-s0"),))
    record.unlink()
    gone = (None, (Damage(record, "is gone"),))
    assert record_of_run(run) == gone
    (run / layout.STATUS).unlink()
    assert record_of_run(run) == gone
    shutil.rmtree(run / "cycles")
    shutil.rmtree(run / "selections")
    assert record_of_run(run) == ({}, ())
    (run / layout.STATUS).touch()
    assert record_of_run(run) == gone
    assert prefix_of(tmp_path / "none", {}, ground(run)).kept == 0
