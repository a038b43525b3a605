from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau

from workbench.errors import ConfigError
from workbench.figures import method_overlap
from workbench.store import open_store


@pytest.fixture(scope="module")
def two_scores(shared):
    """Two methods that rank by a score, and one that does not, in an experiment of its own."""
    return open_store(
        shared.sample(methods=("entropy", "entropy_count", "random"), images=6, grid=(3, 2))
    ).runs()


@pytest.fixture(scope="module")
def data(two_scores):
    return method_overlap.read(two_scores)


def cycle_of(runs, method, seed, number=1):
    return next(r for r in runs if (r.method.name, r.seed) == (method, seed)).cycle(number)


def value(data, kind, first, second, seed):
    table = data.table.set_index(["kind", "first", "second", "seed"])["value"]
    return table.loc[(kind, first, second, seed)]


def test_the_last_query_that_all_made_is_the_default(data):
    assert data.cycle == 1
    assert data.methods == ("entropy", "entropy_count", "random")


def test_queries_and_labelled_sets_are_compared_seed_by_seed(data, two_scores):
    for seed in (0, 1):
        one, other = (cycle_of(two_scores, m, seed) for m in ("entropy", "random"))
        a, b = set(one.selected), set(other.selected)
        assert value(data, "query", "entropy", "random", seed) == len(a & b) / len(a | b)
        a, b = a | set(one.labelled), b | set(other.labelled)
        assert value(data, "labelled", "entropy", "random", seed) == len(a & b) / len(a | b)


def test_scores_are_compared_on_the_shared_network(data, two_scores):
    start = cycle_of(two_scores, "entropy", 1, 0)
    tau = kendalltau(
        start.unit_scores("entropy"), start.unit_scores("entropy", "count_above:0.693147")
    ).statistic
    assert value(data, "scores", "entropy_count", "entropy", 1) == pytest.approx(tau)
    assert np.isnan(value(data, "scores", "entropy", "random", 1))
    assert list(data.matrix("scores").index) == ["entropy", "entropy_count"]


def test_scores_of_two_networks_are_not_compared(two_scores):
    runs = [r for r in two_scores if r.method.name != "random" and r.seed == 0]
    other = next(r for r in open_store(runs[0].path.parents[3]).runs() if r.id == runs[1].id)
    other.cycle(0)._data = other.cycle(1).path
    data = method_overlap.read([runs[0], other])
    assert data.table.query("kind == 'scores'")["value"].isna().all()


def test_the_matrix_is_symmetric_and_blank_on_its_diagonal(data):
    for kind in ("query", "labelled"):
        cells = data.matrix(kind).to_numpy()
        np.testing.assert_array_equal(cells, cells.T)
        assert np.isnan(np.diag(cells)).all()
        assert cells.shape == (3, 3)


def test_chance_is_what_random_draws_share_on_average(data):
    rng = np.random.default_rng(0)
    pool, k = 24, 4  # 6 images of 4 units; 4 initial ones, 4 a query
    draws = [
        [set(rng.choice(pool - 4 - k, k, replace=False)) for _ in range(2)] for _ in range(2000)
    ]
    mean = np.mean([len(a & b) for a, b in draws])
    expected = mean / (2 * k - mean)
    found = data.table.query("kind == 'query'")["chance"]
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_the_figure_writes_every_number_and_how_many_seeds(data):
    drawn = method_overlap.figure(data, kind="labelled")
    cells = drawn.data[0]
    assert cells.text[0][1] == f"{data.matrix('labelled').iloc[0, 1]:.2f}"
    assert cells.text[0][0] == ""
    assert "n = 2" in drawn.layout.annotations[0].text
    assert (method_overlap.figure(data, kind="scores").data[0].zmin) == -1


def test_what_cannot_be_compared_is_a_sentence(two_scores, data):
    alone = method_overlap.read([r for r in two_scores if r.method.name == "random"])
    assert "no two methods" in method_overlap.figure(alone).layout.annotations[0].text
    last = method_overlap.read(two_scores, 2)
    assert last.cycle is None
    with pytest.raises(ConfigError, match="labelled"):
        method_overlap.figure(data, kind="labeled")


def test_runs_of_two_experiments_are_refused(two_scores, runs):
    with pytest.raises(ConfigError, match="2 experiments"):
        method_overlap.read([two_scores[0], runs[0]])


def test_a_missing_value_is_a_dash(data):
    table = data.table.copy()
    gone = (table["kind"] == "query") & table["first"].isin(["entropy", "random"])
    gone &= table["second"].isin(["entropy", "random"])
    table.loc[gone, "value"] = np.nan
    drawn = method_overlap.figure(replace(data, table=table))
    assert drawn.data[0].text[0][2] == "–"
