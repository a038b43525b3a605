import pytest

from tests.experiments import SMALL
from workbench.config import parse_config


@pytest.fixture
def small():
    """Return a function that makes the small experiment's config, with changes."""

    def make(**changes):
        return parse_config({**SMALL, **changes})

    return make
