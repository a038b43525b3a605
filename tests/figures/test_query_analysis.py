import numpy as np
import pandas as pd
import pytest

from workbench.errors import ConfigError, NotStoredError
from workbench.figures import query_analysis
from workbench.geometry import read_table
from workbench.metrics import adjacent_share, class_entropy, cluster_entropy, vendi_score
from workbench.store.cycle import Cycle
from workbench.units import UNITS


@pytest.fixture(scope="module")
def data(store):
    return query_analysis.read(store.experiments()[0].runs())


def row(data, cycle):
    keys = ["method", "seed", "cycle"]
    where = (cycle.origin.method, cycle.origin.seed, cycle.number)
    return data.table.set_index(keys).loc[where]


def distances(one, other):
    return np.sqrt(((one[:, None] - other[None]) ** 2).sum(-1))


@pytest.fixture
def run(runs):
    return next(r for r in runs if (r.method.name, r.seed) == ("k_center", 0))


def test_every_published_cycle_has_a_row_and_the_last_one_no_query(data, runs):
    assert len(data.table) == sum(len(run.cycles) for run in runs)
    last = data.table[data.table["picks"] == 0]
    assert set(last["cycle"]) == {2}
    assert last[["coverage_radius", "boundary_share", "class_entropy"]].isna().all(axis=None)
    assert last["labelled_class_entropy"].notna().all()


def test_measures_in_the_embedding_equal_their_naive_form(data, run):
    vectors = run.cycle(0).embeddings.vectors.astype(float)
    ids = run.cycle(0).embeddings.unit_ids
    vectors -= vectors.mean(axis=0)
    vectors /= np.sqrt((vectors**2).sum(1).mean())
    for cycle in run.cycles[:-1]:
        found = row(data, cycle)
        picks = vectors[[ids.tolist().index(i) for i in cycle.selected]]
        assert found["effective_units"] == pytest.approx(vendi_score(picks))
        assert found["cluster_entropy"] == pytest.approx(cluster_entropy(vectors, picks))
        assert found["pool_cluster_entropy"] == pytest.approx(cluster_entropy(vectors, vectors))
        assert found["pool_effective_units"] == pytest.approx(vendi_score(vectors))
        assert 1 <= found["effective_units"] <= len(picks)
        between = np.sqrt(((vectors[:, None] - vectors[None]) ** 2).sum(-1))
        np.fill_diagonal(between, np.inf)
        assert found["pool_neighbour_distance"] == pytest.approx(between.min(1).mean())


def test_how_far_picks_spread_equals_its_naive_form(data, run):
    vectors = run.cycle(0).embeddings.vectors.astype(float)
    ids = run.cycle(0).embeddings.unit_ids
    spread = np.sqrt(((vectors - vectors.mean(0)) ** 2).sum(1).mean())
    sequence = run.experiment.pool.set_index("unit_id")["sequence"]
    for cycle in run.cycles[:-1]:
        found = row(data, cycle)
        labelled = np.isin(ids, [*cycle.labelled, *cycle.selected])
        cover = distances(vectors, vectors[labelled]).min(1).max()
        assert found["coverage_radius"] == pytest.approx(cover / spread)
        picks = vectors[[ids.tolist().index(i) for i in cycle.selected]]
        between = distances(picks, picks) + np.diag(np.full(len(picks), np.inf))
        assert found["neighbour_distance"] == pytest.approx(between.min(1).mean() / spread)
        names = sequence.loc[cycle.selected].to_numpy()
        same = names[between.argmin(1)] == names
        assert found["same_sequence_share"] == pytest.approx(same.mean())
        assert found["pool_spread"] == pytest.approx(spread)


def test_all_runs_of_a_seed_are_measured_in_one_embedding(data):
    queries = data.table[data.table["picks"] > 0]
    assert (queries.groupby("seed")["pool_spread"].nunique() == 1).all()


def test_only_the_measures_that_are_wanted_are_computed(data, runs, monkeypatch):
    def never(*_):
        raise AssertionError("neither clusters nor Vendi scores were wanted")

    monkeypatch.setattr("workbench.figures._embedded.Clusters", never)
    monkeypatch.setattr("workbench.figures._embedded.vendi_score", never)
    some = query_analysis.read(runs, measures=query_analysis.SPREADING).table
    columns = [*query_analysis.SPREADING, "pool_neighbour_distance", "pool_spread"]
    pd.testing.assert_frame_equal(some[columns], data.table[columns])
    assert some[["effective_units", "class_entropy", "pool_boundary_share"]].isna().all(axis=None)


