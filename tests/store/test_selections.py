"""What was picked and what was labelled are records of their own."""

import numpy as np
import pytest

from tests.store.sample import SCORES, choose, measured, scan_image, stream
from tests.store.test_writing import GRID, IMAGES, METHOD, SIZE, experiment_in, publish_cycle
from workbench.errors import ShapeError, StoreError
from workbench.store import Labels, Selection, arrays, open_store
from workbench.store.export import selections_csv
from workbench.types import unit_ids

PICKS = Selection(unit_ids(1, [3, 0, 2]), np.array([0.5, 0.25, 0.125]), ["far", "near", "next"])


@pytest.fixture
def run(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as writer:
        publish_cycle(writer, 0)
        yield writer


def test_nothing_is_selected_until_it_is_published(run):
    cycle = run.read.cycle(0)
    assert ",".join(cycle.selection) == "rank,unit_id,image_id,y0,x0,y1,x1,score,reason"
    assert cycle.selected.tolist() == []
    assert cycle.selected.dtype == np.int64
    assert run.read.selection(0) is run.read.labels(0) is None
    assert not (run.read.path / "selections" / "0000").exists()


def test_a_cycle_that_is_open_shows_what_comes_later(run):
    """A reader keeps its objects; their revision changes with the selection and the labels."""
    cycle, seen = run.read.cycle(0), []
    seen.append(cycle.revision)
    run.publish_selection(0, PICKS)
    assert cycle.selected.tolist() == PICKS.unit_ids.tolist()
    assert "cost_clicks" not in cycle.selection
    seen.append(cycle.revision)
    run.publish_labels(0, Labels(PICKS.unit_ids[:2], np.array([9, 5])))
    assert cycle.selected.tolist() == PICKS.unit_ids[:2].tolist(), "the third was not paid for"
    assert cycle.selection["cost_clicks"].tolist() == [9, 5]
    assert cycle.selection["reason"].tolist() == ["far", "near"]
    seen.append(cycle.revision)
    assert len(set(seen)) == 3
    assert run.read.selection(0).unit_ids.tolist() == PICKS.unit_ids.tolist(), "as it was picked"
    assert run.read.labels(0).clicks.tolist() == [9, 5]


def test_a_revision_is_told_without_reading_a_table(run, monkeypatch):
    run.publish_selection(0, PICKS)
    run.publish_labels(0, Labels(PICKS.unit_ids))
    read = []
    monkeypatch.setattr(arrays, "read_table", lambda path, *_: read.append(path))
    assert len(run.read.revision.split("+")) == 3
    assert read == []


def test_the_records_come_in_their_order(run):
    with pytest.raises(StoreError, match="has no cycle 1"):
        run.publish_selection(1, PICKS)
    with pytest.raises(StoreError, match="publish it before its labels"):
        run.publish_labels(0, Labels(PICKS.unit_ids))
    run.publish_selection(0, PICKS)
    with pytest.raises(ShapeError, match="was not picked"):
        run.publish_labels(0, Labels(unit_ids(2, [0])))


def test_a_run_that_waits_for_labels_says_so(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        publish_cycle(run, 0)
        run.publish_selection(0, PICKS)
        run.finish("waiting", "3 units are to be labelled.")
    store = open_store(tmp_path)
    status = store.runs()[0].status
    assert (status.state, status.message) == ("waiting", "3 units are to be labelled.")
    lines = selections_csv(store).splitlines()
    assert len(lines) == 4
    assert lines[1].endswith(",0.5,"), "no clicks are known yet"


def test_a_query_that_picks_nothing_is_not_one_that_was_not_made(run):
    run.publish_selection(0, Selection(np.empty(0, np.int64)))
    assert len(run.read.selection(0).unit_ids) == 0
    run.publish_labels(0, Labels(np.empty(0, np.int64), np.empty(0, np.int64)))
    assert run.read.cycle(0).selected.tolist() == []


@pytest.mark.parametrize("cut", ["selection.json", "labels.json", "labels.parquet"])
def test_what_a_kill_cut_off_is_cleared_and_made_again(tmp_path, cut):
    """A folder without its manifest is no selection; labels without theirs are no labels."""
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        publish_cycle(run, 0)
        run.publish_selection(0, PICKS)
        run.publish_labels(0, Labels(PICKS.unit_ids))
    folder = run.read.path / "selections" / "0000"
    (folder / "labels.json").unlink()
    (folder / cut).unlink(missing_ok=True)
    (folder / ".aside-labels.json-0123456789ab").write_bytes(b"half")
    with experiment.run(METHOD, 0) as run:
        assert not list(run.read.path.rglob(".aside-*"))
        assert (run.read.selection(0) is None) == (cut == "selection.json")
        assert run.read.labels(0) is None
        if cut == "selection.json":
            run.publish_selection(0, PICKS)
        run.publish_labels(0, Labels(PICKS.unit_ids))
        assert run.read.cycle(0).selected.tolist() == PICKS.unit_ids.tolist()


def test_the_former_last_cycle_gets_its_selection_later(tmp_path):
    """An experiment that grows by a cycle changes no file of those that are finished."""
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        cycle = publish_cycle(run, 0)
        run.finish("done")
    before = {p: p.read_bytes() for p in cycle.path.rglob("*") if p.is_file()}
    with experiment.run(METHOD, 0) as run:
        observation = run.read.cycle(0).observation
        chosen = choose("entropy", observation.units, 2, 0, 0)
        run.publish_selection(0, chosen)
    assert {p: p.read_bytes() for p in cycle.path.rglob("*") if p.is_file()} == before
    assert open_store(tmp_path).runs()[0].cycle(0).selected.tolist() == chosen.unit_ids.tolist()


def test_the_splits_stand_in_their_order(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        [first] = measured(0.2, 0, 0, 0).values()
        [second] = measured(0.9, 0, 0, 1).values()
        with run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as writer:
            scans = [scan_image(image, SIZE, GRID, 0, 0) for image in range(IMAGES)]
            cycle = writer.publish(stream(writer, scans), {"test_b": first, "test_a": second})
    assert cycle.splits == ["test_b", "test_a"]
    assert cycle.metrics.split == "test_b"
    assert cycle.metrics.miou == first.values["miou"]
    assert cycle.metrics_of("test_a").miou == second.values["miou"]
    with pytest.raises(StoreError, match="was not measured on the split 'val'"):
        cycle.metrics_of("val")
