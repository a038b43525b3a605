"""Settings of every kind of units as literals: those of the papers, and bounds that protect."""

import numpy as np

from workbench.units import UNITS

SETTINGS = {
    "grid.rows": (4, 1, 1024),  # MEAL: 4×4
    "grid.columns": (4, 1, 1024),
    "crop.height": (512, 1, 16_384),  # Chen et al. III-C: 512×512
    "crop.width": (512, 1, 16_384),
    "crop.seed": (0, 0, 2**32 - 1),
    "superpixel.segments": (100, 1, 10**6),
    "superpixel.compactness": (10.0, 0, 1e6),
    "window.height": (128, 1, 16_384),  # CEREALS: 128×128
    "window.width": (128, 1, 16_384),
    "window.stride": (32, 1, 16_384),
    "window.max_overlap": (0.0, 0, 0.99),
}


def test_defaults_and_bounds_of_settings():
    found = {f"{e.name}.{p.name}": (p.default, p.low, p.high) for e in UNITS for p in e.params}
    assert found == SETTINGS
    assert [e.name for e in UNITS if e.overlap] == ["window"]


def test_pixels_that_are_taken_away_are_counted_in_no_unit():
    layout = UNITS.bind("grid:1x2").call().layout((2, 6))
    taken = np.zeros((2, 6), bool)
    taken[0, :2] = taken[1, 5] = True
    rest = layout.without(taken)
    assert rest.areas.tolist() == [4, 5]
    assert rest.unit_map.tolist() == [[-1, -1, 0, 1, 1, 1], [0, 0, 0, 1, 1, -1]]
    assert rest.inside(0).tolist() == [[False, False, True], [True, True, True]]
