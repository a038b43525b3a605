"""Acquisition functions of one softmax of one pixel, from logits alone: no network, no torch.

For the figures that explain the scores. The registered functions themselves run, on arrays. ODIN
without perturbation needs no network either: ln P equals the logits up to a constant, and
softmax(ln P / T) does not depend on a constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.acquisition import ACQUISITIONS, SOFTMAX_ACQUISITIONS
from workbench.errors import ScoreError, ShapeError, unknown_name
from workbench.types import Committee

Array = npt.NDArray[np.float64]


def softmax_of(logits: npt.ArrayLike, temperature: float = 1.0) -> Array:
    """Return softmax(logits / T).

    Args:
        logits: (…, C) logits, or ln P; −∞ is a class of probability 0.
        temperature: T > 0; above 1 it flattens, below 1 it sharpens (Chen et al. III-A.5).

    Returns:
        (…, C) float64.

    Raises:
        ShapeError: if there are fewer than two classes.
        ScoreError: if T is not above 0, or logits are NaN, +∞ or −∞ for every class.
    """
    values = np.asarray(logits, dtype=np.float64)
    if values.ndim < 1 or values.shape[-1] < 2:
        raise ShapeError(f"Logits have shape {values.shape}; wanted (…, C) with C at least 2.")
    if not temperature > 0:
        raise ScoreError(f"The temperature is {temperature}; wanted a number above 0.")
    largest = values.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ScoreError("Logits hold NaN or +∞, or −∞ for every class; wanted numbers.")
    weights: Array = np.exp((values - largest) / temperature)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def softmax_score(logits: npt.ArrayLike, acquisition: str, temperature: float = 1.0) -> Array:
    """Score distributions by an acquisition function of softmax(logits / T).

    ``least_confidence`` with T ≠ 1 is ODIN with ε = 0.

    Args:
        logits: (…, C) logits, or ln P.
        acquisition: spec of a function whose entry states ``of_softmax``.
        temperature: T > 0.

    Returns:
        (…) in the function's own unit and range; higher = query first.

    Raises:
        ConfigError: for another acquisition function.
        ShapeError: if there are fewer than two classes.
        ScoreError: as :func:`softmax_of`.
    """
    function = ACQUISITIONS.bind(acquisition)
    if not function.entry.of_softmax:
        raise unknown_name("acquisition function of one softmax", acquisition, SOFTMAX_ACQUISITIONS)
    probs = softmax_of(logits, temperature)
    planes: Any = probs.reshape(-1, probs.shape[-1]).T[None, :, :, None]  # (1, C, pixels, 1)
    alone: Any = np.ones((1, 1, planes.shape[2], 1))
    scores: Array = function.call(Committee(1, alone, planes))
    return scores[0, :, 0].reshape(probs.shape[:-1])
