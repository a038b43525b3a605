"""Methods that rank by a column that a rider writes, from the plan to the what-if."""

from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.engine.rescan import rescan
from workbench.errors import ConfigError, NotStoredError
from workbench.learning import LEARNERS, RIDERS

BY_DOUBT = {"name": "by_doubt", "score": "column:doubt"}
BY_LIGHT = {"name": "by_light", "score": "column:light"}
VALUES = {
    **SMALL,
    "units": "image",
    "learner": {"name": "judged"},
    "methods": [BY_DOUBT, BY_LIGHT],
    "riders": ["light"],
    "budget": {"initial": 2, "per_cycle": 2, "cycles": 2},
    "scan": {"batch_size": 4},
}


@pytest.fixture(autouse=True)
def _theirs(from_outside):
    """A learner whose own rider judges images, and a rider that is trained beside."""
    entries = "from tests.learning.two_networks import {0} as ENTRIES"
    from_outside(LEARNERS, entries.format("JUDGED"))
    from_outside(RIDERS, entries.format("LIGHT"))


def test_a_method_ranks_by_what_a_rider_writes(tmp_path):
    config, store = parse_config(VALUES), tmp_path / "store"
    forecast(config, tmp_path)
    identity = run_experiment(config, store, tmp_path)
    found = {run.method.name: run for run in wb.open_store(store).runs(identity)}
    for name, column in (("by_doubt", "doubt"), ("by_light", "light")):
        run = found[name]
        units = run.cycle(0).units.sort_values(column, ascending=False)
        assert units[column].nunique() == len(units)
        chosen = run.cycle(0).selected.tolist()
        assert chosen == units["unit_id"].tolist()[:2]
        values = run.cycle(1).unit_scores(f"column:{column}")
        assert values.to_numpy().tolist() == run.cycle(1).units[column].tolist()
        assert wb.whatif(run.cycle(0)).ids.tolist() == chosen
        assert "judge" in run.cycle(1).networks
    assert "light" not in found["by_doubt"].cycle(0).networks, "nobody reads it there"

    cycle = found["by_light"].cycle(0)
    other = wb.whatif(cycle, score="column:doubt")
    assert other.query.score == "column:doubt"
    assert f"by {other.query.ranked_by}" == "by column:doubt"
    assert other.units["score"].tolist() == cycle.units["doubt"].tolist()
    assert -1 <= other.change.rank_correlation <= 1
    blocks = wb.whatif(cycle, units="grid:2x2", k=3)  # of the rider's map
    assert len(blocks) == 3
    assert blocks.approximate
    with pytest.raises(NotStoredError, match="no map that gives it for grid:"):
        wb.whatif(cycle, score="column:doubt", units="grid:2x2", k=3)
    for column in ("nothing", "class_0"):
        with pytest.raises(NotStoredError, match=f"No rider wrote the column {column}"):
            wb.whatif(cycle, score=f"column:{column}")
    with pytest.raises(NotStoredError, match="the column 'nothing'"):
        cycle.unit_scores("column:nothing")

    rescan(store, found["by_doubt"].id, ["margin"])
    again = wb.open_store(store).run(found["by_doubt"].id)
    assert all(np.isfinite(one.unit_scores("margin")).all() for one in again.cycles)
    assert not forecast(config, tmp_path, store).training_steps


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"methods": [{"name": "x", "score": "column:nothing"}]},
            "column nothing, which neither its learner nor a registered rider writes; riders write",
        ),
        ({"learner": {"name": "supervised"}, "methods": [BY_DOUBT]}, "the column doubt"),
        (
            {"methods": [{**BY_DOUBT, "aggregation": "sum"}]},
            "the column doubt has one number per unit already",
        ),
        ({"methods": [BY_DOUBT], "riders": ["light"]}, "light would be trained for nothing"),
    ],
)
def test_what_nobody_can_rank_by_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        resolve(parse_config({**VALUES, "riders": [], **changes}))


def test_the_plan_finds_who_writes_the_column():
    plan = resolve(parse_config({**VALUES, "riders": []}))
    by_doubt, by_light = plan.methods
    assert (by_doubt.column, by_light.column) == ("doubt", "light")
    assert by_doubt.score is by_light.score is None
    assert [rider.name for rider in by_light.riders] == ["light"]
    assert not by_doubt.riders, "its learner writes the column"


def test_a_learner_whose_riders_write_other_columns_is_refused(tmp_path, monkeypatch):
    entry = replace(LEARNERS.entry("judged"), columns=("doubt", "more"))
    monkeypatch.setitem(LEARNERS._entries, "judged", entry)
    config = parse_config({**VALUES, "methods": [{"name": "x", "score": "column:more"}],
                           "riders": []})  # fmt: skip
    with pytest.raises(ConfigError, match="states the column more, but its riders write"):
        run_experiment(config, tmp_path / "store", tmp_path)
