"""What a cycle keeps of clicks: predicted ones with their network, and those that were paid."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tests.store.sample import SCORES, measured, scan_image, stream
from tests.store.test_writing import GRID, IMAGES, METHOD, SIZE, experiment_in
from workbench.errors import ScoreError, ShapeError
from workbench.store import CycleFacts, Keep, Labels, MapInfo, Selection, open_store
from workbench.types import unit_ids

CLICK_DENSITY = "click_density"
DENSITY = MapInfo(CLICK_DENSITY, 0.0, 0.2, "clicks/pixel", "click_cost")


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
            cycle.write_network("network", lambda file: file.write_bytes(b"network"))
            cycle.write_network("click_cost", lambda file: file.write_bytes(b"costs"))
            seen = stream(cycle, [change(scanned(number)) for number in range(IMAGES)])
            facts = CycleFacts(labelled_clicks=31, maps=[DENSITY])
            cycle.publish(seen, measured(0.1, 0.1, 0, 0), facts)
        run.publish_selection(0, Selection(unit_ids(1, [3, 0, 1])))
        run.publish_labels(0, Labels(unit_ids(1, [3, 0]), clicks=np.array([9, 5])))
    return open_store(path).runs()[0].cycle(0)


def test_predicted_and_paid_clicks_come_back(tmp_path):
    cycle = write(tmp_path)
    names = [score.name for score in SCORES]
    assert cycle.scores == names
    assert cycle.maps == [*names, CLICK_DENSITY]
    assert cycle.map_infos == [DENSITY]
    assert cycle.score_range(CLICK_DENSITY) == (0.0, 0.2, "clicks/pixel")
    units = cycle.units.set_index("unit_id")
    assert units.loc[unit_ids(1, [0, 3]), "clicks"].tolist() == [1.5, 4.5]
    assert cycle.unit_scores(CLICK_DENSITY)[int(unit_ids(1, 3))] == 0.03
    found = cycle.score_map(CLICK_DENSITY, cycle.image_ids[0])
    np.testing.assert_allclose(found, scanned(0).score_maps[CLICK_DENSITY], atol=0.1 / 255)
    assert cycle.weights.read_bytes() == b"network"
    assert cycle.networks["click_cost"].path.read_bytes() == b"costs"
    assert cycle.selection["cost_clicks"].tolist() == [9, 5]
    assert cycle.selected.tolist() == unit_ids(1, [3, 0]).tolist(), "the third was not paid for"
    assert cycle.metrics.labelled_clicks == 31


def test_weights_that_are_not_kept_still_have_their_digest(tmp_path):
    kept, gone = write(tmp_path / "a"), write(tmp_path / "b", Keep(weights=False))
    assert gone.weights is None
    assert [one.path for one in gone.networks.values()] == [None, None]
    digests = [{name: one.sha256 for name, one in c.networks.items()} for c in (kept, gone)]
    assert digests[0] == digests[1]
    assert digests[0]["click_cost"] == hashlib.sha256(b"costs").hexdigest()


def test_clicks_that_are_not_finite_name_the_image(tmp_path):
    with pytest.raises(ScoreError, match=r"The column clicks of image 'seq00_000'"):
        write(tmp_path, change=lambda scan: replace(scan, columns={"clicks": np.full(4, np.nan)}))


def test_labels_have_one_number_of_clicks_a_unit():
    with pytest.raises(ShapeError, match=r"2 units have \(1,\) clicks"):
        Labels(unit_ids(1, [3, 0]), clicks=np.array([9]))
