"""Made-up softmax distributions, most of them with low entropy (after Chen et al. V-B, Fig. 5).

The paper says of its synthetic pool no more than that it was drawn at random, skewed to low entropy
and of about the range of its real data. What the temperature does to a pool hangs on one thing that
this leaves open, how far below the likely classes all others lie; hence two kinds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError, unknown_name

Array = npt.NDArray[np.float64]

SYNTHETIC_KINDS: dict[str, str] = {
    "rivals": "A network's picture: interiors with one likely class, boundaries with two or three",
    "independent": "Every logit drawn for itself from one normal distribution",
}
"""Ways to draw a pool, with what they stand for."""

_SCALE = 6.0
"""Standard deviation of independent logits: with 19 classes, a median entropy of about 0.5 nats."""
_HEIGHT, _HEIGHT_SPREAD = 9.0, 1.5
"""How far an interior's class stands above the others' mean, logits."""
_BOUNDARY_SHARE, _THIRD_SHARE, _GAP = 0.25, 0.3, 2.0
"""Pixels at boundaries; those of them with a third rival; a rival's mean gap to the likeliest."""


def synthetic_logits(
    kind: str, count: int, classes: int, rng: np.random.Generator, *, rise: float = 10.0
) -> Array:
    """Draw logits whose softmax is skewed to low entropy.

    ``rivals``: the other classes' logits are standard normal. In three quarters of the pixels one
    class stands about 9 above them. In the rest, the boundaries, it stands ``rise`` higher still,
    and one rival (with 30 % two) follows it at an exponential gap of 2 on average: the network is
    torn between few classes and sure that it is none of the others.

    ``independent``: normal with a standard deviation of 6. Here a pixel with one likely class has
    it far above *all* others, so that doubt and closeness of the other classes go together.

    Args:
        kind: key of ``SYNTHETIC_KINDS``.
        count: N, distributions.
        classes: C, at least 3, so that rivals leave a class over.
        rng: source of randomness.
        rise: of ``rivals``, logits: how much farther below the likeliest class the others lie at
            boundaries than in interiors.

    Returns:
        (N, C) logits.

    Raises:
        ConfigError: for an unknown kind.
        ShapeError: for no distribution or fewer than three classes.
    """
    if kind not in SYNTHETIC_KINDS:
        raise unknown_name("kind of synthetic distributions", kind, SYNTHETIC_KINDS)
    if count < 1 or classes < 3:
        raise ShapeError(
            f"{count} distributions of {classes} classes were asked for; wanted at least one, of "
            "at least three classes."
        )
    noise = rng.normal(size=(count, classes))
    if kind == "independent":
        return _SCALE * noise
    return _with_rivals(noise, rise, rng)


def _with_rivals(logits: Array, rise: float, rng: np.random.Generator) -> Array:
    count = len(logits)
    boundary = rng.random(count) < _BOUNDARY_SHARE
    likeliest = rng.normal(_HEIGHT, _HEIGHT_SPREAD, count) + rise * boundary
    gaps = rng.exponential(_GAP, (count, 2))
    third = boundary & (rng.random(count) < _THIRD_SHARE)
    logits[:, 0] = likeliest
    logits[boundary, 1] = (likeliest - gaps[:, 0])[boundary]
    logits[third, 2] = (likeliest - gaps[:, 1])[third]
    return rng.permuted(logits, axis=1)
