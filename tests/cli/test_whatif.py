"""``whatif``: the query of a finished cycle again, by another method."""

import re
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.cli.conftest import Invoke, assert_one_sentence


@pytest.fixture
def ask(cli: Invoke, sample_store: Path):
    return lambda *arguments: cli("whatif", *arguments, "--store", sample_store)


@pytest.fixture(scope="module")
def cycle(sample_store: Path):
    return next(
        run for run in wb.open_store(sample_store).runs() if run.id.endswith("entropy-s0")
    ).cycle(1)


def test_without_options_it_is_the_runs_own_query(ask, cycle) -> None:
    text = ask("sample/entropy-s0", 1).stdout
    picked = re.findall(r"^ *\d+ +(\d+) +seq", text, flags=re.MULTILINE)
    assert list(map(int, picked)) == cycle.selected.tolist()
    assert re.search(r"^Jaccard in units +100\.0 %$", text, flags=re.MULTILINE)
    assert "Approximate" not in text


def test_every_option_is_handed_on(ask, cycle, tmp_path: Path) -> None:
    file = tmp_path / "new" / "picks.csv"
    options = {
        "--score": "margin",
        "--aggregation": "count_above:0.25",
        "--units": "grid:3x3",
        "--selector": "power_noise:beta=2",
        "--k": 5,
        "--seed": 7,
        "--csv": file,
    }
    result = ask("sample/entropy-s0", 1, *(part for pair in options.items() for part in pair))
    assert result.exit_code == 0, result.stderr
    found = wb.whatif(
        cycle, "margin", "count_above:0.25", "grid:3x3", "power_noise:beta=2", k=5, seed=7
    )
    table = pd.read_csv(file)
    assert table["unit_id"].tolist() == found.tolist()
    assert {"rank", "image_id", "y0", "x0", "y1", "x1", "score"} <= set(table)
    assert "overlap in pixels" in result.stdout
    assert all(f"Approximate: {sentence}" in result.stdout for sentence in found.approximate)
    assert str(file) in result.stdout


def test_what_has_no_number_is_a_dash(ask) -> None:
    text = ask("sample/random-s0", 2).stdout  # no score, and the last cycle selected nothing
    assert re.search(r"^Kendall's τ of the unit scores +–$", text, flags=re.MULTILINE)
    assert re.search(r"^classes met +[\d.]+ % +–$", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("sample/entropy-s0", 9), ("cycle 9",)),
        (("sample/entropy-s0", 1, "--score", "entropi"), ("did you mean 'entropy'",)),
        (("sample/entropy-s0", 1, "--score", "least_confidence"), ("rescan",)),
        (("sample/random-s0", 1, "--selector", "top_k"), ("ranks by a score",)),
        (("sample/entropy-s0", 1, "--units", "grid:99x3"), ("grid of 99×3",)),
        (("sample/none-s0", 1), ("random-s0",)),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(ask, arguments, parts) -> None:
    assert_one_sentence(ask(*arguments), *parts)
