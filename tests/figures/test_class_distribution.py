from dataclasses import replace

import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.figures import class_distribution
from workbench.figures.class_distribution import POOL, VALIDATION
from workbench.metrics import class_entropy
from workbench.store import open_store


def test_shares_are_means_over_seeds_of_true_pixels(runs):
    data = class_distribution.read(runs, 1)
    mine = [run.cycle(1).metrics.labelled_classes for run in runs if run.method.name == "entropy"]
    shares = np.mean([counts / counts.sum() for counts in mine], axis=0)
    rows = data.table[data.table["set"] == "entropy"]
    assert rows["class"].tolist() == list(runs[0].experiment.card.classes)
    np.testing.assert_allclose(rows["share"], shares)
    assert (rows["seeds"] == 2).all()
    entropy = data.entropy.set_index("set").loc["entropy"]
    assert entropy["entropy"] == pytest.approx(np.mean([class_entropy(c) for c in mine]))
    assert entropy["most"] == pytest.approx(np.log(5))


def test_what_they_are_held_against(runs):
    data = class_distribution.read(runs, 0)
    truth = runs[0].cycle(0).metrics.confusion.sum(axis=1)
    table = data.table.set_index(["set", "class"])
    np.testing.assert_allclose(table.loc[VALIDATION]["share"], truth / truth.sum())
    assert np.isnan(table.loc[("entropy", "car"), "ratio"]), "the split has no car"
    road = table.loc[("entropy", "road")]
    assert road["ratio"] == pytest.approx(road["share"] * truth.sum() / truth[0])
    predicted = []
    for run in runs:
        units = run.cycle(0).units
        pixels = units["area"].to_numpy() @ units[[f"class_{c}" for c in range(5)]].to_numpy()
        predicted.append(pixels / pixels.sum())
    np.testing.assert_allclose(table.loc[POOL]["share"], np.mean(predicted, axis=0), rtol=1e-6)


def test_the_last_cycle_of_all_is_the_default(runs):
    assert class_distribution.read(runs).cycle == 1, "one run was killed in its last cycle"
    assert set(class_distribution.read(runs, 2).table["set"]) > {"random", "entropy", "k_center"}
    assert class_distribution.read(runs, 9).table.empty


def test_cycles_that_did_not_keep_the_classes_say_so(tmp_path, monkeypatch):
    from tests.store import sample

    monkeypatch.setattr(sample, "true_classes", lambda *_: None)
    store = open_store(write_sample_store(tmp_path / "s", methods=("random",), images=2, cycles=1))
    data = class_distribution.read(store.runs())
    assert set(data.table["set"]) == {VALIDATION, POOL}
    drawn = class_distribution.figure(data)
    assert "in another --store" in drawn.layout.annotations[0].text


def test_ratios_stand_on_one(runs):
    drawn = class_distribution.figure(class_distribution.read(runs, 1), show="ratio")
    bars = [trace for trace in drawn.data if trace.type == "bar"]
    assert [bar.base for bar in bars] == [1.0] * 3
    assert drawn.layout.yaxis.type == "log"
    none = class_distribution.read(runs, 1)
    none = replace(none, table=none.table.assign(ratio=0.0))
    assert np.isnan(class_distribution.figure(none, show="ratio").data[0].y).all()
