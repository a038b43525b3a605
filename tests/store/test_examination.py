"""What a repair of an experiment has to do, part by part of one that was made by hand."""

import json
import shutil

import pytest

from tests.attack.damages import delete, empty, flip
from tests.store.parts import CHOICE, KEY, seal, write_parts
from workbench.store import layout
from workbench.store.examination import of_experiment, words
from workbench.store.findings import Findings

RUN = "runs/entropy-s0"
OTHER = "has other content than its digest says"
AGAIN = "the same `workbench run` goes on"


@pytest.fixture
def folder(shared, tmp_path):
    store = shutil.copytree(shared.made("parts", write_parts), tmp_path / "store")
    (only,) = store.glob("experiments/*")
    return only


def told(folder, only=None):
    """Damages and moves of an experiment, by their paths below it, in their order."""
    found = of_experiment(folder, only)
    damages = [(one.path.relative_to(folder).as_posix(), one.found) for one in found.damages]
    return damages, [path.relative_to(folder).as_posix() for path in found.moves]


def status(folder):
    """The status that a repair writes: state, cycle, cycles, message."""
    written = of_experiment(folder).written[folder / RUN / layout.STATUS]
    values = json.loads(written)
    assert (values["phase"], values["done"], values["total"], values["pid"]) == ("", 0, 0, None)
    return values["state"], values["cycle"], values["cycles"], values["message"]


def test_nothing_is_to_be_done_where_all_is_whole(folder):
    for name in ("shared/s0-killed", "runs/random-s0"):  # of processes that were killed
        (folder / name).mkdir()
    (folder / "runs/.aside-entropy-s0-0123456789ab").touch()
    (folder / RUN / "training/0002").mkdir(parents=True)
    assert of_experiment(folder) == Findings()


def test_a_damaged_cycle_takes_with_it_what_rests_on_it(folder):
    for name in ("0000", "0001", "report-0000"):
        (folder / RUN / "training" / name).mkdir(parents=True)
    flip(folder / RUN / "cycles/0001/units.parquet")
    flip(folder / RUN / "reports/0001/networks/network.safetensors")
    damages, moves = told(folder)
    assert damages == [(f"{RUN}/cycles/0001/units.parquet", OTHER)]
    names = ("training/0001", "training/report-0000", "reports/0001", "state/0002")
    names += ("cycles/0002", "selections/0001", "cycles/0001")
    assert moves == [f"{RUN}/{name}" for name in names]
    assert of_experiment(folder).again == {f"{folder.name}/entropy-s0": (1, 2)}
    message = f"Set aside as damaged or resting on damage: cycle 1 and 2; {AGAIN}."
    assert status(folder) == ("interrupted", 1, 3, message)


def test_what_lies_beside_whole_cycles_is_set_aside_alone(folder):
    (supplement,) = (folder / RUN / "cycles/0001/supplements").iterdir()
    places = [supplement, folder / RUN / "reports/0001", folder / RUN / "state/0002"]
    for place, name in zip(places, (layout.CYCLE, layout.REPORT, layout.STATE), strict=True):
        empty(place / name)
    damages, moves = told(folder)
    assert moves == [place.relative_to(folder).as_posix() for place in places]
    assert len(damages) == 3
    assert not of_experiment(folder).written
    assert not of_experiment(folder).again


def test_a_run_without_its_record_has_no_status(folder):
    flip(folder / RUN / layout.RUN)
    found = of_experiment(folder)
    assert [path.name for path in found.moves[-2:]] == [layout.STATUS, layout.RUN]
    assert not found.written
    assert found.again == {f"{folder.name}/entropy-s0": (0, 1, 2)}


def test_a_status_tells_what_is_whole(folder):
    path = folder / RUN / layout.STATUS
    path.unlink()
    assert status(folder) == ("done", 2, 3, "")
    assert of_experiment(folder).replaced == ()
    path.write_bytes(b"")
    assert status(folder) == ("done", 2, 3, "")
    assert of_experiment(folder).replaced == (path,)
    assert len(of_experiment(folder).damages) == 1
    path.unlink()
    delete(folder / RUN / "cycles/0002")
    delete(folder / RUN / "state/0002")
    assert status(folder) == ("interrupted", 2, 3, f"It holds 2 whole cycles; {AGAIN}.")
    flip(folder / RUN / "selections/0001/selection.parquet")
    message = f"A damaged selection of cycle 1 is set aside; {AGAIN}."
    assert status(folder) == ("interrupted", 2, 3, message)
    flip(folder / RUN / "cycles/0000/cycle.json")
    assert status(folder)[:3] == ("pending", 0, 3)


def test_a_status_of_an_end_that_is_not_there_is_written_anew(folder):
    seal(folder / RUN / layout.STATUS, cycles=4)
    assert status(folder) == ("interrupted", 3, 4, f"It holds 3 whole cycles; {AGAIN}.")
    seal(folder / RUN / layout.STATUS, state="interrupted")
    assert not of_experiment(folder).written
    seal(folder / RUN / layout.STATUS, state="done", cycles=2)
    assert not of_experiment(folder).written


