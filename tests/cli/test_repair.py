"""``workbench repair`` in words: what is damaged, where it went, what is trained again."""

import shutil
from pathlib import Path

import pytest

from tests.attack.damages import TINY, delete, flip, run_of
from tests.cli.conftest import Invoke, assert_one_sentence
from tests.experiments import SharedStores
from workbench.store import open_store
from workbench.store.locks import Lock


@pytest.fixture
def store(shared: SharedStores, tmp_path: Path) -> Path:
    return shutil.copytree(shared.trained(TINY).store, tmp_path / "store")


def test_a_whole_store_is_left_as_it_is(cli: Invoke, store: Path) -> None:
    before = sorted(store.rglob("*"))
    for arguments in ((), ("--dry-run",), ("tiny",)):
        found = cli("repair", *arguments, "--store", store)
        assert found.exit_code == 0, found.output
        assert found.stdout.startswith("Nothing is damaged in ")
    assert [path for path in sorted(store.rglob("*")) if path.suffix != ".lock"] == [
        path for path in before if path.suffix != ".lock"
    ]


def test_what_is_set_aside_and_trained_again_is_named(cli: Invoke, store: Path) -> None:
    flip(run_of(store, "entropy") / "cycles/0002/units.parquet")
    planned = cli("repair", "--dry-run", "--store", store)
    done = cli("repair", "--store", store)
    assert planned.exit_code == done.exit_code == 0
    assert not (store / "set-aside" / "nothing").exists()
    for told in (planned.stdout, done.stdout):
        assert "cycles/0002/units.parquet" in told
        assert "has other content than its digest says" in told
        assert "runs/entropy-s0/cycles/0003" in told
        last = told.splitlines()[-1]
        assert last.split()[0].endswith("/entropy-s0")
        assert last.endswith("2 and 3")
    assert "To be set aside" in planned.stdout
    (aside,) = (store / "set-aside").iterdir()
    assert (aside / run_of(store, "entropy").relative_to(store) / "cycles/0002").is_dir()
    shown = cli("list", "--store", store)
    assert shown.exit_code == 0
    assert "cycle 2 and 3; the same `workbench run` goes on" in shown.stdout
    assert cli("show", "tiny", "--store", store).exit_code == 0


def test_a_run_whose_record_was_damaged_is_pending(cli: Invoke, store: Path) -> None:
    flip(run_of(store, "entropy") / "run.json")
    done = cli("repair", "--store", store)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].endswith("0 to 3")
    for arguments in (("list",), ("show", "tiny")):
        shown = cli(*arguments, "--store", store)
        assert shown.exit_code == 0
        assert not shown.stderr
        lines = [line for line in shown.stdout.splitlines() if "entropy" in line]
        assert any("pending" in line for line in lines)
        assert not any("done" in line for line in lines)
    assert cli("doctor", "--verify", "--store", store).exit_code == 0


def test_one_run_is_repaired_alone(cli: Invoke, store: Path) -> None:
    for name in ("entropy", "random"):
        delete(run_of(store, name) / "cycles/0002")
    done = cli("repair", "tiny/entropy", "--store", store)
    assert done.exit_code == 0
    cycles = {run.method.name: run.cycle_numbers for run in open_store(store).runs()}
    assert cycles == {"entropy": [0, 1], "random": [0, 1, 3], "k_center": [0, 1, 2, 3]}


def test_the_start_of_several_names_is_a_sentence(cli: Invoke, store: Path) -> None:
    shutil.copytree(run_of(store, "entropy"), run_of(store, "entropy_too"))
    refused = cli("repair", "tiny/e", "--store", store)
    assert_one_sentence(refused, "2 ids of a run start with", "entropy-s0", "entropy_too-s0")


def test_nothing_is_touched_while_a_run_goes_on(cli: Invoke, store: Path) -> None:
    flip(run_of(store, "entropy") / "cycles/0002/units.parquet")
    with Lock(run_of(store, "random") / "run.lock", "Run random"):
        for arguments in ((), ("--dry-run",)):
            refused = cli("repair", *arguments, "--store", store)
            assert_one_sentence(refused, "random-s0 is in use", "stop it")
    assert not (store / "set-aside").exists()


@pytest.mark.parametrize("name", ["nothing", "tiny/nothing", "../tiny"])
def test_an_unknown_name_is_a_sentence(cli: Invoke, store: Path, name: str) -> None:
    assert_one_sentence(cli("repair", name, "--store", store), "There is no")


def test_a_folder_that_is_no_store_is_a_sentence(cli: Invoke, tmp_path: Path) -> None:
    (tmp_path / "file.txt").touch()
    assert_one_sentence(cli("repair", "--store", tmp_path), "is not a run store")
    assert_one_sentence(cli("repair", "--store", tmp_path / "none"), "There is no run store")
