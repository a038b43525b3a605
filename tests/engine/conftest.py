"""A small experiment on the built-in scenes: two methods, two cycles, seconds on a CPU."""

import pytest

from workbench.config import parse_config

SMALL = {
    "name": "small",
    "dataset": {"name": "synthetic", "train": 12, "val": 4, "height": 32, "width": 48},
    "units": "grid:2x2",
    "model": {"name": "tiny", "width": 4},
    "learner": {"name": "supervised", "epochs": 2, "batch_size": 4, "lr": 0.01},
    "methods": ["random", "entropy", "k_center"],
    "seeds": [0],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 3},
    "scan": {"scores": ["margin"], "batch_size": 4},
    "compute": {"precision": "float32", "device": "cpu"},
}


@pytest.fixture
def small():
    """Return a function that makes the small experiment's config, with changes."""

    def make(**changes):
        return parse_config({**SMALL, **changes})

    return make
