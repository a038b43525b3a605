"""Every output of the command line tells a smaller form, and what it changed."""

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, assert_one_sentence
from tests.experiments import SMALL
from workbench import yaml_text

SENTENCE = "Scaled to a laptop: not mine as published, 2 settings differ."
CHANGES = ["learner.epochs: 2 ► 1", "seeds: [0] ► [0, 1]"]


@pytest.fixture
def mine(tmp_path: Path) -> str:
    values = {
        **SMALL,
        "name": "mine",
        "learner": {"name": "supervised", "epochs": 2, "batch_size": 4, "lr": 0.002},
        "methods": ["random"],
        "seeds": [0],
        "budget": {"initial": 4, "per_cycle": 0, "cycles": 1},
        "laptop": {"learner.epochs": 1, "seeds": [0, 1]},
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml_text.dump(values), encoding="utf-8")
    return str(path)


def test_a_smaller_form_says_so_wherever_it_is_told_of(
    mine: str, cli: Invoke, tmp_path: Path
) -> None:
    dry = cli("run", mine, "--scale", "laptop", "--dry-run").stdout
    ran = cli("run", mine, "--scale", "laptop", "--jobs", "1").stdout
    listed, shown = cli("list").stdout, cli("show", "mine-laptop").stdout
    for text in (dry, ran, listed, shown):
        assert SENTENCE in " ".join(text.split())
        assert "mine-laptop-" in text
    for change in CHANGES:
        assert change in dry
        assert change in shown
    cli("export", "--out", str(tmp_path / "out"))
    with (tmp_path / "out" / "scaled.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["change"] for row in rows] == CHANGES
    assert {(row["to"], row["of"]) for row in rows} == {("laptop", "mine")}
    assert rows[0]["experiment"].startswith("mine-laptop-")


def test_what_is_not_scaled_says_nothing_of_it(
    mine: str, cli: Invoke, sample_store: Path, tmp_path: Path
) -> None:
    at = ("--store", str(sample_store))
    shown = cli("show", "sample", *at)
    assert shown.exit_code == 0
    for text in (cli("run", mine, "--dry-run").stdout, cli("list", *at).stdout, shown.stdout):
        assert text
        assert "Scaled to a" not in text
    cli("export", "--out", str(tmp_path / "out"), *at)
    assert (tmp_path / "out" / "metrics.csv").exists()
    assert not (tmp_path / "out" / "scaled.csv").exists()


@pytest.mark.parametrize("scale", ["laptop", "", "phone"])
def test_a_scale_that_there_is_not_is_refused(cli: Invoke, scale: str) -> None:
    refused = cli("run", "demo", "--scale", scale, "--dry-run")
    assert_one_sentence(refused, "laptop" if scale != "laptop" else "demo has no section laptop")
