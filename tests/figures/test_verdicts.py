"""What a comparison comes to, in words."""

import numpy as np
import pytest

from workbench.figures._verdicts import least_note, saving_sentence, sentence, verdict_of

ROW = {
    "first": "k_center",
    "second": "random",
    "measure": "value",
    "alike": "",
    "seeds": 2,
    "difference": 0.018,
    "low": -0.004,
    "high": 0.04,
    "p_holm": 0.5,
    "tests": 1,
    "needed": 7.0,
    "floor": np.nan,
}

EQUAL = {"difference": 0.0, "low": 0.0, "high": 0.0, "p_holm": np.nan, "needed": np.inf}

ALONE = {"low": np.nan, "high": np.nan, "needed": np.nan}
"""What a single seed has not."""


def said(where="mIoU at 32 units", **changes):
    row = ROW | changes
    return sentence(row | {"verdict": verdict_of(row, row["floor"])}, where)


def test_too_few_seeds_are_told_with_the_number_that_would_do():
    assert said() == (
        "k_center − random, mIoU at 32 units: +1.8 points [−0.4, +4.0], 2 seeds: too few to tell; "
        "about 7 would be needed."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": 8, "p_holm": 0.01}, "8 seeds: k_center is better (p = 0.01)."),
        ({"seeds": 8, "p_holm": 0.01, "difference": -0.02}, "random is better"),
        ({"seeds": 8, "p_holm": 0.04, "tests": 3}, "(p = 0.04, Holm over 3 pairs)"),
        ({"seeds": 8, "needed": 20.0}, "not separable with these seeds (p = 0.5); about 20"),
        ({"seeds": 8, "needed": 6.0}, "about 9 would be needed"),
        ({"seeds": 8, "needed": np.inf}, "more than 1,000 would be needed"),
        ({"seeds": 4, "p_holm": 0.001}, "4 seeds: too few to tell"),
        ({"seeds": 1, **ALONE}, "+1.8 points, 1 seed: nothing can be told from one seed; 5 or"),
        ({"seeds": 0, "difference": np.nan}, "no seed has both yet"),
        ({"seeds": 8, "p_holm": 0.001, "floor": 0.02}, "within the replay floor of 2.0, noise"),
        ({"seeds": 8, "p_holm": 0.001, "floor": 0.01}, "k_center is better"),
        ({"alike": "same", "difference": 0.0}, "0 points [−0.4, +4.0], 2 seeds: the same run"),
        ({"alike": "replay"}, "a replay"),
        ({"alike": "same picks"}, "the same units in every query"),
        ({"seeds": 8, **EQUAL}, "0 points [0, 0], 8 seeds: equal with every seed"),
        ({"seeds": 1, **ALONE, "difference": 0.0}, "0 points, 1 seed: nothing can be told from"),
        ({"seeds": 1, **ALONE, "difference": 0.0, "floor": 0.0}, "nothing can be told from one"),
        ({"seeds": 1, **ALONE, "difference": 0.0, "alike": "same"}, "the same run under two"),
        ({"seeds": 2, **EQUAL, "floor": 0.0}, "2 seeds: equal with every seed"),
        ({"seeds": 8, "difference": 0.0}, "[−0.4, +4.0], 8 seeds: not separable"),
        ({"measure": "auc", "difference": 0.25}, "+0.25 of AUC"),
        ({"measure": "auc", "difference": -0.001}, " 0.00 of AUC"),
        ({"measure": "alc", "difference": -12.34}, "−12.3 images of ALC"),
    ],
)
def test_every_verdict_is_a_sentence(changes, words):
    assert words in said(**changes)


def test_it_is_said_when_no_number_of_cycles_helps():
    assert least_note(3, 1) == (
        "With 3 seeds the least p is 0.25: no number of cycles can make a difference significant; "
        "6 seeds can."
    )
    assert "for 3 pairs; 7 seeds can" in least_note(6, 3)
    assert least_note(6, 1) == least_note(0, 1) == ""


def test_labels_saved_are_said_both_ways():
    row = ROW | {"verdict": "open", "saving": 0.5}
    assert "k_center takes 50 % fewer labels than random" in saving_sentence(row, "mIoU at 63 %")
    assert "20 % more" in saving_sentence(row | {"saving": -0.2}, "mIoU")
    assert saving_sentence(row | {"saving": np.nan}, "mIoU") == ""
    assert saving_sentence(row | {"verdict": "same"}, "mIoU") == ""
