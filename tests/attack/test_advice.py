"""What an error advises is carried out: it helps, and nothing that was stored is lost by it."""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import pytest

import workbench as wb
from tests.attack.damages import (
    TINY,
    contents,
    delete,
    empty,
    experiment_of,
    exported,
    flip,
    run_of,
)
from tests.cli.conftest import Invoke, assert_one_sentence, cli  # noqa: F401 - a fixture
from workbench.config import parse_config
from workbench.engine import supply
from workbench.engine.experiment import run_experiment
from workbench.engine.rescan import rescan
from workbench.errors import ConfigError, NotStoredError, StoreError, TrainingError
from workbench.figures import entropy_distribution
from workbench.store.locks import Lock

TWO = {**TINY, "methods": ["entropy"], "budget": {"initial": 4, "per_cycle": 2, "cycles": 2}}
UNKEPT = {**TWO, "keep": {"weights": "none", "maps": "none"}}


def run(values, store: Path) -> str:
    return run_experiment(parse_config(values), store, store / "data")


def copy(shared, values, folder: Path) -> Path:
    return shutil.copytree(shared.trained(values).store, folder / "store")


def only_run(store: Path):
    (found,) = wb.open_store(store).runs()
    return found


DAMAGED = {
    "a manifest that is gone": (lambda store: delete(run_of(store, "entropy") / "cycles/0001")),
    "a record": (lambda store: flip(run_of(store, "entropy") / "run.json")),
    "a store's record": (lambda store: empty(store / "store.json")),
    "a store's record that is gone": (lambda store: delete(store / "store.json")),
}

QUICK = "a manifest that is gone"


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize("what", [QUICK, *(slow(one) for one in DAMAGED if one != QUICK)])
def test_run_workbench_repair_with_this_store(shared, tmp_path, cli, what):  # noqa: F811
    store = copy(shared, TINY, tmp_path)
    DAMAGED[what](store)
    grown = {**TINY, "budget": {**TINY["budget"], "cycles": 5}}
    before = contents(store)
    with pytest.raises(StoreError) as refused:
        run(grown, store)
    advised = re.search(r"run `workbench (repair)` with this --store", str(refused.value))
    assert cli(advised.group(1), "--store", store).exit_code == 0
    assert before <= contents(store)
    run(TINY, store)
    assert exported(store) == exported(shared.trained(TINY).store)


@pytest.mark.slow
def test_run_workbench_repair_where_labelled_units_are_read(shared, tmp_path, cli):  # noqa: F811
    store = copy(shared, TWO, tmp_path)
    flip(run_of(store, "entropy") / "cycles/0001/labelled.npy")
    with pytest.raises(StoreError, match=r"labelled\.npy .* run `workbench repair` with"):
        len(only_run(store).cycle(1).labelled)
    before = contents(store)
    assert cli("repair", "--store", store).exit_code == 0
    assert before <= contents(store)
    run(TWO, store)
    assert exported(store) == exported(shared.trained(TWO).store)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free disk space or choose another --store, then run the same command"),
        slow(errno.EIO, "check the disk, then run the same command again"),
        slow(errno.EROFS, "choose a --store you may write to"),
    ],
)
def test_free_disk_space_or_choose_another_store(shared, tmp_path, monkeypatch, number, advice):
    store, plain = tmp_path / "store", os.fsync

    def full(handle):
        if any(store.glob("experiments/*/shared/*/cycle.json")):
            raise OSError(number, os.strerror(number))
        plain(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=advice):
        run(TWO, store)
    monkeypatch.undo()
    whole = exported(shared.trained(TWO).store)
    again = store if number != errno.EROFS else tmp_path / "another"
    run(TWO, again)
    assert exported(again) == whole


def test_wait_until_it_ends_or_stop_it_then_try_again(shared, tmp_path):
    store = copy(shared, TWO, tmp_path)
    three = {**TWO, "budget": {**TWO["budget"], "cycles": 3}}
    with (
        Lock(experiment_of(store) / "experiment.lock", "The experiment"),
        pytest.raises(StoreError, match=r"in use by process .* then try again"),
    ):
        run(three, store)
    run(three, store)
    assert only_run(store).cycle_numbers == [0, 1, 2]


