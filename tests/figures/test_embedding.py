import dataclasses

import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.errors import ConfigError, ShapeError, StoreError
from workbench.figures import embedding
from workbench.store import open_store, run_of


@pytest.fixture
def cycles(runs):
    return [run.cycle(1) for run in runs if run.seed == 0]


def test_states_and_ranks_are_those_of_each_cycle(cycles, projection):
    data = embedding.read(cycles, projection)
    assert len(data.panels) == len(cycles)
    for cycle, panel in zip(cycles, data.panels, strict=True):
        rows = data.table[data.table["panel"] == panel].set_index("unit_id")
        assert set(rows.index[rows["state"] == "labelled"]) == set(cycle.labelled)
        picked = rows[rows["state"] == "selected"].sort_values("rank")
        assert picked.index.tolist() == cycle.selected.tolist()
        assert picked["rank"].tolist() == list(range(len(cycle.selected)))
        assert (rows.loc[rows["state"] != "selected", "rank"] == -1).all()


def test_panels_share_points_and_axes(cycles, projection):
    drawn = embedding.figure(embedding.read(cycles, projection))
    assert all(axis.matches == "x" for axis in list(drawn.select_xaxes())[1:])
    assert all(axis.matches == "y" for axis in list(drawn.select_yaxes())[1:])
    assert [a.text for a in drawn.layout.annotations[: len(cycles)]] == [
        f"{run_of(c).method.name}, seed 0, cycle 1" for c in cycles
    ]


@pytest.mark.parametrize("colour", embedding.COLOURS)
def test_custom_data_are_whole_numbers_that_name_the_unit(cycles, projection, colour):
    drawn = embedding.figure(embedding.read(cycles[0], projection), colour=colour)
    named = []
    for trace in drawn.data:
        assert trace.customdata.dtype == np.int32
        named += [embedding.unit_of(row) for row in trace.customdata]
    assert set(named) == set(projection.unit_ids)


def test_selected_units_lie_on_top(cycles, projection):
    drawn = embedding.figure(embedding.read(cycles[0], projection))
    assert [trace.name for trace in drawn.data] == ["unlabelled", "labelled", "selected now"]


def test_many_points_are_drawn_by_the_graphics_card(cycles, projection, monkeypatch):
    monkeypatch.setattr(embedding, "_VECTOR_POINTS", 5)
    kinds = {t.type for t in embedding.figure(embedding.read(cycles[0], projection)).data}
    assert kinds == {"scattergl"}  # mixed kinds would hide the picks below the crowd


def test_a_sample_says_so(cycles, projection):
    parameters = {**projection.parameters, "total": 104_312}
    data = embedding.read(cycles[0], dataclasses.replace(projection, parameters=parameters))
    assert data.notice.startswith(f"Showing {len(projection.unit_ids)} of 104,312 units")
    assert any("104,312" in a.text for a in embedding.figure(data).layout.annotations)


def test_picks_outside_the_sample_are_counted(cycles, projection):
    kept = ~np.isin(projection.unit_ids, cycles[0].selected[:2])
    part = dataclasses.replace(
        projection, unit_ids=projection.unit_ids[kept], points=projection.points[kept]
    )
    data = embedding.read(cycles[0], part)
    assert data.hidden == 2
    assert "2 selected units are not among them" in data.notice


def test_panels_of_another_pool_are_refused(tmp_path, projection):
    other = open_store(write_sample_store(tmp_path, methods=("random",), seeds=(0,), images=4))
    with pytest.raises(ShapeError, match="one experiment"):
        embedding.read(other.runs()[0].cycle(0), projection)


def test_an_unknown_colour_is_refused(cycles, projection):
    with pytest.raises(ConfigError, match="sequence"):
        embedding.figure(embedding.read(cycles[0], projection), colour="sequences")


def test_a_cycle_without_its_run_is_refused(experiment, projection):
    folder = next(one for one in (experiment.path / "shared").iterdir() if one.is_dir())
    shared = experiment.shared(folder.name)
    with pytest.raises(StoreError, match="without its run"):
        embedding.read(shared, projection)
