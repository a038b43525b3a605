"""Asked for what the run did itself, what-if answers what the engine chose: the same ids."""

import subprocess
import sys

import numpy as np
import pytest

import workbench as wb
from tests.experiments import SMALL
from workbench.aggregation import AGGREGATIONS
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.metrics import rank_correlation
from workbench.naming import split_column
from workbench.what_if._opened import opened

METHODS = [
    "random",
    "entropy",
    {"name": "entropy_count", "score": "entropy", "aggregation": "count_above:2.1"},
    "k_center",
    {"name": "spread", "score": "margin", "selector": "k_means_plus_plus"},
    {"name": "classes", "score": "margin", "selector": "class_stratified:beta=1"},
]


@pytest.fixture(scope="module")
def finished(shared):
    return wb.open_store(shared.trained({**SMALL, "methods": METHODS}).store)


def test_the_runs_own_method_chooses_what_the_run_chose(finished):
    for one in finished.runs():
        for cycle in one.cycles[:-1]:
            found = wb.whatif(cycle)
            np.testing.assert_array_equal(found, cycle.selected, err_msg=str(cycle))
            assert found.approximate == ()
            assert found.change.jaccard == 1


def test_a_method_named_in_full_on_another_run_chooses_what_its_own_run_chose(finished):
    """Cycle 0 is shared, so every method can be asked of any run."""
    runs = {one.method.name: one for one in finished.runs()}
    for name, own in runs.items():
        method = own.method
        found = wb.whatif(
            runs["random" if name != "random" else "entropy"].cycle(0),
            score=method.score,
            aggregation=method.aggregation,
            selector=method.selector,
            seed=own.seed,
            k=len(own.cycle(0).selected),
        )
        np.testing.assert_array_equal(found, own.cycle(0).selected, err_msg=name)


def test_a_budget_in_pixels_cuts_the_query_as_the_engine_does(tmp_path):
    unit = 32 * 48 // 4
    sizes = {"unit": "pixels", "initial": 8 * unit, "per_cycle": 4 * unit + 1, "cycles": 2}
    config = parse_config({**SMALL, "methods": ["random", "k_center"], "budget": sizes})
    run_experiment(config, tmp_path / "runs", tmp_path / "data")
    for one in wb.open_store(tmp_path / "runs").runs():
        cycle = one.cycle(0)
        assert wb.whatif(cycle).tolist() == cycle.selected.tolist()
        assert len(cycle.selected) == 4


def test_unit_scores_from_maps_rank_as_the_exact_ones(finished):
    """Kendall's τ of unit scores from the cache against the exact ones is at least 0.99."""
    for one in finished.runs():
        pool = opened(one.cycle(1)).own
        for name in one.cycle(1).unit_score_columns:
            score, aggregation = split_column(name)
            cached = pool._scores_from_maps(score, AGGREGATIONS.bind(aggregation))
            assert cached.stored_as
            exact = pool.scores(score, AGGREGATIONS.bind(aggregation))
            assert not exact.stored_as
            if np.ptp(exact.values) > 0:  # a network this fresh is uncertain everywhere
                assert rank_correlation(cached.values, exact.values) >= 0.99, name
            else:
                np.testing.assert_array_equal(cached.values, exact.values)


def test_it_loads_no_torch(finished):
    code = (
        "import sys, workbench as wb\n"
        f"run = next(r for r in wb.open_store({str(finished.path)!r}).runs() if r.method.score)\n"
        "found = wb.whatif(run.cycle(1), score='entropy', aggregation='count_above:0.5',\n"
        "                  units='grid:3x3', selector='k_center', k=3)\n"
        "found.change\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
