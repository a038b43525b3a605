"""A made-up store, and cycles of it in which images are labelled in part."""

from dataclasses import replace

import numpy as np
import pytest

from tests.store import sample
from workbench.store import open_store, run_of

SIZE = (48, 64)


@pytest.fixture(scope="session")
def store(shared):
    """12 images of 48×64 in 2×2 units; the methods pick single units, so images are cut up."""
    return open_store(shared.sample(methods=("random", "entropy"), seeds=(0,)))


@pytest.fixture(scope="session")
def cycle(store):
    """Cycle 1 of the entropy run."""
    return next(r for r in store.runs() if r.method.name == "entropy").cycle(1)


@pytest.fixture
def changed_store(tmp_path, monkeypatch):
    """Return a function that writes a store whose scans were changed, and opens its cycle 1."""

    def write(change):
        plain = sample.scan_image
        monkeypatch.setattr(sample, "scan_image", lambda *args: change(plain(*args)))
        sample.write_sample_store(tmp_path / "runs", methods=("entropy",), seeds=(0,), images=5)
        return open_store(tmp_path / "runs").runs()[0].cycle(1)

    return write


@pytest.fixture
def without(changed_store):
    """Return a function that opens a cycle which did not keep some rasters."""
    nothing = {"score_maps": {}, "prediction": None, "feature_map": None}
    return lambda *names: changed_store(
        lambda scan: replace(scan, **{n: nothing[n] for n in names})
    )


def labelled_pixels(cycle, image_id):
    """(H, W) bool, drawn box by box."""
    mask = np.zeros(SIZE, bool)
    pool = run_of(cycle).experiment.pool
    mine = pool[pool["unit_id"].isin(cycle.labelled) & (pool["image_id"] == image_id)]
    for y0, x0, y1, x1 in mine[["y0", "x0", "y1", "x1"]].to_numpy():
        mask[y0:y1, x0:x1] = True
    return mask
