"""Experiments that cannot run end in one sentence and 2, before anything is written."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Invoke, assert_one_sentence

GOOD: dict[str, Any] = {
    "name": "small",
    "dataset": {"name": "synthetic", "train": 8, "val": 2, "height": 48, "width": 64},
    "units": "grid:2x2",
    "model": "tiny",
    "learner": {"name": "supervised", "epochs": 1},
    "methods": ["random", "entropy"],
    "seeds": [0],
    "budget": {"initial": 4, "per_cycle": 4, "cycles": 2},
}

BREAKS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"budgets": 3}, ["budgets", "did you mean 'budget'"]),
    "unknown key in a section": (
        {"budget": {"initial": 4, "per_cycle": 4, "cycle": 2}},
        ["cycle", "cycles"],
    ),
    "missing section": ({"budget": None}, ["budget"]),
    "missing key": ({"budget": {"initial": 4, "per_cycle": 4}}, ["budget.cycles", "missing"]),
    "wrong type": ({"budget": {"initial": "four", "per_cycle": 4, "cycles": 2}}, ["four"]),
    "negative budget": ({"budget": {"initial": -4, "per_cycle": 4, "cycles": 2}}, ["-4"]),
    "budget larger than the pool": (
        {"budget": {"initial": 4, "per_cycle": 40, "cycles": 2}},
        ["44 units", "32 units"],
    ),
    "no method": ({"methods": []}, ["methods"]),
    "a method twice": ({"methods": ["random", "random"]}, ["random", "twice"]),
    "a seed twice": ({"seeds": [1, 1]}, ["seeds", "twice"]),
    "unknown method": ({"methods": ["entrpy"]}, ["entrpy", "did you mean 'entropy'"]),
    "unknown dataset": ({"dataset": "camvd"}, ["camvd", "did you mean 'camvid'"]),
    "dataset that is not there": ({"dataset": "camvid"}, ["data/camvid", "data/README.md"]),
    "unknown model": ({"model": "tinny"}, ["tinny", "did you mean 'tiny'"]),
    "unknown learner": ({"learner": "supervized"}, ["supervized", "'supervised'"]),
    "unknown units": ({"units": "gird:2x2"}, ["gird", "did you mean 'grid'"]),
    "unknown setting": (
        {"learner": {"name": "supervised", "epoch": 1}},
        ["epoch", "did you mean 'epochs'"],
    ),
    "setting out of range": ({"units": "grid:0x2"}, ["rows", "0"]),
    "unknown score": (
        {"methods": [{"name": "mine", "score": "entropi"}]},
        ["entropi", "did you mean 'entropy'"],
    ),
    "unknown committee": (
        {"methods": [{"name": "mine", "score": "entropy@transfroms:hflip"}]},
        ["transfroms", "did you mean 'transforms'"],
    ),
    "unknown selector": (
        {"methods": [{"name": "mine", "selector": "k_centre"}]},
        ["k_centre", "did you mean 'k_center'"],
    ),
    "unknown aggregation": (
        {"methods": [{"name": "mine", "score": "entropy", "aggregation": "meen"}]},
        ["meen", "did you mean 'mean'"],
    ),
    "selector without its score": (
        {"methods": [{"name": "mine", "selector": "top_k"}]},
        ["top_k", "score"],
    ),
    "unknown device": ({"compute": {"device": "tpu"}}, ["tpu", "cuda"]),
    "name that cannot be a folder": ({"name": "a/b"}, ["a/b"]),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_experiment_is_a_sentence(cli: Invoke, tmp_path: Path, what: str) -> None:
    change, parts = BREAKS[what]
    values = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(values))
    assert_one_sentence(cli("run", "bad.yaml"), *parts)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("name: [unclosed", ["bad.yaml", "line 1"]),
        ("just a text", ["bad.yaml", "keys and values"]),
        ("", ["bad.yaml"]),
        ("name: a\nname: b\n\t- x", ["bad.yaml"]),
    ],
)
def test_a_file_that_is_no_experiment_is_a_sentence(
    cli: Invoke, tmp_path: Path, text: str, parts: list[str]
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    assert_one_sentence(cli("run", "bad.yaml"), *parts)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["nowhere.yaml"], ["nowhere.yaml", "workbench presets"]),
        (["dmeo"], ["dmeo", "did you mean 'demo'"]),
        (["demo", "--set", "learner.epochs"], ["learner.epochs", "path=value"]),
        (["demo", "--set", "learner.epoch=3"], ["epoch", "did you mean 'epochs'"]),
        (["demo", "--set", "name.x=3"], ["name"]),
        (["demo", "--set", "seeds=[0"], ["seeds", "YAML"]),
        (["."], ["."]),
    ],
)
def test_a_wrong_argument_is_a_sentence(
    cli: Invoke, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    assert_one_sentence(cli("run", *arguments), *parts)
    assert not (tmp_path / "runs").exists()


def test_a_store_that_cannot_be_made_is_a_sentence(cli: Invoke, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(GOOD))
    (tmp_path / "file").write_text("not a folder")
    result = cli("run", "small.yaml", "--store", tmp_path / "file")
    assert_one_sentence(result, str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_folder_that_is_no_store_stays_as_it_is(cli: Invoke, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(GOOD))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.txt").write_text("meow")
    assert_one_sentence(cli("run", "small.yaml", "--store", tmp_path / "photos"), "photos")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.txt"]
