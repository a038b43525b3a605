"""Records that were changed by hand and sealed again: all that reads them finds the same."""

import json
import shutil

import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.attack.damages import TINY, experiment_of, run_of
from tests.experiments import SharedStores
from workbench.cli._app import app
from workbench.errors import StoreError
from workbench.store import files, layout, schema
from workbench.store.repair import repair
from workbench.store.verification import verify


@pytest.fixture
def store(shared: SharedStores, tmp_path):
    return shutil.copytree(shared.trained(TINY).store, tmp_path / "store")


def seal(path, **changes):
    """Change entries of a record and give it the digest of its new content."""
    values = json.loads(path.read_text(encoding="utf-8"))
    del values["sha256"]
    path.write_bytes(schema.to_bytes(values | changes))


def invoke(*arguments):
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    return done.exit_code, " ".join(done.output.split())


def test_settings_of_another_version_are_no_damage_and_are_left_where_they_are(store):
    record = experiment_of(store) / layout.EXPERIMENT
    config = json.loads(record.read_text(encoding="utf-8"))["config"]
    seal(record, config=config | {"a_later_setting": 3})
    before = record.read_bytes()

    with pytest.raises(StoreError, match=r"this version does not read.*the version that wrote it"):
        wb.open_store(store).experiment(experiment_of(store).name)
    code, said = invoke("show", experiment_of(store).name, "--store", store)

    assert code == 2
    assert "the version that wrote it" in said
    assert "repair" not in said
    assert not repair(store).moved
    assert record.read_bytes() == before


@pytest.mark.parametrize("config", [{}, {"budget": {}}, {"budget": [1]}])
def test_a_config_without_a_budget_is_no_fault_of_a_repair(store, config):
    seal(experiment_of(store) / layout.EXPERIMENT, config=config)
    assert invoke("repair", "--store", store)[0] == 0


def test_a_run_that_rests_on_a_list_is_set_aside(store):
    run = run_of(store, "entropy")
    seal(run / layout.RUN, rests_on=[1])
    assert invoke("repair", "--store", store)[0] == 0
    assert wb.open_store(store).run(f"{experiment_of(store).name}/{run.name}").cycle_numbers == []


def test_a_file_name_that_no_file_can_have_is_damage_of_its_record(store):
    cycle = run_of(store, "entropy") / "cycles/0001"
    listed = json.loads((cycle / layout.CYCLE).read_text(encoding="utf-8"))["files"]
    seal(cycle / layout.CYCLE, files=listed | {"\ud800": {"size": 0, "sha256": "0" * 64}})

    assert invoke("doctor", "--verify", "--store", store)[0] == 2
    assert invoke("repair", "--store", store)[0] == 0


def other_run(experiment):
    seal(experiment / "runs/entropy-s0" / layout.RUN, id="another-0/entropy-s0")


def other_number(experiment):
    seal(experiment / "runs/entropy-s0/cycles/0001" / layout.CYCLE, number=5)


def other_units(experiment):
    """Cycle 2 is said to have the labelled units of cycle 1."""
    cycles = experiment / "runs/entropy-s0/cycles"
    shutil.copy(cycles / "0001" / layout.LABELLED, cycles / "0002")
    listed = json.loads((cycles / "0002" / layout.CYCLE).read_text(encoding="utf-8"))["files"]
    facts = files.sealed(cycles / "0002" / layout.LABELLED)
    seal(cycles / "0002" / layout.CYCLE, files=listed | {layout.LABELLED: facts})


def other_shared(experiment):
    (shared,) = (path for path in (experiment / "shared").iterdir() if path.is_dir())
    seal(shared / layout.CYCLE, number=1)


def shared_of_another(experiment):
    """The shared cycle 0 is said to point at a shared cycle 0, as that of a run does."""
    (shared,) = (path for path in (experiment / "shared").iterdir() if path.is_dir())
    seal(shared / layout.CYCLE, shared=shared.name)


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (other_run, "is of run another-0/entropy-s0"),
        (other_number, "is of cycle 5"),
        (other_units, "has other labelled units than the cycles before it chose"),
        (other_shared, "is no shared cycle 0"),
        (shared_of_another, "is no shared cycle 0"),
    ],
)
def test_verification_and_repair_name_the_same_record_that_makes_no_sense(store, forge, words):
    forge(experiment_of(store))
    told = [damage for one in verify(store) for damage in one.damages]
    assert [damage.found for damage in told] == [words]
    assert told[0] in repair(store, dry_run=True).damages
    repair(store)
    assert [damage for one in verify(store) for damage in one.damages] == []


@pytest.mark.parametrize("place", ["experiment.lock", "runs/entropy-s0/run.lock"])
def test_a_folder_in_the_place_of_a_lock_is_set_aside(store, place):
    lock = experiment_of(store) / place
    lock.unlink(missing_ok=True)
    lock.mkdir()

    done = repair(store)

    assert [path.name for path in done.moved] == [lock.name]
    assert not lock.is_dir()
    assert not repair(store).damages
