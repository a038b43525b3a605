"""Clicks: known shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.pool.clicks import click_points, count_clicks
from workbench.types import IGNORE


def mask(*rows):
    """Class ids, one digit a pixel; a dot is void."""
    return np.array([[IGNORE if c == "." else int(c) for c in row] for row in rows], np.uint8)


def click_map(labels, tolerance=2.0):
    """Clicks a pixel."""
    clicks = np.zeros(labels.shape)
    for y, x, count in click_points(labels, tolerance):
        clicks[int(y), int(x)] += count
    return clicks


def field(height=24, width=32):
    return np.zeros((height, width), np.uint8)


@pytest.mark.parametrize(
    ("labels", "clicks"),
    [
        (field(), 4 + 1),  # one class: the region's corners and the class
        (np.full((9, 9), IGNORE, np.uint8), 0),
        (mask("0"), 3 + 1),  # no polygon has fewer than three vertices
        (mask("0000"), 3 + 1),
        (mask("0.", ".0"), 3 + 1),  # touching at a corner is connected
        (mask("0.0"), 2 * (3 + 1)),
        (np.repeat(mask("01"), 12, axis=0).repeat(12, axis=1), 2 * 5),
    ],
)
def test_known_shapes(labels, clicks):
    assert count_clicks(labels) == clicks
    assert click_map(labels).sum() == pytest.approx(clicks)


def test_a_hole_costs_what_lies_in_it():
    ring = field()
    ring[6:18, 8:24] = IGNORE
    assert count_clicks(ring) == 5
    ring[6:18, 8:24] = 1
    assert count_clicks(ring) == 5 + 5
    ring[9:15, 12:20] = 0  # an island of the ring's own class, within the hole
    assert count_clicks(ring) == 5 + 5 + 5


def test_the_tolerance_says_how_closely_an_outline_is_followed():
    y, x = np.mgrid[0:60, 0:60]
    disc = np.where((y - 30) ** 2 + (x - 30) ** 2 < 25**2, 1, IGNORE).astype(np.uint8)
    counts = [count_clicks(disc, tolerance) for tolerance in (0.0, 0.5, 1.0, 2.0, 5.0, 100.0)]
    assert counts == sorted(counts, reverse=True)
    # a polygon of n vertices on a circle of radius r misses it by r (1 − cos(π / n)) at least
    assert 5 <= counts[3] - 1 <= 16
    assert counts[-1] == 3 + 1
    slope = np.where(y > 0.4 * x + 10, 1, 0).astype(np.uint8)  # a digital line is a staircase
    assert count_clicks(slope, 1.0) == 2 * (4 + 1)
    assert count_clicks(slope, 0.0) > 40


def test_clicks_fall_on_the_vertices():
    labels = np.full((10, 12), IGNORE, np.uint8)
    labels[2:7, 3:9] = 0
    points = click_points(labels)
    assert sorted(map(tuple, points.tolist())) == [
        (2, 3, 1.25), (2, 8, 1.25), (6, 3, 1.25), (6, 8, 1.25),
    ]  # fmt: skip
    assert click_points(np.full((3, 3), IGNORE, np.uint8)).shape == (0, 3)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3)),
    st.sampled_from([0.0, 1.0, 2.0]),
)
def test_the_map_adds_up_to_the_count(labels, tolerance):
    labels = np.where(labels == 3, np.uint8(IGNORE), labels)
    clicks = click_map(labels, tolerance)
    assert clicks.sum() == pytest.approx(count_clicks(labels, tolerance))
    assert (clicks >= 0).all()
    assert (clicks[labels == IGNORE] == 0).all()
    assert count_clicks(labels.T.copy(), tolerance) > 0 or (labels == IGNORE).all()
