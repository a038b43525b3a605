"""Holds for every registered query unit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ConfigError, ShapeError
from workbench.units import UNITS

_SPECS = {
    "image": ["image"],
    "grid": ["grid:1x1", "grid:4x4", "grid:3x5", "grid:2,7"],
    "crop": ["crop:9x11", "crop:64x8", "crop"],
    "superpixel": ["superpixel:12", "superpixel:segments=3,compactness=50"],
}
SPECS = [spec for specs in _SPECS.values() for spec in specs]


def test_every_registered_unit_is_tested_here():
    overlapping = {entry.name for entry in UNITS if entry.overlap}
    assert overlapping == {"window"}, "these have no unit map: see test_window.py"
    assert set(_SPECS) == set(UNITS.names()) - overlapping


def picture(height, width, seed=0):
    """Noise over four flat quarters."""
    quarters = np.kron(np.array([[60, 120], [180, 240]]), np.ones((35, 35)))[:height, :width, None]
    noise = np.random.default_rng(seed).integers(0, 12, (height, width, 3))
    return (quarters + noise).astype(np.uint8)


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None)
@given(height=st.integers(7, 70), width=st.integers(7, 70))
def test_layout_contract(spec, height, width):
    scheme = UNITS.bind(spec).call()
    image = picture(height, width) if scheme.needs_image else None
    layout = scheme.layout((height, width), image)
    n = len(layout)
    assert layout.unit_map.shape == (height, width)
    assert layout.unit_map.dtype == layout.boxes.dtype == np.int32
    assert layout.areas.dtype == np.int64
    assert layout.unit_map.min() >= -1
    assert layout.unit_map.max() < n
    covered = layout.unit_map[layout.unit_map >= 0]
    np.testing.assert_array_equal(np.bincount(covered, minlength=n), layout.areas)
    for unit, (y0, x0, y1, x1) in enumerate(layout.boxes.tolist()):  # the tightest box
        ys, xs = np.nonzero(layout.unit_map == unit)
        assert (ys.min(), xs.min(), ys.max() + 1, xs.max() + 1) == (y0, x0, y1, x1)


@pytest.mark.parametrize("spec", SPECS)
def test_unit_maps_are_made_once_and_cannot_be_changed(spec):
    scheme = UNITS.bind(spec).call()
    image = picture(20, 30)
    layout = scheme.layout((20, 30), image)
    if not scheme.needs_image:  # the others are made once for each image, by the geometry
        assert UNITS.bind(spec).call().layout((20, 30)).unit_map is layout.unit_map
    for array in (layout.unit_map, layout.boxes, layout.areas):
        assert not array.flags.writeable


def test_unknown_units_and_settings_are_named():
    with pytest.raises(ConfigError, match="did you mean 'grid'"):
        UNITS.bind("gird:4x4")
    with pytest.raises(ConfigError, match="rows"):
        UNITS.bind("grid:0x4")


@pytest.mark.parametrize("spec", SPECS)
def test_a_scheme_says_whether_it_reads_the_image(spec):
    scheme = UNITS.bind(spec).call()
    if scheme.needs_image:
        with pytest.raises(ShapeError, match="image"):
            scheme.layout((20, 30))
    else:
        scheme.layout((20, 30))
