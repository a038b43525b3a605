"""``workbench doctor --verify`` in words: what is whole, what is damaged, what to do."""

import shutil
from pathlib import Path

import pytest

from tests.attack.damages import flip
from tests.cli.conftest import Invoke, assert_one_sentence
from workbench.store import open_store


@pytest.fixture
def store(sample_store: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sample_store, tmp_path / "store")


def test_a_whole_store_is_one_sentence(cli: Invoke, store: Path) -> None:
    found = cli("doctor", "--verify", "--store", store)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Every file is as it was written (")
    assert found.stdout.count("\n") == 1


def test_each_damage_is_a_line_and_the_last_one_is_the_advice(cli: Invoke, store: Path) -> None:
    run = next(run for run in open_store(store).runs() if len(run.published) == 3)
    damaged = [run.path / name for name in ("run.json", "cycles/0001/units.parquet")]
    rasters = (run.path / "cycles/0002/rasters").rglob("*")
    shard = next(path for path in rasters if path.is_file() and path.suffix != ".json")
    for path in (*damaged, shard):
        flip(path)
    labels = run.path / "selections/0001/labels.json"
    labels.unlink()
    found = cli("doctor", "--verify", "--store", store)
    assert found.exit_code == 2, found.output
    *lines, advice = found.stdout.splitlines()
    assert len(lines) == 4, lines
    for path in (*damaged, shard, labels):
        assert [line for line in lines if path.name in line], (path, lines)
    assert advice.startswith("4 files are damaged; run `workbench repair` with this --store")
    assert cli("repair", "--store", store).exit_code == 0
    assert cli("doctor", "--verify", "--store", store).exit_code == 0


def test_a_supplement_without_its_manifest_is_named_and_set_aside(cli: Invoke, store: Path) -> None:
    cycle = open_store(store).runs()[0].cycle(1)
    shutil.copytree(cycle.path / "embeddings", cycle.path / "supplements/0000/embeddings")
    found = cli("doctor", "--verify", "--store", store)
    assert found.exit_code == 2
    assert "supplements/0000/cycle.json is gone" in found.stdout
    assert cli("repair", "--store", store).exit_code == 0
    assert not (cycle.path / "supplements/0000").exists()
    assert cli("doctor", "--verify", "--store", store).exit_code == 0


def test_a_folder_that_is_no_store_is_one_sentence(cli: Invoke, tmp_path: Path) -> None:
    assert_one_sentence(cli("doctor", "--verify", "--store", tmp_path / "none"), "no run store")
