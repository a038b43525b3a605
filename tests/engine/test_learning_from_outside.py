"""A learner of two networks and a rider that another distribution brings, in a whole experiment."""

import numpy as np
import pytest

import workbench as wb
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.engine.previous import PreviousCycle
from workbench.errors import ConfigError, NotStoredError
from workbench.learning import LEARNERS, RIDERS
from workbench.models import build

THEIRS = {
    **SMALL,
    "learner": {"name": "pair"},
    "methods": ["cereals"],
    "riders": ["light"],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 2},
}


@pytest.fixture
def theirs(from_outside):
    """The learner and the rider, found through entry points."""
    entries = "from tests.learning.two_networks import {0} as ENTRIES"
    from_outside(LEARNERS, entries.format("PAIR"))
    from_outside(RIDERS, entries.format("LIGHT"))


@pytest.mark.usefixtures("theirs", "guarded")
def test_they_do_as_ours_do(tmp_path):
    events = []
    config = parse_config(THEIRS)
    assert forecast(config, tmp_path).training_steps > 0
    store = tmp_path / "store"
    identity = run_experiment(config, store, tmp_path, on_event=events.append)
    (run,) = wb.open_store(store).runs(identity)
    for cycle in run.cycles:
        assert cycle.maps == ["entropy", "margin", "light"]
        assert cycle.score_range("light") == (0.0, 0.3, "lux")
        units = cycle.units
        np.testing.assert_allclose(units["clicks"], units["light"] * units["area"])
        assert (units.groupby("image_id")["brightness"].nunique() == 1).all()
        assert cycle.extras["light"] == {"done": True}
        assert list(cycle.networks) == ["student", "teacher", "light"]
        assert {"cross_entropy", "consistency", "critic"} <= set(cycle.extras["terms"])
    (last,) = [e for e in events if e.get("phase") == "train" and e["cycle"] == 1][-1:]
    assert set(last["rates"]) == {"student", "critic"}
    assert 0 < last["terms"]["cross_entropy"] < 100


@pytest.mark.usefixtures("theirs")
def test_a_column_that_two_riders_give_is_refused():
    with pytest.raises(ConfigError, match="Two riders write the column clicks"):
        resolve(parse_config({**THEIRS, "riders": ["light", "click_cost"]}))
    without = {key: value for key, value in THEIRS.items() if key != "riders"}
    (method,) = resolve(parse_config(without)).methods
    assert [rider.name for rider in method.riders] == ["click_cost"]  # the first registered


def test_the_cycle_before_gives_networks_units_and_predictions(shared):
    cycle = shared.trained().run("entropy").cycle(1)
    before = PreviousCycle(cycle)
    assert before.networks == ("network",)
    network = build({"name": "tiny", "width": 4}, 9, seed=5)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    before.load(network)
    assert any(not value.equal(fresh[name]) for name, value in network.state_dict().items())
    assert before.units["unit_id"].tolist() == cycle.units["unit_id"].tolist()
    assert before.prediction(cycle.image_ids[0]).shape == (32, 48)
    with pytest.raises(NotStoredError, match="keeps no weights of a network 'teacher'"):
        before.load(network, "teacher")
