import pytest

from tests.store.sample import write_sample_store
from workbench.store import open_store


@pytest.fixture
def store(tmp_path):
    """Two methods that share cycle 0, and a second cycle each of their own."""
    path = tmp_path / "store"
    write_sample_store(path, methods=("random", "entropy"), seeds=(0,), images=8, cycles=2)
    return open_store(path)


@pytest.fixture
def runs(store):
    return store.runs()
