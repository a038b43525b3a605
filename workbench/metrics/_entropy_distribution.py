"""Entropy distributions: which pixels a score's sum comes from (Chen et al. V-B, Figs. 4 and 5).

Pixels are ordered by entropy; a score's curve is the cumulative sum of its values in that order,
divided by their total, which is what aggregation by averaging sums up. Pixels of equal entropy have
no order among themselves: they are one step, and the curve runs straight through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import ScoreError, ShapeError

Array = npt.NDArray[np.float64]

REFERENCE = "entropy"
"""The score that orders the pixels."""


@dataclass(frozen=True)
class EntropyDistribution:
    """Curves of several scores over the same pixels, as corners of straight lines.

    Attributes:
        entropy: (K,) nats, increasing; the first is the smallest there is.
        share: (K,) share of pixels whose entropy is at most that: from 0 to 1.
        fractions: score ► (K,) fraction of the score's sum that those pixels hold, from 0 to 1; NaN
            for a score that is 0 everywhere, whose fractions mean nothing.
        means: score ► mean over the pixels, the image score by averaging (Chen et al. III-B).
        pixels: number of pixels or distributions.
    """

    entropy: Array
    share: Array
    fractions: Mapping[str, Array]
    means: Mapping[str, float]
    pixels: int

    def distance(self, score: str, other: str = REFERENCE) -> float:
        """Return the area between two curves over the share of pixels.

        Returns:
            0 (the same curve) … 1; NaN if one of them has no curve.
        """
        gap = self.fractions[score] - self.fractions[other]
        left, right = np.abs(gap[:-1]), np.abs(gap[1:])
        crossing = gap[:-1] * gap[1:] < 0  # two triangles instead of a trapezium
        with np.errstate(invalid="ignore"):
            triangles = (left**2 + right**2) / (2 * np.where(crossing, left + right, 1.0))
        areas = np.where(crossing, triangles, (left + right) / 2)
        return float((areas * np.diff(self.share)).sum())

    def half_share(self, score: str) -> float:
        """Return the share of pixels, highest entropy first, that hold half of a score's sum.

        Returns:
            0 … 1: small where few pixels decide, 0.5 where all count alike, above it where certain
            pixels count more than uncertain ones; NaN without a curve.
        """
        return 1.0 - float(np.interp(0.5, self.fractions[score], self.share))

    def thinned(self, points: int = 400) -> EntropyDistribution:
        """Return the same curves with at most 2 · ``points`` corners, even in share and entropy."""
        shares = np.searchsorted(self.share, np.linspace(0, 1, points))
        span = np.linspace(self.entropy[0], self.entropy[-1], points)
        kept = np.unique([0, *shares, *np.searchsorted(self.entropy, span), len(self.share) - 1])
        kept = kept[kept < len(self.share)]
        fractions = {name: values[kept] for name, values in self.fractions.items()}
        return EntropyDistribution(
            self.entropy[kept], self.share[kept], fractions, self.means, self.pixels
        )


def entropy_distribution(
    entropy: npt.ArrayLike, scores: Mapping[str, npt.ArrayLike]
) -> EntropyDistribution:
    """Order pixels by entropy and add up their scores.

    Args:
        entropy: (N,) or a map, nats.
        scores: name ► values of the same pixels, not below 0; higher = query first. The entropy
            itself is added as ``entropy``.

    Raises:
        ShapeError: if there is no pixel, or a score has another number of them.
        ScoreError: if a value is not finite or below 0.
    """
    order, values = _checked(entropy, scores)
    levels, place = np.unique(order, return_inverse=True)
    counts = np.bincount(place)
    sums = {name: _sums(place, of, len(levels)) for name, of in values.items()}
    return _cumulated(levels, counts, sums)


class EntropyHistogram:
    """Adds up images one by one; its memory does not grow with their number.

    Entropy is counted in bins. At the bins' edges the curves are exactly those of all pixels sorted
    at once; within a bin they run straight.

    Args:
        top: largest possible entropy, ln C nats.
        bins: of even width.
    """

    def __init__(self, top: float, bins: int = 4096) -> None:
        if not top > 0 or bins < 1:
            raise ShapeError(f"A histogram of {bins} bins up to {top} nats cannot be; mend either.")
        self._top = top
        self._counts = np.zeros(bins, np.int64)
        self._sums: dict[str, Array] = {}

    def add(self, entropy: npt.ArrayLike, scores: Mapping[str, npt.ArrayLike]) -> None:
        """Add an image; arguments and errors are those of :func:`entropy_distribution`."""
        order, values = _checked(entropy, scores)
        bins = len(self._counts)
        # a bin holds its upper edge: what lies on it counts as "at most this"
        place = np.clip(np.ceil(order * (bins / self._top)) - 1, 0, bins - 1).astype(np.int64)
        if self._sums and set(self._sums) != set(values):
            raise ShapeError(
                f"An image came with {', '.join(values)}, those before it with "
                f"{', '.join(self._sums)}; every image needs the same scores."
            )
        self._counts += np.bincount(place, minlength=bins)
        for name, of in values.items():
            sums = _sums(place, of, bins)
            self._sums[name] = self._sums[name] + sums if name in self._sums else sums

    def distribution(self) -> EntropyDistribution:
        """Return the curves of everything added.

        Raises:
            ShapeError: if nothing was.
        """
        edges = np.linspace(0, self._top, len(self._counts) + 1)[1:]
        used = self._counts > 0
        sums = {name: values[used] for name, values in self._sums.items()}
        return _cumulated(edges[used], self._counts[used], sums)


def _checked(
    entropy: npt.ArrayLike, scores: Mapping[str, npt.ArrayLike]
) -> tuple[Array, dict[str, Array]]:
    values = {
        name: np.asarray(of, dtype=np.float64).ravel()
        for name, of in {**scores, REFERENCE: entropy}.items()
    }
    order = values[REFERENCE]
    for name, of in values.items():
        if of.shape != order.shape or not of.size:
            raise ShapeError(f"{name} has {of.size} pixels, entropy {order.size}; wanted as many.")
        if not (np.isfinite(of).all() and of.min() >= 0):
            raise ScoreError(
                f"{name} holds a value that is not finite or below 0; its sum has no fractions."
            )
    return order, values


def _sums(place: npt.NDArray[np.int64], values: Array, length: int) -> Array:
    return np.bincount(place, values, minlength=length).astype(np.float64, copy=False)


def _cumulated(
    levels: Array, counts: npt.NDArray[np.int64], sums: Mapping[str, Array]
) -> EntropyDistribution:
    if not len(levels):
        raise ShapeError("An entropy distribution needs at least one pixel; none was given.")
    pixels = int(counts.sum())
    fractions, means = {}, {}
    for name, of in sums.items():
        running = np.cumsum(of)
        means[name] = float(running[-1] / pixels)
        with np.errstate(invalid="ignore"):
            fractions[name] = np.append(0.0, running) / running[-1]
    share = np.append(0.0, np.cumsum(counts) / pixels)
    return EntropyDistribution(np.append(levels[0], levels), share, fractions, means, pixels)
