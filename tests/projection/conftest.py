import shutil

import pytest

from workbench.store import open_store


@pytest.fixture
def store(shared, tmp_path):
    """Two methods that share cycle 0, and a second cycle each of their own; made to be changed."""
    made = shared.sample(methods=("random", "entropy"), seeds=(0,), images=8, cycles=2)
    return open_store(shutil.copytree(made, tmp_path / "store"))


@pytest.fixture
def runs(store):
    return store.runs()
