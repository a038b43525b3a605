"""Sums over the class axis without another (B, C, H, W) array, for tensors and arrays.

In a loop over the classes the working set stays in the processor's cache: measured on one core at
8×11×360×480, that is three to five times faster than the same sums over whole arrays. The
functions used here have the same names in numpy and torch, so the scan and the figures, which do
not load torch, share one implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    Values = TypeVar("Values", npt.NDArray[Any], Tensor)
else:
    Values = TypeVar("Values")


def library_of(values: Any) -> Any:
    """Return numpy for an array, torch for a tensor."""
    if isinstance(values, np.ndarray):
        return np
    import torch

    return torch


def p_log_p(probs: Values) -> Values:
    """Return p · ln p of each value as a new array, with 0 · ln 0 = 0."""
    of = library_of(probs)
    terms: Values = of.clip(probs, of.finfo(probs.dtype).tiny, None)
    of.log(terms, out=terms)
    of.multiply(terms, probs, out=terms)
    return terms


def entropy_of(probs: Values) -> Values:
    """Return the entropy along the class axis in nats.

    Args:
        probs: (B, C, H, W) summing to 1 over C.

    Returns:
        (B, H, W), 0 … ln C.
    """
    check_classes(probs)
    total: Values = library_of(probs).zeros_like(probs[:, 0])
    for c in range(probs.shape[1]):
        total -= p_log_p(probs[:, c])
    return total


def two_largest_and_rest(probs: Values) -> tuple[Values, Values, Values]:
    """Return the largest value along the class axis, the second largest, and the sum without it.

    One minus the largest would be rounded to 0 where a sharp softmax is nearly certain, as at the
    low temperatures of ODIN; the sum of all but the largest has more digits.

    Args:
        probs: (B, C, H, W) with at least two classes.

    Returns:
        Three (B, H, W) arrays; the first two are equal where two classes tie.
    """
    check_classes(probs)
    of = library_of(probs)
    first = of.maximum(probs[:, 0], probs[:, 1])
    second = of.minimum(probs[:, 0], probs[:, 1])
    rest = of.clip(second, 0, None)  # a copy
    smaller = of.zeros_like(first)
    for c in range(2, probs.shape[1]):
        of.minimum(first, probs[:, c], out=smaller)
        of.maximum(first, probs[:, c], out=first)
        of.maximum(second, smaller, out=second)
        rest += smaller
    return first, second, rest


def check_classes(probs: Any) -> None:
    """Check that values are (B, C, H, W) with at least two classes.

    Raises:
        ShapeError: if they are not.
    """
    if probs.ndim != 4 or probs.shape[1] < 2:
        raise ShapeError(
            f"A committee's class values have shape {tuple(probs.shape)}; wanted (B, C, H, W) "
            "with at least two classes."
        )
