"""Every named method makes a query on small scenes with the tiny network."""

import numpy as np
import pytest
import torch

from tests.engine.queries import SEVERAL, first_queries
from workbench.learning import LEARNERS
from workbench.methods import CHEN_APPROACHES, METHODS
from workbench.selection import _meal

THRESHOLDS = {"bald_count": "count_above:0.01", "vote_entropy_count": "count_above:0.3"}
NAMED = [e.name for e in METHODS if e.costs != "predicted"]  # those want a learner
K = 5


def methods(names):
    own = {n: {"aggregation": threshold} for n, threshold in THRESHOLDS.items()}
    own["meal"] = {"embedding": {"weights": "initial"}}  # tiny has no pretrained weights
    return [{"name": n, **own.get(n, {})} for n in names]


@pytest.fixture(autouse=True)
def _plane(monkeypatch):
    """A plane in no time; UMAP compiles for many seconds and is tested with its selectors."""
    monkeypatch.setattr(_meal, "coordinates", lambda points, *_: points[:, :2])


@pytest.fixture
def several(monkeypatch):
    """A learner that trains an ensemble."""
    monkeypatch.setitem(LEARNERS._entries, "several", SEVERAL)


def test_every_named_method_spends_its_budget_and_can_be_repeated(small, tmp_path, several):
    config = small(
        methods=methods(NAMED),
        learner="several",
        budget={"initial": 8, "per_cycle": K, "cycles": 2},
    )
    once = first_queries(config, tmp_path / "once")
    again = first_queries(config, tmp_path / "again")
    assert set(once) == set(NAMED)
    for name, cycle in once.items():
        assert len(cycle.selected) == K, name
        assert set(cycle.selected) <= set(cycle.units["unit_id"]), name
        assert cycle.selected.tolist() == again[name].selected.tolist(), name
        if METHODS.entry(name).score:
            assert np.isfinite(cycle.selection["score"]).all(), name
    assert len({tuple(c.selected) for c in once.values()}) > len(once) / 2


@pytest.mark.parametrize("units", ["image", "crop"])
def test_the_26_approaches_of_chen_et_al_make_their_queries(small, tmp_path, units):
    """Thirteen methods on whole images, thirteen on random crops with as many pixels a query."""
    names = [name for name, of in CHEN_APPROACHES if of.startswith(units)]
    budget = {"initial": 3, "per_cycle": 4, "cycles": 2}
    spec = "image" if units == "image" else "crop:16x24"
    found = first_queries(small(units=spec, methods=methods(names), budget=budget), tmp_path)
    assert len(CHEN_APPROACHES) == 26
    assert len(found) == len(set(names)) == 13
    area = {"image": 32 * 48, "crop": 16 * 24}[units]
    for cycle in found.values():
        assert len(cycle.selected) == 4
        assert cycle.units["area"].eq(area).all()
        counted = [c for c in cycle.unit_score_columns if "count_above" in c]
        assert len(counted) == 6
        shares = cycle.units[counted].to_numpy()
        assert ((shares >= 0) & (shares <= 1)).all(), "nothing outside counts"
        np.testing.assert_allclose(shares * area, np.round(shares * area), atol=1e-6)


def test_a_cycle_computes_with_its_number_of_threads_whatever_was_before(small, tmp_path):
    """UMAP leaves the process with as many threads as there are cores."""
    torch.set_num_threads(2)
    first_queries(small(methods=["random"]), tmp_path)
    assert torch.get_num_threads() == 1
