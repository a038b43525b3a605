"""``workbench compare`` as a user types it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Invoke, assert_one_sentence
from workbench.figures import _paper, _references, learning_curve
from workbench.presets import Cell
from workbench.store import open_store


@pytest.fixture(scope="module")
def experiment_id(sample_store: Path) -> str:
    return open_store(sample_store).experiments()[0].id


def test_pairs_are_told_in_words_and_in_a_file(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    result = cli("compare", experiment_id, "--store", sample_store, "--out", "tables/pairs.csv")
    assert result.exit_code == 0, result.output
    assert "k_center − random, mIoU at" in result.stdout
    assert "2 seeds: too few to tell; about" in result.stdout
    assert "no number of cycles can make a difference significant" in result.stdout
    assert "Budgets at which the row is ahead" in result.stdout
    assert {"difference", "p_holm", "sentence"} <= set(pd.read_csv("tables/pairs.csv"))


def test_a_pair_at_a_budget_of_a_class(cli: Invoke, sample_store: Path, experiment_id: str) -> None:
    words = ["entropy", "random", "--metric", "iou:road", "--at", "8"]
    result = cli("compare", experiment_id, *words, "--store", sample_store)
    assert result.exit_code == 0, result.output
    assert "entropy − random, IoU of road at 8 units" in result.stdout
    assert "k_center" not in result.stdout


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["random"], ["1 method", "wanted two"]),
        (["random", "entropy", "k_center"], ["3 methods"]),
        (["random", "nothing"], ["nothing", "k_center"]),
        (["--at", "1e99"], ["1e99"]),
        (["--metric", "speed"], ["speed"]),
    ],
)
def test_wrong_words_are_a_sentence(
    cli: Invoke, sample_store: Path, experiment_id: str, words: list[str], parts: list[str]
) -> None:
    result = cli("compare", experiment_id, *words, "--store", sample_store)
    assert_one_sentence(result, *parts)


def test_without_report_points_nothing_is_compared(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    result = cli("compare", experiment_id, "--reported", "--store", sample_store)
    assert result.exit_code == 0
    assert "Nothing has been measured" in result.stdout


def test_nothing_is_written_into_the_store(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    inside = sample_store / "experiments" / "pairs.csv"
    assert_one_sentence(
        cli("compare", experiment_id, "--store", sample_store, "--out", inside), "inside the store"
    )
    assert not inside.exists()


def _cell(method: str, value: float | None, spread: float | None = None) -> Cell:
    where = {"paper": "paper", "table": "Table 9", "row": f"row of {method}", "column": "mIoU"}
    return Cell(
        **where,
        value=value,
        spread=spread,
        unit="percent",
        metric="miou",
        preset="demo",
        method=method,
        reference=None,
        budget="8 units",
        measured="last",
        unresolved=value is None,
        note="",
    )


def test_the_papers_numbers_stand_beside_ours(
    cli: Invoke, sample_store: Path, experiment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = (_cell("random", 40.0, 1.5), _cell("entropy", None))
    monkeypatch.setattr(_paper, "cells_for", lambda _: cells)
    monkeypatch.setattr(_paper, "preset_of", lambda _: "demo")
    result = cli("compare", experiment_id, "--store", sample_store, "--out", "tables/paper.csv")
    assert result.exit_code == 0, result.output
    assert "Paper beside ours, preset demo" in result.stdout
    (line,) = [one for one in result.stdout.splitlines() if "row of random" in one]
    assert "paper, Table 9" in line
    assert "40 ± 1.5" in line
    assert "8 units" in line
    (line,) = [one for one in result.stdout.splitlines() if "row of entropy" in one]
    assert "unresolved" in line
    table = pd.read_csv("tables/paper.csv")
    rows = table[table["scope"] == "paper beside ours"].set_index("first")
    of_random = rows.loc["random"]
    assert of_random["difference"] == pytest.approx(of_random["ours"] - 40, abs=1e-3)
    assert (of_random["seeds"], of_random["unit"]) == (2, "percent")
    assert rows.loc["entropy", "unresolved"]
    assert len(table) > len(rows)
    pair = cli("compare", experiment_id, "k_center", "random", "--store", sample_store)
    assert "row of random" in pair.stdout
    assert "row of entropy" not in pair.stdout


def test_an_experiment_of_no_preset_has_no_papers_numbers(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    result = cli("compare", experiment_id, "--store", sample_store, "--out", "tables/plain.csv")
    assert "Paper beside ours" not in result.stdout
    assert "unresolved" not in pd.read_csv("tables/plain.csv")


def test_normalised_curves_are_printed_and_written(
    cli: Invoke, sample_store: Path, experiment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["compare", experiment_id, "--normalised", "--store", sample_store]
    assert_one_sentence(cli(*words), "lists no reference", "--full names another")
    assert_one_sentence(cli(*words, "--reported"), "--normalised and --reported")
    whole = pd.DataFrame([{"experiment": experiment_id, "reference": "supervised", "miou": 0.9}])
    monkeypatch.setattr(_references, "references_table", lambda _: whole)
    result = cli(*words, "--out", "tables/normalised.csv")
    assert result.exit_code == 0, result.output
    (title,) = [line for line in result.stdout.splitlines() if "Normalised mIoU" in line]
    assert "the whole pool's 90.0 %" in title
    table = pd.read_csv("tables/normalised.csv")
    rows = table[table["scope"] == "normalised curve"]
    record = open_store(sample_store).experiment(experiment_id)
    wanted = learning_curve.read(record.runs(), x="labelled_images", spread="interval", full=0.9)
    assert rows["first"].tolist() == wanted.summary["method"].tolist()
    for name, column in (("mean", "mean"), ("high", "high"), ("labelled_images", "x")):
        np.testing.assert_allclose(rows[name], wanted.summary[column], rtol=1e-5, atol=1e-6)
    pair = cli("compare", experiment_id, "k_center", "random", *words[2:])
    shown = pair.stdout[pair.stdout.index("Normalised mIoU") :]
    assert "k_center" in shown
    assert "entropy" not in shown
