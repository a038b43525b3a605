"""Learning curves normalised by the whole pool (Chen et al. V, Fig. 3)."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.figures.made_curves import measured
from workbench.component import Component
from workbench.errors import ConfigError, ShapeError
from workbench.figures import _references, learning_curve
from workbench.figures._normalised import normalise, scale


def made(curves):
    return measured(curves).rename(columns={"miou": "value"})


def test_the_mean_starts_at_0_and_the_whole_pool_is_1():
    table = normalise(made({"a": [[0.4, 0.5, 0.7], [0.6, 0.7, 0.7]], "b": [[0.3, 0.7]]}), 0.7)
    means = table.groupby(["method", "cycle"])["value"].mean()
    assert means["a"].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert means["b"].tolist() == pytest.approx([0.0, 1.0])
    seeds = table[table["method"] == "a"].pivot(index="seed", columns="cycle", values="value")
    np.testing.assert_allclose(seeds, [[-0.5, 0.0, 1.0], [0.5, 1.0, 1.0]], atol=1e-12)


def test_seeds_are_averaged_before_they_are_normalised():
    """Normalised one by one, the two would have a mean of 0.75 at the second budget."""
    table = normalise(made({"a": [[0.2, 0.6], [0.6, 0.8]]}), 1.0)
    assert table.groupby("cycle")["value"].mean()[1] == pytest.approx((0.7 - 0.4) / 0.6)


def test_a_seed_that_is_behind_is_scaled_alike():
    table = normalise(made({"a": [[0.4, 0.6], [0.6, np.nan]]}), 1.0)
    assert table.query("cycle == 1")["value"].tolist() == pytest.approx([0.2])


def test_a_curve_that_starts_at_the_whole_pool_is_an_error():
    with pytest.raises(ShapeError, match="differ"):
        normalise(made({"a": [[0.7, 0.8]]}), 0.7)


def test_the_figure_tells_what_0_and_1_are(runs):
    data = learning_curve.read(runs, x="labelled_images", full=0.9)
    plain = learning_curve.read(runs, x="labelled_images")
    first = data.summary[data.summary["cycle"] == 0]
    assert first["mean"].tolist() == pytest.approx([0.0] * len(first), abs=1e-12)
    starts = plain.summary.query("cycle == 0").set_index("method")["mean"]
    for row in plain.summary.itertuples():
        want = (row.mean - starts[row.method]) / (0.9 - starts[row.method])
        got = data.summary.query("method == @row.method and cycle == @row.cycle")["mean"].item()
        if row.seeds == 2:
            assert got == pytest.approx(want)
    images = runs[0].experiment.geometry.n_images
    assert data.table["labelled_images"].tolist() == pytest.approx(
        (images * data.table["pool_share"]).tolist()
    )
    drawn = learning_curve.figure(data)
    assert drawn.layout.yaxis.title.text.startswith("Normalised mIoU")
    assert drawn.layout.xaxis.title.text == "Labelled images, or their equal in pixels"
    assert "90.0" in drawn.layout.annotations[0].text


def test_curves_of_several_experiments_have_no_common_whole_pool(runs, shared):
    from workbench.store import open_store

    other = open_store(shared.sample(seeds=(0,), images=6, cycles=2, grid=(3, 2)))
    with pytest.raises(ConfigError, match="A normalised learning curve shows one experiment"):
        learning_curve.read([*runs, *other.experiments()[0].runs()], full=0.9)


def reaching(monkeypatch, record, miou):
    """Let the experiment have a reference of two seeds with this mean."""
    rows = [("supervised", miou - 0.02), ("supervised", miou + 0.02), ("other", 0.1)]
    table = pd.DataFrame(
        [{"experiment": record.id, "reference": name, "miou": value} for name, value in rows]
    )
    monkeypatch.setattr(_references, "references_table", lambda runs: table)


def test_the_first_reference_normalises(runs, monkeypatch):
    reaching(monkeypatch, runs[0].experiment, 0.9)
    found = learning_curve.read(runs, normalised=True)
    wanted = learning_curve.read(runs, full=0.9)
    assert found.full == pytest.approx(0.9)
    np.testing.assert_allclose(found.table["value"], wanted.table["value"])
    assert found.missing == wanted.missing == ""
    given = learning_curve.read(runs, normalised=True, full=0.95)
    assert given.full == 0.95


def test_without_a_reference_curves_stay_and_it_is_said_why(runs):
    found = learning_curve.read(runs, normalised=True)
    assert found.full is None
    assert found.table.equals(learning_curve.read(runs).table)
    assert "lists no reference" in found.missing
    assert learning_curve.figure(found).layout.yaxis.title.text == "mIoU (%)"


@pytest.mark.parametrize("full", [None, 0.05])
def test_a_whole_pool_below_the_start_normalises_nothing(runs, monkeypatch, full):
    reaching(monkeypatch, runs[0].experiment, 0.05)
    found = learning_curve.read(runs, normalised=True, full=full)
    assert found.full is None
    starts = found.summary.query("cycle == 0").set_index("method")["mean"]
    assert "it is 5.0 %" in found.missing
    assert f"{starts.idxmax()} starts at {100 * starts.max():.1f} %" in found.missing


def test_a_start_that_is_not_measured_is_not_above_the_whole_pool():
    table = made({"a": [[0.2, 0.6]]})
    table = pd.concat([table, table.assign(method="b", value=np.nan)], ignore_index=True)
    assert scale([], "miou", table, 0.3) == (0.3, "")


@pytest.mark.parametrize(
    ("units", "listed", "said"),
    [
        ("grid", ["supervised"], "no reference of made has it measured yet: supervised."),
        ("grid", [], "with `references: [supervised]` in its file"),
        ("window", [], "units that may overlap take none"),
    ],
)
def test_what_is_missing_is_named(monkeypatch, units, listed, said):
    monkeypatch.setattr("workbench.figures._normalised.whole_pool_of", lambda record, y: None)
    config = SimpleNamespace(
        references=[SimpleNamespace(name=name) for name in listed],
        units=Component(name=units),
    )
    record = SimpleNamespace(id="made", config=config)
    run = SimpleNamespace(experiment=record)
    full, why = scale([run], "miou", made({"a": [[0.2, 0.6]]}), None)
    assert full is None
    assert said in why
