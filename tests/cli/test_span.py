"""Lengths of time in words."""

import pytest

from workbench.cli._console import span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5000, "83 min"),
        (5400, "1.5 h"),
        (36000, "10 h"),
        (72 * 3600, "3 days"),
    ],
)
def test_a_length_of_time_is_told_in_one_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
