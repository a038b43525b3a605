import numpy as np
import pytest

from workbench.figures import catalogue
from workbench.store import open_store


def test_every_run_with_its_state(store, runs):
    table = catalogue.read(store).table.set_index("run")
    assert set(table.index) == {run.id for run in runs}
    assert table["state"].value_counts().to_dict() == {"done": 5, "interrupted": 1}


def test_miou_now_is_that_of_the_last_published_cycle(store, runs):
    table = catalogue.read(store).table.set_index("run")
    for run in runs:
        assert table.loc[run.id, "miou"] == run.cycles[-1].metrics.miou
        assert table.loc[run.id, "cycle"] == len(run.cycles)


def test_progress_is_the_share_of_published_cycles(store):
    table = catalogue.read(store).table
    np.testing.assert_allclose(table["progress"], table["cycle"] / table["cycles"])


def test_an_experiment_shows_the_state_that_wants_attention(store):
    row = catalogue.read(store).experiments.iloc[0]
    assert (row["state"], row["runs"], row["runs_done"]) == ("interrupted", 6, 5)
    assert row["units"] == "grid 2×2"


def test_the_best_method_is_compared_where_all_its_seeds_are(store, experiment):
    row = catalogue.read(store).experiments.iloc[0]
    means = {}
    for method in ("random", "entropy", "k_center"):
        members = [r for r in experiment.runs() if r.method.name == method]
        last = min(len(r.cycles) for r in members) - 1
        means[method] = np.mean([r.cycle(last).metrics.miou for r in members])
    assert row["best_method"] == max(means, key=means.get)
    assert row["best_miou"] == pytest.approx(max(means.values()))


def test_an_empty_store_is_an_empty_catalogue(tmp_path):
    data = catalogue.read(open_store(tmp_path))
    assert data.table.empty
    assert data.experiments.empty
    assert "no run yet" in catalogue.figure(data).layout.annotations[0].text
