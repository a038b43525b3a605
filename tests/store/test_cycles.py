"""What a cycle's writer takes is what its read side gives: observations, networks, facts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.store.sample import EMBEDDING, SCORES, measured, scan_image, stream
from tests.store.test_writing import GRID, IMAGES, METHOD, SIZE, experiment_in, write_cycle
from workbench.errors import StoreError, StoreLockedError
from workbench.store import CycleFacts, Keep, Selection
from workbench.types import unit_ids


def test_only_what_is_kept_is_on_the_disk(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        cycle = write_cycle(
            run, 0, Keep(maps=False, predictions=False, features=False, weights=False)
        )
    assert cycle.weights is None
    assert cycle.image_ids == cycle.predicted_image_ids == []
    assert not (cycle.path / "rasters").exists()
    assert cycle.scores == ["entropy", "margin"]  # their range and unit scores stay
    assert len(cycle.unit_scores("margin")) == 12
    assert len(cycle.networks["network"].sha256) == 64  # known all the same


def test_the_stored_observation_is_the_one_in_memory_bit_for_bit(tmp_path):
    with (
        experiment_in(tmp_path).run(METHOD, 0) as run,
        run.write_cycle(0, labelled=unit_ids(1, [0, 2]), scores=SCORES) as cycle,
    ):
        scans = [scan_image(image, SIZE, GRID, 0, 0) for image in reversed(range(IMAGES))]
        scans = [
            replace(
                scan,
                columns={"clicks": np.sqrt(scan.unit_ids + 1.0)},
                embeddings={**scan.embeddings, "decoder-unit-current": scan.class_shares},
            )
            for scan in scans
        ]
        seen = stream(cycle, scans)
        cycle.publish(seen, measured(0.1, 0, 0, 0))
    stored = run.read.cycle(0).observation
    pd.testing.assert_frame_equal(stored.units, seen.units, check_exact=True)
    assert stored.score_columns == seen.score_columns
    assert list(stored.embeddings) == list(seen.embeddings) == [EMBEDDING, "decoder-unit-current"]
    for key, wanted in seen.embeddings.items():
        found = stored.embeddings[key]
        for name in ("unit_ids", "vectors", "labelled"):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
            assert getattr(found, name).dtype == getattr(wanted, name).dtype


def test_shared_cycle_zero_is_published_once(tmp_path):
    experiment = experiment_in(tmp_path)
    with experiment.run(METHOD, 0) as run:
        with pytest.raises(StoreError, match="not published yet"):
            run.publish_shared("k")
        with experiment.shared_lock("k"):
            assert not experiment.record.has_shared("k")
            with (
                pytest.raises(StoreLockedError, match=r"Cycle 0 \(k\)"),
                experiment.shared_lock("k"),
            ):
                pass
            with experiment.write_shared("k", labelled=unit_ids(0, [0]), scores=SCORES) as cycle:
                scans = [scan_image(image, SIZE, GRID, 0, 0) for image in range(IMAGES)]
                cycle.publish(stream(cycle, scans), measured(0.1, 0, 0, 0))
        chosen = Selection(unit_ids(1, [3, 0]), np.array([0.5, 0.25]), ["far", "near"])
        mine = run.publish_shared("k")
        assert len(mine.selected) == 0
        run.publish_selection(0, chosen)
    assert mine.selected.tolist() == [10_000_003, 10_000_000]
    assert mine.selection["reason"].tolist() == ["far", "near"]
    assert mine.units.equals(experiment.record.shared("k").units)
    assert len(experiment.record.shared("k").selected) == 0


def test_a_score_may_be_called_like_a_class_share(tmp_path):
    scanned = scan_image(1, SIZE, GRID, 0, 0)
    scanned.unit_scores["class_entropy"] = np.arange(4.0)
    with (
        experiment_in(tmp_path).run(METHOD, 0) as run,
        run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as cycle,
    ):
        stored = cycle.publish(stream(cycle, [scanned]), measured(0.1, 0, 0, 0))
    assert "class_entropy" in stored.unit_score_columns
    assert stored.observation.class_shares.shape == (4, 5)


def test_extras_of_any_kind_are_kept_as_json(tmp_path):
    with experiment_in(tmp_path).run(METHOD, 0) as run:
        told = {"best": np.int64(3), "losses": [np.float32(0.5), float("nan")], "at": tmp_path}
        with run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as cycle:
            seen = stream(cycle, [scan_image(0, SIZE, GRID, 0, 0)])
            extras = cycle.publish(seen, measured(0.1, 0, 0, 0), CycleFacts(extras=told)).extras
    assert (extras["best"], extras["losses"], extras["at"]) == (3, [0.5, None], str(tmp_path))
