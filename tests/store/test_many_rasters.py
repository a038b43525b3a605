"""Many rasters at once: the same as one by one, whatever is asked and however they lie."""

import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.errors import NotStoredError, StoreError
from workbench.store import open_store
from workbench.store import rasters as module
from workbench.store.quantise import restore


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SHARD", 3)  # several shards, the last one not full
        return write_sample_store(
            tmp_path_factory.mktemp("many"), methods=("entropy",), seeds=(0,), images=8, cycles=1
        )


@pytest.fixture
def cycle(path, monkeypatch):
    monkeypatch.setattr(module, "SHARD", 3)
    return open_store(path).runs()[0].cycle(0)


@pytest.mark.parametrize("wanted", [slice(None), slice(1, 6, 2), slice(None, None, -1), slice(0)])
def test_all_kinds_are_those_read_one_by_one(cycle, wanted):
    ids = cycle.image_ids[wanted]
    maps = {i: restore(*rest) for i, *rest in cycle.each_score_map("margin", ids)}
    predictions = dict(cycle.each_prediction(ids))
    assert set(maps) == set(predictions) == set(ids)
    for image_id in ids:
        np.testing.assert_array_equal(maps[image_id], cycle.score_map("margin", image_id))
        np.testing.assert_array_equal(predictions[image_id], cycle.prediction(image_id))


def test_an_image_that_was_not_kept_is_named_before_anything_is_read(cycle):
    with pytest.raises(NotStoredError, match="'gone'"):
        next(cycle.each_score_map("margin", [cycle.image_ids[0], "gone"]))
    with pytest.raises(NotStoredError, match=r"keep\.predictions"):
        next(cycle.each_prediction(["gone"]))
    with pytest.raises(NotStoredError, match="scan"):
        cycle.each_score_map("variance", [])


def test_damaged_bytes_are_one_sentence(cycle, monkeypatch):
    class Broken:
        def __getitem__(self, key):
            raise ValueError("checksum mismatch")

    monkeypatch.setattr(module, "_open", lambda path: Broken())
    with pytest.raises(StoreError, match="checksum mismatch"):
        list(cycle.each_score_map("margin", cycle.image_ids))
