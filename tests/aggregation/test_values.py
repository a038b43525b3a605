"""Small maps worked out by hand."""

import math

import numpy as np
import pytest
import torch

from workbench.aggregation import (
    AGGREGATIONS,
    count_above,
    largest,
    mean,
    over_boxes,
    quantile,
    top_mean,
    total,
)
from workbench.aggregation._segments import segment_size, segment_sum, sum_sorted
from workbench.errors import ShapeError

SCORES = np.array([[0.0, 0.5, 1.0], [0.25, 0.75, 0.5]], dtype=np.float32)
UNITS = np.array([[0, 0, 1], [0, -1, 1]], dtype=np.int32)


def test_mean_over_the_pixels_of_each_unit():
    np.testing.assert_allclose(mean(SCORES, UNITS, 2), [0.25, 0.75])


def test_count_is_strictly_above_the_threshold_and_divided_by_the_units_pixels():
    np.testing.assert_array_equal(count_above(SCORES, UNITS, 2, 0.5), [0, 1 / 2])
    np.testing.assert_array_equal(count_above(SCORES, UNITS, 2, 0.49), [1 / 3, 1])


def test_units_of_every_size_count_alike():
    """Chen et al. III-B: otherwise the largest superpixels would be queried first."""
    score_map = np.tile(np.array([0.2, 0.8], np.float32), (6, 4))
    unit_map = np.repeat(np.array([[0, 0, 1, 1, 1, 1, 1, 1]], np.int32), 6, axis=0)
    np.testing.assert_array_equal(count_above(score_map, unit_map, 2, 0.5), [0.5, 0.5])


def test_two_equal_classes_do_not_pass_log_two():
    half = np.full((2, 2), -math.log(0.5), dtype=np.float32)
    assert count_above(half, np.zeros((2, 2), np.int32), 1, math.log(2))[0] == 0


def test_sum_and_max_by_hand():
    np.testing.assert_allclose(total(SCORES, UNITS, 3), [0.75, 1.5, 0])
    np.testing.assert_allclose(largest(SCORES, UNITS, 3), [0.5, 1, np.nan])


@pytest.mark.parametrize(("share", "expected"), [(1e-6, 29), (0.1, 28), (0.101, 27.5), (1.0, 14.5)])
def test_the_top_share_is_rounded_up(share, expected):
    values = np.random.default_rng(0).permutation(30).astype(np.float32).reshape(5, 6)
    found = top_mean(values, np.zeros((5, 6), np.int32), 2, share)
    assert found[0] == pytest.approx(expected)
    assert np.isnan(found[1])


@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 0.95, 1.0])
def test_quantiles_are_numpys(q):
    rng = np.random.default_rng(2)
    values, units = rng.random((20, 30)).astype(np.float32), rng.integers(-1, 5, (20, 30))
    expected = [np.quantile(values[units == u].astype(np.float64), q) for u in range(5)]
    np.testing.assert_allclose(quantile(values, units, 6, q)[:5], expected, rtol=1e-12)
    assert np.isnan(quantile(values, units, 6, q)[5])


@pytest.mark.parametrize(
    "spec", ["mean", "sum", "count_above:0.5", "max", "top_mean:0.2", "quantile:0.7"]
)
def test_windows_equal_a_unit_map_of_the_window_alone(spec):
    rng = np.random.default_rng(3)
    score_map = rng.random((23, 31)).astype(np.float32)
    boxes = [[0, 0, 23, 31], [0, 0, 1, 1], [5, 7, 15, 30], [6, 8, 16, 31], [22, 30, 23, 31]]
    found = over_boxes(score_map, boxes, spec)
    for value, (y0, x0, y1, x1) in zip(found, boxes, strict=True):
        alone = np.full(score_map.shape, -1, np.int32)
        alone[y0:y1, x0:x1] = 0
        expected = AGGREGATIONS.bind(spec).call(score_map, alone, 1)[0]
        assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("box", [[0, 0, 3, 9], [-1, 0, 2, 2], [2, 2, 2, 3], [1, 3, 2, 2]])
def test_windows_beyond_the_map_are_refused(box):
    with pytest.raises(ShapeError, match="empty or leaves"):
        over_boxes(np.zeros((4, 5)), [[0, 0, 1, 1], box])


def test_no_windows_have_no_scores():
    assert over_boxes(np.zeros((4, 5)), np.empty((0, 4))).shape == (0,)


def test_one_unit_is_the_mean_of_the_image():
    score_map = np.random.default_rng(0).random((50, 60)).astype(np.float32)
    whole = mean(score_map, np.zeros((50, 60), np.int32), 1)
    assert whole[0] == pytest.approx(score_map.mean(dtype=np.float64), rel=1e-12)


def test_a_unit_without_pixels_has_no_mean_and_counts_nothing():
    assert np.isnan(mean(SCORES, UNITS, 3)[2])
    assert count_above(SCORES, UNITS, 3, 0.1)[2] == 0


def test_sums_are_exact_where_32_bits_would_lose_digits():
    score_map = np.full((1024, 2048), 0.1, dtype=np.float32)
    found = mean(score_map, np.zeros(score_map.shape, np.int32), 1)[0]
    assert found == pytest.approx(float(np.float32(0.1)), rel=1e-10)


def test_sorted_sums_for_a_gpu_equal_the_plain_ones():
    rng = np.random.default_rng(1)
    values = torch.from_numpy(rng.normal(size=(30, 40)).astype(np.float32))
    units = torch.from_numpy(rng.integers(-1, 7, (30, 40)))
    torch.testing.assert_close(
        sum_sorted(values, units, 8), segment_sum(values, units, 8), atol=1e-12, rtol=1e-12
    )


def test_sizes_leave_out_pixels_of_no_unit():
    np.testing.assert_array_equal(segment_size(UNITS, 3), [3, 2, 0])
    assert segment_size(torch.from_numpy(UNITS), 3).tolist() == [3, 2, 0]


@pytest.mark.parametrize("unit", [-2, 2])
def test_sums_on_a_gpu_refuse_units_that_are_not_there(unit):
    units = torch.tensor([[0, 1, unit]])
    with pytest.raises(ShapeError, match="for 2 units"):
        sum_sorted(torch.zeros(1, 3), units, 2)
    assert sum_sorted(torch.ones(1, 3), units.clamp(-1, 1), 2).sum() == 2 + (unit == 2)


@pytest.mark.parametrize(("q", "second"), [(0, 7), (0.5, 8), (1, 9)])
def test_quantiles_of_a_unit_of_one_pixel_are_its_value(q, second):
    found = quantile(np.array([[5.0, 7.0, 9.0]]), np.array([[0, 1, 1]]), 2, q=q)
    assert found.tolist() == [5, second]
