"""The acquisition functions of a single softmax in numpy, at any temperature.

They are those of ``workbench.acquisition``, for code that has logits but no torch: the figures that
explain the scores. Tests hold each against its torch form. ODIN without perturbation needs no
network either: ln P are logits up to a constant, and softmax(ln P / T) does not see a constant.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.errors import ScoreError, ShapeError, unknown_name

Array = npt.NDArray[np.float64]


def log_softmax(logits: npt.ArrayLike, temperature: float = 1.0) -> Array:
    """Return ln softmax(logits / T).

    Args:
        logits: (…, C) logits, or ln P; −∞ is a class that cannot be.
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
    scaled = (values - largest) / temperature
    out: Array = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return out


def softmax_score(logits: npt.ArrayLike, acquisition: str, temperature: float = 1.0) -> Array:
    """Score distributions by an acquisition function of softmax(logits / T).

    ``least_confidence`` with T ≠ 1 is ODIN with ε = 0.

    Args:
        logits: (…, C) logits, or ln P.
        acquisition: one of ``SOFTMAX_ACQUISITIONS``.
        temperature: T > 0.

    Returns:
        (…) in the function's own unit and range; higher = query first.

    Raises:
        ConfigError: for another acquisition function.
        ShapeError: if there are fewer than two classes.
        ScoreError: as :func:`log_softmax`.
    """
    if acquisition not in _FORMS:
        raise unknown_name("acquisition function of one softmax", acquisition, _FORMS)
    return _FORMS[acquisition](log_softmax(logits, temperature))


def _entropy(log_probs: Array) -> Array:
    out: Array = np.maximum(-_times_log(np.exp(log_probs), log_probs).sum(axis=-1), 0.0)
    return out


def _least_confidence(log_probs: Array) -> Array:
    # the others' sum: one minus the largest would be rounded to 0 at the temperatures of ODIN
    out: Array = np.sort(np.exp(log_probs), axis=-1)[..., :-1].sum(axis=-1)
    return out


def _margin(log_probs: Array) -> Array:
    out: Array = _least_confidence(log_probs) + np.sort(np.exp(log_probs), axis=-1)[..., -2]
    return out


def _bvsb_ratio(log_probs: Array) -> Array:
    ordered = np.sort(log_probs, axis=-1)
    return np.exp(ordered[..., -2] - ordered[..., -1])


def _one_vs_rest_entropy(log_probs: Array) -> Array:
    rest = np.maximum(-np.expm1(log_probs), 0.0)
    with np.errstate(divide="ignore"):
        others = _times_log(rest, np.log(rest))
    out: Array = np.maximum(_entropy(log_probs) - others.sum(axis=-1), 0.0)
    return out


def _times_log(values: Array, logs: Array) -> Array:
    """P · ln P with 0 · ln 0 = 0."""
    return values * np.where(values > 0, logs, 0.0)


_FORMS: dict[str, Callable[[Array], Array]] = {
    "entropy": _entropy,
    "least_confidence": _least_confidence,
    "margin": _margin,
    "bvsb_ratio": _bvsb_ratio,
    "one_vs_rest_entropy": _one_vs_rest_entropy,
}
SOFTMAX_ACQUISITIONS = tuple(_FORMS)
"""Acquisition functions that one softmax of one pixel is enough for."""
