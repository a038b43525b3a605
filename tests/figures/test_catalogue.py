import numpy as np
import pytest

from tests.store.sample import write_shrunk_store
from workbench.figures import catalogue, learning_curve
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


def test_runs_that_wait_or_are_no_longer_listed_are_shown_as_such(tmp_path):
    data = catalogue.read(open_store(write_shrunk_store(tmp_path)))
    table = data.table.set_index("method")
    assert table.loc["random", "standing"] == "waiting for labels"
    assert table.loc["entropy", "standing"] == "done, no longer listed"
    row = data.experiments.iloc[0]
    assert (row["state"], row["runs"], row["runs_done"]) == ("waiting", 1, 0)
    assert row["best_method"] == "random"
    labels = [text for bar in catalogue.figure(data).data for text in bar.text]
    assert [label.split(" · ")[0] for label in sorted(labels)] == [
        "done, no longer listed",
        "waiting for labels",
    ]


def test_a_method_that_is_no_longer_listed_is_still_drawn(tmp_path):
    runs = open_store(write_shrunk_store(tmp_path)).runs()
    data = learning_curve.read(runs)
    assert data.methods == ("random", "entropy")
    names = {trace.legendgroup for trace in learning_curve.figure(data).data}
    assert names == {"random", "entropy"}
