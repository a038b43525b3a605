"""What a cycle keeps of clicks: predicted ones with their network, and those that were paid."""

from dataclasses import replace

import numpy as np
import pytest

from tests.store.sample import SCORES, measured, scan_image
from tests.store.test_writing import GRID, IMAGES, METHOD, SIZE, experiment_in
from workbench.errors import ScoreError, ShapeError
from workbench.store import Keep, ScoreInfo, Selection, open_store
from workbench.types import unit_ids

CLICK_DENSITY = "click_density"
DENSITY = ScoreInfo(CLICK_DENSITY, 0.0, 0.2, "clicks/pixel")


def scanned(number):
    """An image's scan with clicks that rise along its units."""
    plain = scan_image(number, SIZE, GRID, seed=0, cycle=1)
    values = np.linspace(0, 0.1, SIZE[0] * SIZE[1], dtype=np.float32).reshape(SIZE)
    return replace(
        plain,
        columns={"clicks": np.arange(4) + 0.5 + number},
        score_maps={**plain.score_maps, CLICK_DENSITY: values},
        unit_scores={**plain.unit_scores, CLICK_DENSITY: np.arange(4) / 100},
    )


def write(path, keep=None, change=lambda scan: scan):
    experiment = experiment_in(path)
    with experiment.run(METHOD, 0) as run:
        labelled = unit_ids(0, np.arange(4))
        with run.write_cycle(0, labelled=labelled, scores=SCORES, keep=keep) as cycle:
            cycle.write_weights(lambda file: file.write_bytes(b"network"))
            cycle.write_cost_network(DENSITY, lambda file: file.write_bytes(b"costs"))
            for number in range(IMAGES):
                cycle.add(change(scanned(number)))
            chosen = Selection(unit_ids(1, [3, 0]), clicks=np.array([9, 5]))
            cycle.publish(replace(measured(0.1, 0.1, 0, 0), labelled_clicks=31), chosen)
    return open_store(path).runs()[0].cycle(0)


def test_predicted_and_paid_clicks_come_back(tmp_path):
    cycle = write(tmp_path)
    names = [score.name for score in SCORES]
    assert cycle.scores == names
    assert cycle.maps == [*names, CLICK_DENSITY]
    assert cycle.score_info(CLICK_DENSITY) == DENSITY
    units = cycle.units.set_index("unit_id")
    assert units.loc[unit_ids(1, [0, 3]), "clicks"].tolist() == [1.5, 4.5]
    assert cycle.unit_scores(CLICK_DENSITY)[int(unit_ids(1, 3))] == 0.03
    found = cycle.score_map(CLICK_DENSITY, cycle.image_ids[0])
    np.testing.assert_allclose(found, scanned(0).score_maps[CLICK_DENSITY], atol=0.1 / 255)
    assert cycle.cost_weights.read_bytes() == b"costs"
    ours, costs = (cycle.map_key(name, "x").partition("/")[0] for name in (names[0], CLICK_DENSITY))
    assert ours != costs
    assert cycle.selection["cost_clicks"].tolist() == [9, 5]
    assert cycle.metrics.labelled_clicks == 31


def test_weights_that_are_not_kept_still_name_the_map(tmp_path):
    kept, gone = write(tmp_path / "a"), write(tmp_path / "b", Keep(weights=False))
    assert (gone.weights, gone.cost_weights) == (None, None)
    assert gone.map_key(CLICK_DENSITY, "x") == kept.map_key(CLICK_DENSITY, "x")


def test_clicks_that_are_not_finite_name_the_image(tmp_path):
    with pytest.raises(ScoreError, match=r"The column clicks of image 'seq00_000'"):
        write(tmp_path, change=lambda scan: replace(scan, columns={"clicks": np.full(4, np.nan)}))


def test_a_selection_has_one_number_of_clicks_a_unit():
    with pytest.raises(ShapeError, match=r"2 units has \(1,\) clicks"):
        Selection(unit_ids(1, [3, 0]), clicks=np.array([9]))
