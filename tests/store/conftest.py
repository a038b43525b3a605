"""A small store, written once for all read-only tests of this room."""

import pytest

from workbench.store import locks, open_store


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Refuse a lock that is held sooner than in earnest."""
    monkeypatch.setattr(locks, "_PATIENCE", 0.2)


@pytest.fixture(scope="session")
def sample_path(shared):
    return shared.sample(running=True)


@pytest.fixture
def store(sample_path):
    return open_store(sample_path)
