import pytest

from tests.experiments import SMALL, guard_masks
from workbench.config import parse_config


@pytest.fixture
def small():
    """Return a function that makes the small experiment's config, with changes."""

    def make(**changes):
        return parse_config({**SMALL, **changes})

    return make


@pytest.fixture
def guarded(monkeypatch):
    """Masks of the pool are read through the label source alone; returns the ids it read."""
    return guard_masks(monkeypatch)