def test_without_record_and_status_nobody_knows_whether_a_run_is_done(folder):
    (folder / RUN / layout.STATUS).unlink()
    empty(folder / layout.EXPERIMENT)
    assert status(folder) == ("interrupted", 3, 0, f"It holds 3 whole cycles; {AGAIN}.")


def test_a_shared_cycle_0_goes_with_its_training_after_the_runs(folder):
    (folder / "training" / KEY).mkdir(parents=True)
    flip(folder / "shared" / KEY / layout.LABELLED)
    damages, moves = told(folder)
    wrong = f"points to the shared cycle 0 {KEY}, damaged or gone"
    shared = f"shared/{KEY}"
    assert damages == [(f"{RUN}/cycles/0000/cycle.json", wrong), (f"{shared}/labelled.npy", OTHER)]
    assert moves[-3:] == [f"{RUN}/cycles/0000", f"training/{KEY}", shared]
    (folder / shared / layout.CYCLE).unlink()
    assert told(folder)[0][1] == (f"{shared}/cycle.json", "is gone"), "a run points to it"
    delete(folder / RUN)
    assert told(folder) == ([], []), "nothing points to it, and it is not published"


def test_a_supplement_of_a_shared_cycle_0_is_set_aside_alone(folder):
    own = folder / RUN / "cycles/0001/supplements"
    copy = shutil.copytree(own, folder / "shared" / KEY / "supplements")
    (one,) = copy.iterdir()
    assert told(folder) == ([], [])
    empty(one / layout.CYCLE)
    assert told(folder)[1] == [one.relative_to(folder).as_posix()]


def test_vectors_before_training_and_what_rests_on_them(folder):
    vectors = f"untrained/{KEY}/backbone-image-initial"
    flip(folder / vectors / layout.VECTORS)
    damages, moves = told(folder)
    assert [name for name, _ in damages] == [
        f"{RUN}/cycles/0000/cycle.json",
        f"shared/{KEY}/cycle.json",
        f"{vectors}/vectors.npy",
    ]
    assert moves[-2:] == [f"shared/{KEY}", vectors]


def test_a_choice_is_written_again_from_the_copy_in_cycle_0(folder):
    path = folder / "choices" / f"{KEY}.json"
    empty(path)
    found = of_experiment(folder)
    assert [one.path for one in found.damages] == [path]
    assert (found.replaced, found.moves) == ((path,), ())
    assert json.loads(found.written[path])["choice"] == CHOICE
    flip(folder / "shared" / KEY / layout.LABELLED)
    found = of_experiment(folder)
    assert found.moves[-1] == path
    assert path not in found.written
    delete(folder / "shared" / KEY)
    assert of_experiment(folder).moves[-1] == path


def test_a_reference_is_set_aside_alone(folder):
    place = "references/whole-s0/0000"
    flip(folder / place / "networks/network.safetensors")
    assert told(folder) == ([(f"{place}/networks/network.safetensors", OTHER)], [place])


def test_the_record_of_an_experiment_lists_its_pool(folder):
    flip(folder / layout.POOL)
    both = [layout.POOL, layout.EXPERIMENT]
    assert told(folder) == ([(layout.POOL, OTHER)], both)
    empty(folder / layout.EXPERIMENT)
    empty(folder / layout.POOL)
    damages, moves = told(folder)
    assert [name for name, _ in damages] == both[::-1]
    assert moves == both
    (folder / layout.POOL).unlink()
    assert told(folder)[1] == [layout.EXPERIMENT]
    (folder / layout.EXPERIMENT).unlink()
    assert told(folder) == ([(layout.EXPERIMENT, "is gone")], [])
    delete(folder / "runs")
    assert told(folder) == ([], []), "its maker was killed before it began"
    (folder / layout.EXPERIMENT).touch()
    assert told(folder)[1] == [layout.EXPERIMENT]


def test_a_file_in_the_place_of_a_folder_is_set_aside(folder):
    delete(folder / "references")
    strays = ["references", "runs/mine"]
    for name in strays:
        (folder / name).touch()
    assert told(folder) == ([(name, "is no folder") for name in strays], strays)
    events = folder / RUN / layout.EVENTS
    delete(events)
    assert told(folder)[1] == strays
    events.mkdir()
    assert told(folder)[1] == [f"{RUN}/{layout.EVENTS}", *strays]


def test_another_run_is_looked_at_if_it_rests_on_the_same_damage(folder):
    flip(folder / RUN / "cycles/0002/labelled.npy")
    assert told(folder, "random-s0") == ([], [])
    assert told(folder, "entropy-s0") == told(folder)
    (folder / RUN / "cycles/0000/cycle.json").write_bytes(b"")
    assert told(folder, "random-s0") == ([], [])


def test_a_damaged_shared_cycle_0_is_of_all_its_runs(folder):
    flip(folder / "shared" / KEY / layout.LABELLED)
    assert told(folder, "random-s0") == told(folder)


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        ((2,), "2"),
        ((2, 3), "2 and 3"),
        ((2, 3, 4), "2 to 4"),
        ((2, 3, 5), "2, 3 and 5"),
        ((0, 2, 3), "0, 2 and 3"),
    ],
)
def test_numbers_in_words(numbers, wanted):
    assert words(numbers) == wanted