def test_give_what_it_is_now_another_name(shared, tmp_path):
    store = copy(shared, TWO, tmp_path)
    before = contents(store)
    other = {"name": "entropy", "score": "entropy", "selector": "random"}
    with pytest.raises(ConfigError, match="give what it is now another name"):
        run({**TWO, "methods": [other]}, store)
    run({**TWO, "methods": ["entropy", {**other, "name": "other"}]}, store)
    kept = {digest: n for digest, n in before.items() if digest in contents(store)}
    assert len(before) - len(kept) <= 1, "only the experiment's record is another one"
    assert {r.method.name for r in wb.open_store(store).runs()} == {"entropy", "other"}


def test_choose_a_store_that_is_new_or_a_run_store(tmp_path):
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"is not a run store .* or a new one for a run"):
        run(TWO, tmp_path)
    run(TWO, tmp_path / "new")
    assert (tmp_path / "file.txt").read_text() == "mine"


def test_name_the_folder_that_was_given_as_store(shared, cli):  # noqa: F811
    store = shared.trained(TWO).store
    wrong = cli("list", "--store", store / "experiments")
    assert_one_sentence(wrong, "name the --store that `workbench run` was given")
    assert cli("list", "--store", store).exit_code == 0


def test_name_another_store_for_an_older_format(shared, tmp_path):
    store = copy(shared, TWO, tmp_path)
    values = json.loads((store / "store.json").read_bytes())
    del values["sha256"]
    (store / "store.json").write_text(json.dumps({**values, "schema": 2}))
    before = contents(store)
    with pytest.raises(StoreError, match="name another --store and run the experiment again"):
        run(TWO, store)
    run(TWO, tmp_path / "another")
    assert exported(tmp_path / "another") == exported(shared.trained(TWO).store)
    assert contents(store) == before


def test_rescan_adds_the_maps_that_were_not_kept(shared, tmp_path, cli):  # noqa: F811
    store = copy(shared, {**UNKEPT, "keep": {"weights": "all", "maps": "none"}}, tmp_path)
    whole, cycle = exported(store), only_run(store).cycle(1)
    image = only_run(store).experiment.pool["image_id"].iloc[0]
    with pytest.raises(NotStoredError, match=r"`workbench rescan` with --scores entropy adds"):
        cycle.score_map("entropy", image)
    with pytest.raises(NotStoredError, match="`workbench rescan` adds those"):
        entropy_distribution.read(cycle)
    with pytest.raises(NotStoredError, match="`workbench rescan` adds it"):
        cycle.unit_scores("least_confidence")
    scores = ("--scores", "entropy", "--scores", "least_confidence")
    assert cli("rescan", only_run(store).id, *scores, "--store", store).exit_code == 0
    cycle = only_run(store).cycle(1)
    assert cycle.score_map("entropy", image).shape == (32, 48)
    assert len(cycle.unit_scores("least_confidence")) == len(cycle.units)
    assert len(entropy_distribution.read(cycle, ["entropy"]).table)
    assert exported(store) == whole
    again = cli("rescan", only_run(store).id, *scores, "--store", store)
    assert "holds entropy, least_confidence already" in again.stdout


def test_whatif_computes_a_unit_score_that_was_not_stored(shared, cli):  # noqa: F811
    store = shared.trained(TWO).store
    cycle = only_run(store).cycle(0)
    with pytest.raises(NotStoredError, match="`workbench whatif` computes it from the maps"):
        cycle.unit_scores("entropy", "count_above:0.5")
    asked = ("--score", "entropy", "--aggregation", "count_above:0.5", "--store", store)
    assert cli("whatif", only_run(store).id, 0, *asked).exit_code == 0


@pytest.mark.slow
def test_set_keep_weights_to_all_and_run_it_in_another_store(shared, tmp_path, monkeypatch):
    store = copy(shared, UNKEPT, tmp_path)
    before = contents(store)
    monkeypatch.setattr(supply, "_digest", lambda _: "of another machine")
    with pytest.raises(TrainingError, match=r"set keep.weights to all and run it in another --sto"):
        rescan(store, only_run(store).id, ["least_confidence"])
    assert before <= contents(store)
    another = tmp_path / "another"
    run({**UNKEPT, "keep": {"weights": "all"}}, another)
    assert rescan(another, only_run(another).id, ["least_confidence"]) == [0, 1]
