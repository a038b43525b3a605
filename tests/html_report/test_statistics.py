"""Method against method in the report: what ``workbench compare`` says, from the same tables."""

import numpy as np
import pytest

from tests.cli.conftest import cli
from tests.html_report.test_report import Read, only
from workbench.figures import comparison, win_matrix
from workbench.html_report import report_html
from workbench.scaled import Scaled
from workbench.store import open_store

__all__ = ["cli"]


@pytest.fixture(scope="module")
def record(shared):
    return only(shared.sample(running=True))


@pytest.fixture(scope="module")
def read(record):
    return Read(report_html(record))


def test_every_pair_stands_there_with_its_difference_tests_and_verdict(record, read):
    found = comparison.read(record.runs())
    rows = {tuple(row[:2]): row for row in read.rows if " − " in row[0]}
    for row in found.table.to_dict("records"):
        pair = f"{row['first']} − {row['second']}"
        cells = rows[pair, found.titles()[row["measure"]]]
        assert cells[4] == str(row["seeds"])
        assert cells[5] == ("–" if np.isnan(row["p"]) else f"{row['p']:.2g}")
        assert cells[6] == ("–" if np.isnan(row["p_holm"]) else f"{row['p_holm']:.2g}")
        assert row["sentence"] == f"{pair}, {cells[1]}: {told(cells)}: {cells[9]}."
    for row in found.budgets.to_dict("records"):
        pair = f"{row['first']} − {row['second']}"
        assert ((pair, str(row["cycle"])) in rows) == (found.baseline in pair.split(" − "))
    for sentence in (*found.savings, *found.notes):
        assert sentence in read.text


def told(cells):
    """The difference, its interval and its seeds, as a verdict tells them."""
    interval = "" if cells[3] == "–" else f" {cells[3]}"
    return f"{cells[2]}{interval}, {cells[4]} seed{'' if cells[4] == '1' else 's'}"


def test_the_win_matrix_has_the_counts_of_its_figure(record, read):
    matrix = win_matrix.read(record.runs())
    for method in matrix.methods:
        counts = {
            row["against"]: f"{row['ahead']} of {row['budgets']} ({row['wins']})"
            if row["budgets"]
            else "–"
            for row in matrix.table[matrix.table["method"] == method].to_dict("records")
        }
        expected = [method, *(counts.get(other, "–") for other in matrix.methods)]
        assert expected in read.rows


def test_the_command_line_prints_the_same_cells(record, read, cli):
    printed = cli("compare", record.id, "--store", record.path.parents[1]).stdout
    means = [
        row
        for row in read.rows
        if row[0] in {m.name for m in record.methods} and "[" in "".join(row)
    ]
    assert means
    for row in means:
        words = " ".join(row).replace("–", "").split()
        assert set(words) <= set(printed.replace("│", " ").split())


def test_a_smaller_form_is_told_before_everything_else(shared):
    record = only(shared.sample(running=True))
    scaled = Scaled(to="laptop", of="demo", changes=("learner.epochs: 30 ► 5",))
    assert scaled.sentence not in Read(report_html(record)).text
    record.config = record.config.model_copy(update={"scaled": scaled})
    text = Read(report_html(record)).text
    assert text.index(scaled.sentence) < text.index("Contents")
    assert text.count(scaled.sentence) == 2  # and with what it changes, among the deviations


def test_one_method_alone_has_no_pair(shared):
    trained = shared.trained()
    (record,) = open_store(trained.store).experiments()
    runs = [run for run in record.runs() if run.method.name == "random"]
    record.runs = lambda: runs
    assert "One method alone has been measured: there is no pair." in Read(report_html(record)).text
