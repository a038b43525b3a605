"""The estimate of bytes, part by part, against sums made by hand."""

from dataclasses import replace

import pytest

from workbench.retention import Retention
from workbench.store import ScanSize, estimate_bytes
from workbench.store.estimate import PARTS

PLAIN = ScanSize(images=10, pixels=1000, units=40, scores=2, unit_scores=3, classes=5)
"""A row of its unit table takes 12 + 3 · 9 + 5 · 3 = 54 bytes."""

FULL = replace(
    PLAIN,
    embedding_size=8,
    read_size=6,
    untrained_size=7,
    feature_values=100,
    weights_bytes=9000,
    goes_on=True,
    report_bytes=800,
)


def keeping(rule, **others):
    parts = ("maps", "predictions", "features", "weights", "units", "embeddings")
    return Retention(**{**dict.fromkeys(parts, rule), **others})


def test_all_is_kept_of_every_cycle():
    # two seeds, so cycle 0 is there twice
    found = estimate_bytes(FULL, keeping("all"), [0, 0, 1, 2], cycles=3, reports=3)
    assert found == {
        "maps": 13_000 * 4,  # 10 images, 2 scores, 1000 pixels of 0.65 bytes
        "predictions": 500 * 4,
        "features": 1800 * 4,
        "weights": 9000 * 4,
        "tables": 40 * (54 * 4 + 4 * 8 * 4 + 4 * 7 * 2),
        "records": 16_000 * 4,
        "state": 0,
        "reports": 800 * 3,
        "total": 179_600,
    }
    assert tuple(found) == PARTS


def test_the_last_cycle_keeps_and_cycle_0_keeps_what_the_next_step_reads():
    keep = keeping("last", reports="none")
    assert estimate_bytes(FULL, keep, [0, 1, 2], cycles=3, reports=3) == {
        "maps": 13_000,
        "predictions": 500,
        "features": 1800,
        "weights": 9000 * 2,
        "tables": 40 * (54 * 2 + 4 * (8 + 6) + 4 * 7),
        "records": 16_000 * 3,
        "state": 40 * (54 + 4 * 6) + 9000,
        "reports": 0,
        "total": 101_100,
    }


@pytest.mark.parametrize(("goes_on", "weights"), [(True, 9000), (False, 0)])
def test_weights_of_cycle_0_and_of_the_state_are_kept_if_the_next_training_goes_on(
    goes_on, weights
):
    scan = replace(FULL, goes_on=goes_on)
    found = estimate_bytes(scan, keeping("none"), [0, 1, 2], cycles=3)
    assert (found["maps"], found["predictions"], found["features"]) == (0, 0, 0)
    assert found["weights"] == weights
    assert found["tables"] == 40 * (54 + 4 * 6 + 4 * 7)
    assert found["state"] == 40 * (54 + 4 * 6) + weights
    alone = estimate_bytes(scan, keeping("none"), [0], cycles=3)
    assert alone["state"] == 0, "cycle 0 is kept by itself"
    assert alone["tables"] == found["tables"]
    later = estimate_bytes(scan, keeping("none"), [1], cycles=3)
    assert (later["weights"], later["tables"]) == (0, 0)


def test_the_state_holds_what_the_cycle_itself_does_not():
    def state(**keep):
        return estimate_bytes(FULL, keeping("all", **keep), [0, 1], cycles=2)["state"]

    assert state() == 0
    assert state(units="none") == 40 * 54
    assert state(embeddings="none") == 40 * 4 * 6
    assert state(weights="none") == 9000


def test_what_a_scan_does_not_have_takes_nothing():
    keep = keeping("all", embeddings="none")
    assert estimate_bytes(replace(PLAIN, predictions=False), keep, [0, 1], 2, reports=4) == {
        "maps": 13_000 * 2,
        **dict.fromkeys(("predictions", "features", "weights"), 0),
        "tables": 40 * 54 * 2,
        "records": 16_000 * 2,
        **dict.fromkeys(("state", "reports"), 0),
        "total": 62_320,
    }
    plain = estimate_bytes(PLAIN, keeping("all"), [0, 1], 2)
    assert (plain["predictions"], plain["features"], plain["tables"]) == (1000, 0, 4320)
    told = replace(PLAIN, weights_bytes=9000, report_bytes=800)
    found = estimate_bytes(told, keeping("none"), [0, 1], 2)
    assert (found["weights"], found["state"], found["reports"]) == (0, 40 * 54, 0)
    assert estimate_bytes(FULL, keep, [], 2)["total"] == 0
