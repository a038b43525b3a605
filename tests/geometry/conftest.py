"""The small pool of ``tests/pool``, divided by a 2×3 grid."""

import pytest

from tests.pool.conftest import TinyDataset
from workbench.geometry import list_units
from workbench.units import UNITS


@pytest.fixture
def dataset():
    return TinyDataset()


@pytest.fixture
def scheme():
    return UNITS.bind("grid:2x3").call()


@pytest.fixture
def geometry(dataset, scheme):
    return list_units(dataset, scheme)
