"""What entries state, as literals: ranges for three members, precision, the papers' settings."""

import math

import pytest

from workbench.acquisition import ACQUISITIONS

LN2, LN3, LN4 = math.log(2), math.log(3), math.log(4)

UPPER = {  # for (4 classes, 3 members), (4, 1) and (2, 5)
    "entropy": (LN4, LN4, LN2),
    "least_confidence": (3 / 4, 3 / 4, 1 / 2),
    "margin": (1, 1, 1),
    "total_entropy": (3 * LN4, LN4, 5 * LN2),
    "mutual_information": (LN3, LN2, LN2),
    "vote_entropy": (LN3, LN2, LN2),
    "variance": ((1 - 1 / 3) / 4, (1 - 1 / 2) / 4, (1 - 1 / 2) / 2),
    "deviation": (math.sqrt(2) / 4, 1 / 4, 1 / 2),
    "expected_entropy": (LN4, LN4, LN2),
    "variation_ratio": (2 / 3, 1 / 2, 1 / 2),
    "bvsb_ratio": (1, 1, 1),
    "one_vs_rest_entropy": (LN4 + 3 * math.log(4 / 3), LN4 + 3 * math.log(4 / 3), 2 * LN2),
    "ripu": (LN4**2, LN4**2, LN2**2),
}

FLOAT32 = {
    *("mutual_information", "vote_entropy", "variance", "deviation"),
    *("variation_ratio", "bvsb_ratio", "ripu"),
}
"""Where bf16 changes the order of units (docs/benchmarks.md)."""

OF_SOFTMAX = {"entropy", "least_confidence", "margin", "bvsb_ratio", "one_vs_rest_entropy"}


@pytest.mark.parametrize("name", ACQUISITIONS.names())
def test_the_largest_value_possible(name):
    entry = ACQUISITIONS.entry(name)
    found = [entry.upper(classes, members) for classes, members in ((4, 3), (4, 1), (2, 5))]
    assert found == pytest.approx(UPPER[name], rel=1e-12)
    assert entry.lower == 0


def test_what_is_stated_of_each_function():
    assert {e.name for e in ACQUISITIONS if e.float32} == FLOAT32
    assert {e.name for e in ACQUISITIONS if e.of_softmax} == OF_SOFTMAX
    (radius,) = (p for e in ACQUISITIONS for p in e.params)
    assert (radius.name, radius.default, radius.low, radius.high) == ("radius", 1, 1, 64)
