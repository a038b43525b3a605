"""Made-up softmax distributions, most of them with low entropy (after Chen et al. V-B, Fig. 5).

The paper describes its synthetic pool only as drawn at random, skewed to low entropy and of about
the range of its real data. The effect of the temperature on a pool depends on a property that this
leaves open, how far below the likely classes all others lie; hence two kinds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError, unknown_name

Array = npt.NDArray[np.float64]

SYNTHETIC_KINDS: dict[str, str] = {
    "rivals": "As of a network: interiors with one likely class, boundaries with two or three",
    "independent": "Every logit drawn independently from one normal distribution",
}
"""Ways to draw a pool, with their descriptions."""

_SCALE = 6.0
"""Standard deviation of independent logits: with 19 classes, a median entropy of about 0.5 nats."""
_HEIGHT, _HEIGHT_SPREAD = 9.0, 1.5
"""Mean and deviation of the likeliest class's logit in interiors, above the others' mean."""
_BOUNDARY_SHARE, _THIRD_SHARE, _GAP = 0.25, 0.3, 2.0
"""Share of pixels at boundaries; share of these with a third class; mean gap of a rival, logits."""


def synthetic_logits(
    kind: str, count: int, classes: int, rng: np.random.Generator, *, rise: float = 10.0
) -> Array:
    """Draw logits whose softmax is skewed to low entropy.

    ``rivals``: the other classes' logits are standard normal. In three quarters of the pixels one
    class lies about 9 above them. In the rest, the boundaries, it lies ``rise`` higher still, and
    one rival (in 30 % of them two) follows it at an exponential gap of 2 on average: the
    probability is divided between few classes and nearly 0 for all others.

    ``independent``: normal with a standard deviation of 6. Here the likely class of a certain pixel
    lies far above *all* others, so that a pixel is the more uncertain the closer all other classes
    are.

    Args:
        kind: key of ``SYNTHETIC_KINDS``.
        count: N, number of distributions.
        classes: C, at least 3, so that there is a class besides the rivals.
        rng: source of randomness.
        rise: setting of ``rivals``, logits: difference between boundaries and interiors in how far
            the others lie below the likeliest class.

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
            f"The pool has {count} distributions of {classes} classes; wanted at least one, of at "
            "least three classes."
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
