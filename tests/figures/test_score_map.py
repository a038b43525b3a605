import numpy as np
import pytest

from workbench.errors import NotStoredError
from workbench.figures import score_map
from workbench.store import run_of
from workbench.types import IGNORE


class Scenes:
    """A dataset of one grey picture, half of it void."""

    def read_image(self, split, key):
        return np.full((48, 64, 3), 90, np.uint8)

    def read_mask(self, split, key):
        mask = np.zeros((48, 64), np.uint8)
        mask[:24] = IGNORE
        return mask


@pytest.fixture
def cycle(runs):
    return next(r for r in runs if r.method.name == "entropy" and r.seed == 0).cycle(1)


@pytest.fixture
def shown(cycle):
    """An image in which something is selected."""
    return score_map.images(cycle)["image_id"].iloc[0]


def test_units_of_the_image_with_state_rank_and_score(cycle, shown):
    table = score_map.read(cycle, "entropy", shown, dataset=Scenes()).table.set_index("unit_id")
    pool = run_of(cycle).experiment.pool
    assert set(table.index) == set(pool.loc[pool["image_id"] == shown, "unit_id"])
    selection = cycle.selection.query("image_id == @shown").set_index("unit_id")
    picked = table[table["state"] == "selected"]
    assert set(picked.index) == set(selection.index)
    for unit, row in picked.iterrows():
        assert row["rank"] == selection.loc[unit, "rank"]
        assert row["score"] == cycle.unit_scores("entropy")[unit]


def test_the_map_reads_back_in_its_own_unit(cycle, shown):
    data = score_map.read(cycle, "entropy", shown, dataset=Scenes())
    step = (data.codes_high - data.codes_low) / 255
    error = np.abs(data.values - cycle.score_map("entropy", shown)).max()
    assert error <= step
    assert (data.low, data.unit) == (0.0, "nats")
    assert data.high == pytest.approx(np.log(5))


def test_image_and_ground_truth_come_from_the_dataset(cycle, shown):
    data = score_map.read(cycle, "entropy", shown, dataset=Scenes())
    assert data.image.shape == (*data.size, 3)
    assert (data.truth[:24] == IGNORE).all()
    assert not data.notices


def test_without_its_dataset_the_map_still_shows_with_a_sentence(cycle, shown):
    data = score_map.read(cycle, "entropy", shown)  # the sample's images are made up
    assert data.image is None
    assert data.truth is None
    assert data.codes is not None
    assert data.prediction is not None
    assert data.size == (48, 64)
    assert "Image and ground truth cannot be shown" in data.notices[0]
    texts = [a.text for a in score_map.figure(data).layout.annotations]
    assert any("cannot be shown" in text for text in texts)


def test_another_aggregation_gives_other_unit_scores(cycle, shown):
    count = "count_above:threshold=0.693147"
    data = score_map.read(cycle, "entropy", shown, aggregation=count, dataset=Scenes())
    known = cycle.unit_scores("entropy", count)
    free = data.table[data.table["state"] != "labelled"]
    assert free["score"].tolist() == known[free["unit_id"]].tolist()


def test_a_map_that_was_not_kept_is_a_notice(cycle, shown, monkeypatch):
    def gone(*_):
        raise NotStoredError("This cycle keeps no maps.")

    monkeypatch.setattr(type(cycle), "score_map_8bit", gone)
    data = score_map.read(cycle, "entropy", shown, dataset=Scenes())
    assert data.values is None
    assert data.notices == ("This cycle keeps no maps.",)
    assert score_map.figure(data).data  # image and prediction are still there


def test_unknown_images_and_scores_are_told(cycle, shown):
    with pytest.raises(NotStoredError, match="no image 'nowhere'"):
        score_map.read(cycle, "entropy", "nowhere")
    with pytest.raises(NotStoredError, match=r"does not hold the .*'variance'"):
        score_map.read(cycle, "variance", shown)


def test_images_with_most_selected_units_come_first(cycle):
    listed = score_map.images(cycle)
    pool = run_of(cycle).experiment.pool
    assert sorted(listed["image_id"]) == sorted(pool["image_id"].unique())
    assert listed["selected"].sum() == len(cycle.selected)
    assert listed["labelled"].sum() == len(cycle.labelled)
    assert listed["selected"].is_monotonic_decreasing
    assert listed["has_map"].all()


def test_methods_compare_on_one_range(runs, shown):
    cycles = [run.cycle(1) for run in runs if run.seed == 0]
    maps = [score_map.read(c, "entropy", shown, dataset=Scenes()) for c in cycles]
    assert len({(m.low, m.high, m.image_id) for m in maps}) == 1
    assert [m.title for m in maps] == [f"{run_of(c).method.name}, seed 0, cycle 1" for c in cycles]
