import numpy as np
import pytest

from workbench.errors import ConfigError
from workbench.figures import collapse


def distances(one, other):
    return np.sqrt(((one[:, None] - other[None]) ** 2).sum(-1))


def test_every_measure_equals_its_naive_form(runs):
    table = collapse.read(runs).table.set_index(["method", "seed", "cycle"])
    run = runs[2]
    vectors = run.cycle(0).embeddings.vectors.astype(float)
    ids = run.cycle(0).embeddings.unit_ids
    spread = np.sqrt(((vectors - vectors.mean(0)) ** 2).sum(1).mean())
    sequence = run.experiment.pool.set_index("unit_id")["sequence"]
    for cycle in run.cycles[:-1]:
        row = table.loc[(run.method.name, run.seed, cycle.number)]
        known = [*cycle.labelled, *cycle.selected]
        cover = distances(vectors, vectors[np.isin(ids, known)]).min(1).max()
        assert row["coverage_radius"] == pytest.approx(cover / spread)
        picks = vectors[[ids.tolist().index(i) for i in cycle.selected]]
        between = distances(picks, picks) + np.diag(np.full(len(picks), np.inf))
        assert row["neighbour_distance"] == pytest.approx(between.min(1).mean() / spread)
        names = sequence.loc[cycle.selected].to_numpy()
        same = names[between.argmin(1)] == names
        assert row["same_sequence_share"] == pytest.approx(same.mean())


def test_cycles_that_selected_nothing_are_left_out(runs):
    data = collapse.read(runs)
    assert data.table["cycle"].max() == 1
    assert (data.table["picks"] > 0).all()


def test_all_cycles_of_a_run_are_measured_in_one_embedding(runs):
    table = collapse.read(runs).table
    assert (table.groupby(["method", "seed"])["pool_spread"].nunique() == 1).all()
    # the same seed shares cycle 0, whatever the method
    assert (table.groupby("seed")["pool_spread"].nunique() == 1).all()


def test_the_summary_is_mean_and_range_over_seeds(runs):
    data = collapse.read(runs)
    rows = data.summary.query("method == 'entropy' and cycle == 0 and measure == 'coverage_radius'")
    values = data.table.query("method == 'entropy' and cycle == 0")["coverage_radius"]
    expected = [values.mean(), values.min(), values.max(), 2]
    assert rows[["mean", "low", "high", "seeds"]].iloc[0].tolist() == pytest.approx(expected)


def test_overall_has_one_row_a_method(runs):
    overall = collapse.read(runs).overall.reset_index()
    assert sorted(overall["method"]) == ["entropy", "k_center", "random"]


def test_unknown_spread_is_refused(runs):
    with pytest.raises(ConfigError, match="range"):
        collapse.read(runs, spread="rang")
