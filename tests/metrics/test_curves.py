"""ALC, AUC@B and mIoU@B."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ShapeError
from workbench.metrics import (
    alc,
    amount_to_reach,
    auc_at,
    label_saving,
    miou_at,
    normalised,
)


def test_a_constant_curve_gives_the_full_pool_row_of_mittal_et_al():
    assert auc_at([0.1, 0.2, 0.3, 0.4, 0.5], [68.42] * 5, 0.5) == pytest.approx(27.368)


@given(st.floats(-100, 100), st.floats(0.11, 1))
def test_a_constant_curve_gives_its_constant_times_the_width(value, budget):
    assert auc_at([0.1, 1.0], [value] * 2, budget) == pytest.approx(value * (budget - 0.1))


def test_auc_cuts_the_curve_at_the_budget():
    assert auc_at([0, 1, 2], [0, 1, 2], 1.5) == pytest.approx(1.125)
    assert auc_at([0, 1, 2], [0, 1, 2], 1) == pytest.approx(0.5)
    assert auc_at([0.1, 0.5], [1, 2], 0.1) == 0


def test_the_amount_that_reaches_a_value_lies_straight_between_two_points():
    curve = [10, 20, 40], [30.0, 50.0, 60.0]
    assert amount_to_reach(*curve, 57.0) == pytest.approx(34.0)  # 0.95 of 60: 7 of 10 on the way
    assert amount_to_reach(*curve, 50.0) == 20.0
    assert amount_to_reach(*curve, 20.0) == 10.0  # above from the start
    assert np.isnan(amount_to_reach(*curve, 60.1))
    up_and_down = [10, 20, 30, 40], [30.0, 60.0, 40.0, 70.0]
    assert amount_to_reach(*up_and_down, 45.0) == 15.0  # the first time
    with pytest.raises(ShapeError, match="amounts that grow"):
        amount_to_reach([10, 10], [1.0, 2.0], 1.5)


def test_alc_is_the_area_between_the_start_and_the_whole_pool():
    assert alc([50, 400], [0.3, 0.6], 0.6) == pytest.approx(175)
    assert alc([50, 51, 400], [0.3, 0.6, 0.6], 0.6) == pytest.approx(349.5)
    assert alc([50, 400], [0.3, 0.3], 0.6) == 0


@given(st.floats(0.01, 100), st.floats(-10, 10))
def test_alc_does_not_depend_on_the_unit_of_miou(scale, shift):
    curve, full = np.array([0.2, 0.5, 0.4]), 0.7
    scaled = alc([50, 100, 400], curve * scale + shift, full * scale + shift)
    assert scaled == pytest.approx(alc([50, 100, 400], curve, full))


def test_miou_at_reads_the_cycle_of_that_budget():
    assert miou_at([0.1, 0.2, 0.3], [40, 50, 55], 0.2) == 50
    assert miou_at([0.1, 0.2, 0.1 + 0.2], [40, 50, 55], 0.3) == 55  # rounding is no other budget
    assert miou_at([1e9, 3e9], [40, 50], 3e9 + 1e-6) == 50  # nor is it of pixels
    assert miou_at([0.1, 0.3], [40, 50], 0.2) == pytest.approx(45)


@pytest.mark.parametrize("budget", [0.05, 0.6])
def test_a_budget_off_the_curve_is_refused(budget):
    for metric in (auc_at, miou_at):
        with pytest.raises(ShapeError, match=r"0\.1 to 0\.5"):
            metric([0.1, 0.5], [1, 2], budget)


@pytest.mark.parametrize(
    ("amounts", "miou"),
    [
        ([], []),
        ([1, 2], [1]),
        ([2, 1], [1, 1]),
        ([1, 1], [1, 1]),
        ([1, 2], [1, np.nan]),
        ([1, np.inf], [1, 1]),
    ],
)
def test_what_is_no_curve_is_refused(amounts, miou):
    with pytest.raises(ShapeError):
        miou_at(amounts, miou, 1)


def test_a_curve_that_starts_at_the_whole_pools_miou_cannot_be_normalised():
    with pytest.raises(ShapeError, match="differ"):
        alc([1, 2], [0.5, 0.6], 0.5)


def test_the_mean_of_scaled_seeds_is_the_scaled_mean_as_the_paper_averages_first():
    images, full = np.array([50, 200, 400]), 0.7
    seeds = np.array([[0.30, 0.50, 0.60], [0.34, 0.46, 0.66], [0.29, 0.55, 0.58]])
    scaled = normalised(seeds, full)
    areas = [np.trapezoid(one, images) for one in scaled]
    assert np.mean(areas) == pytest.approx(alc(images, seeds.mean(axis=0), full))
    assert scaled[:, 0].mean() == pytest.approx(0)
    assert normalised([[0.3, 0.7]], 0.7).tolist() == [[0, 1]]


@pytest.mark.parametrize("miou", [[0.3, 0.4], np.empty((0, 2)), [[np.nan, 1.0]], [[0.7, 0.8]]])
def test_curves_that_cannot_be_scaled_are_refused(miou):
    with pytest.raises(ShapeError):
        normalised(miou, 0.7)


def test_half_the_labels_are_saved_where_half_reaches_the_same():
    # random reaches 0.63 with 400 images, the method with 200
    random = ([50, 400], [0.30, 0.63])
    method = ([50, 200, 400], [0.30, 0.63, 0.70])
    assert label_saving(*method, *random, 400) == pytest.approx(0.5)
    assert label_saving(*random, *random, 400) == pytest.approx(0)
    assert label_saving(*random, *method, 200) == pytest.approx(-1)
    assert np.isnan(label_saving(*random, *method, 400))


def test_saving_counts_from_where_the_level_is_first_reached():
    assert label_saving([10, 20, 30, 40], [0, 2, 1, 3], [10, 40], [0, 2], 40) == 0.5
    assert label_saving([10, 20], [5, 6], [10, 40], [0, 2], 40) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("miou", "start", "budget", "auc"),
    [(68.42, 0.1, 0.5, 27.37), (77.00, 0.05, 0.25, 15.40), (77.00, 0.02, 0.10, 6.16)],
)
def test_the_rows_of_the_whole_pool_in_mittal_et_al(miou, start, budget, auc):
    # Tables 2 and 5: the row 100 %, at 10-10, 5-5 and 2-2
    shares = start * np.arange(1, 6)
    assert round(auc_at(shares, [miou] * 5, budget), 2) == auc
