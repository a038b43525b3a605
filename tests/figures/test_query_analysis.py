import numpy as np
import pytest

from workbench.errors import ConfigError, NotStoredError
from workbench.figures import collapse, query_analysis
from workbench.metrics import adjacent_share, class_entropy, cluster_entropy, vendi_score
from workbench.store.cycle import Cycle
from workbench.store.places import ListedPlaces


@pytest.fixture(scope="module")
def data(store):
    return query_analysis.read(store.experiments()[0].runs())


def row(data, cycle):
    keys = ["method", "seed", "cycle"]
    return data.table.set_index(keys).loc[(cycle.run.method.name, cycle.run.seed, cycle.number)]


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


def test_what_collapse_measures_too_is_the_same(data, runs):
    other = collapse.read(runs).table
    mine = data.table[data.table["picks"] > 0].reset_index(drop=True)
    for name in collapse.MEASURES:
        np.testing.assert_allclose(mine[name], other[name])


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
    thinned = experiment.pool.assign(frame=experiment.pool["frame"] * 30)
    cycle = run.cycle(0)
    plain = row(query_analysis.read([run]), cycle)["adjacent_share"]
    places = cycle.units.set_index("unit_id").loc[cycle.selected]
    assert plain == adjacent_share(places["sequence"], places["frame"])
    monkeypatch.setitem(experiment.__dict__, "places", ListedPlaces(thinned))
    for other in run.cycles:
        frames = other.units.assign(frame=other.units["frame"] * 30)
        monkeypatch.setitem(other.__dict__, "units", frames)
    assert row(query_analysis.read([run]), cycle)["adjacent_share"] == plain


def test_images_of_no_sequence_have_no_neighbours_in_one(run, monkeypatch):
    bare = {"sequence": "", "frame": -1}
    nameless = ListedPlaces(run.experiment.pool.assign(**bare))
    monkeypatch.setitem(run.experiment.__dict__, "places", nameless)
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
    assert collapse.read(runs).table.empty


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