def test_contents_are_counted_in_pixels(data, run):
    cycle = run.cycle(1)
    pixels, edge = np.zeros(cycle.classes), 0.0
    for unit in cycle.units[cycle.units["unit_id"].isin(cycle.selected)].itertuples():
        part = cycle.prediction(unit.image_id)[unit.y0 : unit.y1, unit.x0 : unit.x1]
        pixels += np.bincount(part.ravel(), minlength=cycle.classes)
        edge += unit.boundary_share * unit.area
    found = row(data, cycle)
    assert found["class_entropy"] == pytest.approx(class_entropy(pixels), rel=1e-5)
    assert found["boundary_share"] == pytest.approx(edge / pixels.sum())
    truth = cycle.metrics.labelled_classes
    assert found["labelled_class_entropy"] == pytest.approx(class_entropy(truth))


def test_frames_are_beside_each_other_by_their_place_in_the_pool(store, run, monkeypatch):
    """CamVid's frames are 30 apart: the numbers themselves say nothing."""
    experiment = run.experiment
    table = experiment.geometry.table()
    thinned = read_table(table.assign(frame=table["frame"] * 30), UNITS.bind("grid:2x2").call())
    cycle = run.cycle(0)
    plain = row(query_analysis.read([run]), cycle)["adjacent_share"]
    places = cycle.units.set_index("unit_id").loc[cycle.selected]
    assert plain == adjacent_share(places["sequence"], places["frame"])
    monkeypatch.setitem(experiment.__dict__, "geometry", thinned)
    for other in run.cycles:
        frames = other.units.assign(frame=other.units["frame"] * 30)
        monkeypatch.setitem(other.__dict__, "units", frames)
    assert row(query_analysis.read([run]), cycle)["adjacent_share"] == plain


def test_images_of_no_sequence_have_no_neighbours_in_one(run, monkeypatch):
    bare = {"sequence": "", "frame": -1}
    table = run.experiment.geometry.table().assign(**bare)
    nameless = read_table(table, UNITS.bind("grid:2x2").call())
    monkeypatch.setitem(run.experiment.__dict__, "geometry", nameless)
    for cycle in run.cycles:
        monkeypatch.setitem(cycle.__dict__, "units", cycle.units.assign(**bare))
    table = query_analysis.read([run]).table
    shares = ["adjacent_share", "same_sequence_share", "pool_same_sequence_share"]
    assert table[shares].isna().all(axis=None)
    assert table["coverage_radius"].notna().any()


def test_without_embeddings_the_other_measures_stay(runs, monkeypatch):
    def none(_):
        raise NotStoredError("no embeddings")

    monkeypatch.setattr(Cycle, "embeddings", property(none))
    data = query_analysis.read(runs)
    assert data.table["coverage_radius"].isna().all()
    assert data.table.loc[data.table["picks"] > 0, "boundary_share"].notna().all()
    drawn = query_analysis.figure(data, measures=["coverage_radius"])
    assert not drawn.data


def test_the_summary_is_mean_and_spread_over_seeds(data):
    rows = data.summary.query(
        "method == 'entropy' and cycle == 0 and measure == 'pool_boundary_share'"
    )
    values = data.table.query("method == 'entropy' and cycle == 0")["pool_boundary_share"]
    expected = [values.mean(), values.min(), values.max(), 2]
    assert rows[["mean", "low", "high", "seeds"]].iloc[0].tolist() == pytest.approx(expected)
    assert data.overall.shape == (3, len(query_analysis.MEASURES))


def test_narrowing_measures_nothing_anew(data, runs):
    some = data.narrowed(["entropy"], "sd")
    other = query_analysis.read([r for r in runs if r.method.name == "entropy"], spread="sd")
    assert some.table.equals(other.table)
    assert some.summary.equals(other.summary)
    assert some.methods == data.methods, "hiding a method changes no colour"


def test_panels_are_those_that_were_asked_for(data):
    drawn = query_analysis.figure(data, measures=["coverage_radius", "boundary_share"])
    titles = [a.text for a in drawn.layout.annotations]
    assert titles[:2] == ["Coverage radius", "Boundary share"]
    assert drawn.layout.yaxis2.tickformat == ".0%"
    names = [t.name for t in drawn.data if t.showlegend]
    assert sorted(names) == ["entropy", "k_center", "random", "the pool itself"]


def test_unknown_names_are_refused(data, runs):
    with pytest.raises(ConfigError, match="range"):
        query_analysis.read(runs, spread="rang")
    with pytest.raises(ConfigError, match="coverage_radius"):
        query_analysis.figure(data, measures=["coverage"])
    with pytest.raises(ConfigError, match="coverage_radius"):
        query_analysis.read(runs, measures=["coverage"])
