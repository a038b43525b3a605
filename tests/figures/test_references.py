"""References in learning curves and comparisons: read from the experiment's own record."""

import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.attack.damages import TINY
from workbench.cli._app import app
from workbench.errors import ConfigError
from workbench.figures import catalogue, comparison, learning_curve
from workbench.figures._references import whole_pool_clicks, whole_pool_of
from workbench.store import layout

VALUES = {
    **TINY,
    "methods": ["random", "entropy"],
    "seeds": [0, 1],
    "budget": {"unit": "%", "initial": "20%", "per_cycle": "20%", "cycles": 2},
    "references": ["supervised", {"name": "wider", "model": {"width": 6}, "seeds": [5]}],
}


@pytest.fixture(scope="module")
def record(shared):
    (found,) = wb.open_store(shared.trained(VALUES).store).experiments()
    return found


def invoke(*arguments):
    return CliRunner().invoke(app, [*arguments])


def mean(record, name, y="miou"):
    values = [one.metrics.value(y) for (n, _), one in record.references().items() if n == name]
    return float(np.mean(values))


def test_the_first_reference_is_full_supervision(record):
    found = comparison.read(record.runs())
    by = found.methods.set_index(["method", "measure"])
    full = mean(record, "supervised")
    for method in ("random", "entropy"):
        row = by.loc[method, "value"]
        assert row["share_of_full"] == pytest.approx(row["mean"] / full)
    assert found.notes[-1] == (
        f"Full supervision is the reference supervised: mIoU {100 * full:.1f} %, the mean of 2 "
        "seeds."
    )
    given = comparison.read(record.runs(), full=full)
    assert given.methods.equals(found.methods)
    assert given.notes == found.notes[:-1]


def test_every_metric_has_its_own(record):
    assert whole_pool_of(record, "mean_dice").mean == pytest.approx(
        mean(record, "supervised", "mean_dice")
    )
    assert whole_pool_of(record, "miou", "wider") == ("wider", mean(record, "wider"), 1)
    with pytest.raises(ConfigError, match="no reference 'widr'; did you mean 'wider'"):
        whole_pool_of(record, "miou", "widr")


def test_the_clicks_of_the_whole_pool_are_those_that_a_reference_counted(record):
    counted = {one.metrics.labelled_clicks for one in record.references().values()}
    assert {whole_pool_clicks(record)} == counted
    assert comparison.clicks_of_all(record) is None  # no run of it labelled the whole pool


def test_learning_curves_draw_each_as_a_level_line(record):
    found = learning_curve.read(record.runs(), x="pool_share", spread="sd")
    assert found.references["reference"].tolist() == ["supervised", "wider"]
    assert found.references["seeds"].tolist() == [2, 1]
    drawn = learning_curve.figure(found)
    lines = {t.name: t for t in drawn.data if "whole pool" in (t.name or "")}
    assert list(lines) == ["supervised, whole pool (n = 2)", "wider, whole pool (n = 1)"]
    for name, line in zip(("supervised", "wider"), lines.values(), strict=True):
        assert list(line.y) == pytest.approx([mean(record, name)] * 2)
        assert list(line.x) == [found.summary["x"].min(), found.summary["x"].max()]
    assert "Level lines: references" in drawn.layout.annotations[-1].text


def test_without_references_nothing_is_added(shared):
    made = shared.trained({**VALUES, "references": []})
    runs = wb.open_store(made.store).runs()
    found = learning_curve.read(runs)
    assert found.references.empty
    drawn = learning_curve.figure(found)
    assert not [t for t in drawn.data if "whole pool" in (t.name or "")]
    assert "References" not in drawn.layout.annotations[-1].text
    assert comparison.read(runs).methods["share_of_full"].isna().all()


def test_the_command_line_tells_them(record):
    store = ["--store", str(record.path.parents[1])]
    shown = invoke("show", record.id, *store).output
    assert "References, trained on the whole pool" in shown
    assert f"{100 * mean(record, 'wider'):.1f}" in shown
    plain = invoke("compare", record.id, *store).output
    assert "Full supervision is the reference supervised" in " ".join(plain.split())
    other = invoke("compare", record.id, "--full", "wider", *store)
    assert other.exit_code == 0
    assert "ALC" in other.output
    assert "Full supervision is" not in other.output
    wrong = invoke("compare", record.id, "--full", "widr", *store)
    assert wrong.exit_code == 2


def test_references_count_in_the_progress_of_an_experiment(record, tmp_path):
    shutil.copytree(record.path.parents[1], tmp_path / "store")
    (copy,) = wb.open_store(tmp_path / "store").experiments()
    row = catalogue.read(wb.open_store(tmp_path / "store")).experiments.iloc[0]
    assert (row["references"], row["references_done"]) == (3, 3)
    assert (row["state"], row["progress"]) == ("done", 1.0)
    shutil.rmtree(layout.reference(copy.path, "wider", 5))
    shutil.rmtree(layout.reference(copy.path, "supervised", 1))
    row = catalogue.read(wb.open_store(tmp_path / "store")).experiments.iloc[0]
    assert (row["references"], row["references_done"]) == (3, 1)
    assert row["state"] == "pending"
    assert row["progress"] == pytest.approx((4 * 2 + 1) / (4 * 2 + 3))  # four runs of two cycles
    store = ["--store", str(tmp_path / "store")]
    assert "4 of 4, 1 of 3 references" in " ".join(invoke("list", *store).output.split())
    shown = invoke("show", record.id, *store).output
    assert "supervised, wider: 1 of 3 trained" in shown
