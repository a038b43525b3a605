"""Settings of a what-if that are no numbers, too large or of another kind: one sentence each."""

import math

import pytest

from tests.experiments import SharedStores
from workbench import open_store, whatif
from workbench.errors import ConfigError

ODD = [math.nan, math.inf, -math.inf, 10**400, -1, "nan", "x", [1], {"a": 1}, True, 2.5]
SETTINGS = [
    *({"k": value} for value in ODD),
    *({"seed": value} for value in ODD),
    *(
        {"selector": "information_density", "beta": value}
        for value in ODD
        if value != 2.5  # a weight
    ),
    {"selector": "information_density:beta=nan"},
    {"score": "entropy", "aggregation": "count_above:nan"},
    {"score": "entropy", "aggregation": "top_mean:inf"},
    {"units": "grid:0x0"},
    {"units": "grid:99999999x1"},
    {"score": "\ud800"},
    {"pool_filter": "every_nth_frame:" + "9" * 5000},
    {"score": "s" * 100_000},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: ascii(s)[:60])
def test_an_odd_setting_is_one_short_sentence(shared: SharedStores, settings: dict) -> None:
    cycle = open_store(shared.sample()).runs()[0].cycle(0)
    with pytest.raises(ConfigError) as error:
        whatif(cycle, **settings)
    assert len(str(error.value)) <= 300
    assert "\n" not in str(error.value)
