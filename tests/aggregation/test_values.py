"""Small maps worked out by hand."""

import math

import numpy as np
import pytest
import torch

from workbench.aggregation import count_above, mean
from workbench.aggregation._segments import segment_size, segment_sum, sum_sorted

SCORES = np.array([[0.0, 0.5, 1.0], [0.25, 0.75, 0.5]], dtype=np.float32)
UNITS = np.array([[0, 0, 1], [0, -1, 1]], dtype=np.int32)


def test_mean_over_the_pixels_of_each_unit():
    np.testing.assert_allclose(mean(SCORES, UNITS, 2), [0.25, 0.75])


def test_count_is_strictly_above_the_threshold():
    np.testing.assert_array_equal(count_above(SCORES, UNITS, 2, 0.5), [0, 1])
    np.testing.assert_array_equal(count_above(SCORES, UNITS, 2, 0.49), [1, 2])


def test_two_equal_classes_do_not_pass_log_two():
    half = np.full((2, 2), -math.log(0.5), dtype=np.float32)
    assert count_above(half, np.zeros((2, 2), np.int32), 1, math.log(2))[0] == 0


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
