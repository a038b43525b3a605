"""mIoU and its relatives from one confusion matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix as sklearn_confusion

from workbench.errors import ShapeError
from workbench.metrics import confusion_matrix, dice, iou, mean_iou, pixel_accuracy

TRUTH = np.array([[0, 0, 1], [1, 255, 2]], np.uint8)
PREDICTION = np.array([[0, 1, 1], [1, 2, 0]], np.uint8)

labels = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.uint8, n, elements=st.sampled_from([0, 1, 2, 3, 255])),
        hnp.arrays(np.uint8, n, elements=st.integers(0, 3)),
    )
)


def test_worked_by_hand():
    confusion = confusion_matrix(TRUTH, PREDICTION, 4)
    assert confusion.dtype == np.int64
    assert confusion.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(iou(confusion), [1 / 3, 2 / 3, 0, np.nan])
    assert mean_iou(confusion) == pytest.approx(1 / 3)
    assert pixel_accuracy(confusion) == pytest.approx(3 / 5)
    np.testing.assert_allclose(dice(confusion), [0.5, 0.8, 0, np.nan])


@given(labels)
def test_equals_scikit_learn(pair):
    truth, prediction = pair
    kept = truth != 255
    expected = (
        sklearn_confusion(truth[kept], prediction[kept], labels=range(4)) if kept.any() else 0
    )
    np.testing.assert_array_equal(confusion_matrix(truth, prediction, 4), expected)


@given(labels, st.integers(0, 60))
def test_matrices_of_parts_add_up(pair, cut):
    truth, prediction = pair
    parts = [confusion_matrix(truth[s], prediction[s], 4) for s in (slice(cut), slice(cut, None))]
    np.testing.assert_array_equal(sum(parts), confusion_matrix(truth, prediction, 4))


@given(labels)
def test_void_pixels_and_absent_classes_change_nothing(pair):
    truth, prediction = pair
    confusion = confusion_matrix(truth, prediction, 4)
    more_truth, more_prediction = np.append(truth, 255), np.append(prediction, 255)
    np.testing.assert_array_equal(confusion_matrix(more_truth, more_prediction, 4), confusion)
    wider = confusion_matrix(truth, prediction, 9)
    assert mean_iou(wider) == pytest.approx(mean_iou(confusion), nan_ok=True)


@given(labels)
def test_dice_follows_from_iou(pair):
    overlap = iou(confusion_matrix(*pair, 4))
    np.testing.assert_allclose(dice(confusion_matrix(*pair, 4)), 2 * overlap / (1 + overlap))


def test_a_class_that_is_only_predicted_counts_as_zero():
    assert iou(confusion_matrix([0, 0], [0, 1], 2)).tolist() == [0.5, 0.0]


def test_nothing_to_measure_is_nan_without_a_warning(recwarn):
    empty = confusion_matrix([255], [0], 2)
    assert np.isnan([mean_iou(empty), pixel_accuracy(empty)]).all()
    assert not recwarn


@pytest.mark.parametrize("void", [0, 11])
def test_void_may_be_any_id(void):
    confusion = confusion_matrix([void, 1], [1, 1], 11, void=void)
    assert confusion.sum() == confusion[1, 1] == 1


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ([0, 4], [0, 0], "truth holds class id 4"),
        ([0, 1], [0, 4], "prediction holds class id 4"),
        ([0, 1], [0, 255], "prediction holds class id 255"),
        ([0, 255], [0, 7], "prediction holds class id 7"),
        ([0, -1], [0, 0], "truth holds class id -1"),
        ([0.0, 1.0], [0, 0], "float64"),
        ([0, 1], [0], "same"),
    ],
)
def test_bad_input_says_what_was_wanted(truth, prediction, message):
    with pytest.raises(ShapeError, match=message):
        confusion_matrix(truth, prediction, 4)


def test_large_counts_do_not_overflow():
    truth = np.full(300_000, 200, np.uint8)
    assert confusion_matrix(truth, truth, 201)[200, 200] == 300_000
