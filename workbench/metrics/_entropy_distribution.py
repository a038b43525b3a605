"""Entropy distributions: contributions of pixels to a score's sum (Chen et al. V-B, Figs. 4, 5).

Pixels are ordered by entropy; a score's curve is the cumulative sum of its values in that order,
divided by their total, which aggregation by averaging computes. Pixels of equal entropy have no
order among themselves: they are one step, in which the curve is a straight line.
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
        entropy: (K,) nats, increasing; the first is the smallest entropy of a pixel.
        share: (K,) share of pixels whose entropy is at most that: from 0 to 1.
        fractions: score ► (K,) fraction of the score's sum in those pixels, from 0 to 1; NaN for a
            score that is 0 everywhere, whose fractions are undefined.
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
            0 (the same curve) … 1; NaN if the fractions of a score are NaN.
        """
        gap = self.fractions[score] - self.fractions[other]
        left, right = np.abs(gap[:-1]), np.abs(gap[1:])
        crossing = gap[:-1] * gap[1:] < 0  # two triangles instead of a trapezium
        with np.errstate(invalid="ignore"):
            triangles = (left**2 + right**2) / (2 * np.where(crossing, left + right, 1.0))
        areas = np.where(crossing, triangles, (left + right) / 2)
        return float((areas * np.diff(self.share)).sum())

    def half_share(self, score: str) -> float:
        """Return the share of pixels, highest entropy first, that make up half of a score's sum.

        Returns:
            0 … 1: small where few pixels make up the sum, 0.5 where all are equal, above it where
            certain pixels have higher values than uncertain ones; NaN if the fractions are NaN.
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
    """Order pixels by entropy and sum their scores cumulatively.

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
    """Sums images one by one; its memory does not grow with their number.

    Entropy is counted in bins. At the bins' edges the curves are exactly those of all pixels sorted
    at once; within a bin they are straight lines.

    Args:
        top: largest possible entropy, ln C nats.
        bins: number of bins, of equal width.
    """

    def __init__(self, top: float, bins: int = 4096) -> None:
        if not top > 0 or bins < 1:
            raise ShapeError(f"A histogram has {bins} bins up to {top} nats; both must be above 0.")
        self._top = top
        self._counts = np.zeros(bins, np.int64)
        self._sums: dict[str, Array] = {}

    def add(self, entropy: npt.ArrayLike, scores: Mapping[str, npt.ArrayLike]) -> None:
        """Add an image; arguments and errors are those of :func:`entropy_distribution`."""
        order, values = _checked(entropy, scores)
        bins = len(self._counts)
        # a bin includes its upper edge: a value on it counts as "at most this"
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
        """Return the curves of all added images.

        Raises:
            ShapeError: if no pixel was added.
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
                f"{name} holds a value that is not finite or below 0; its fractions are undefined."
            )
    return order, values


def _sums(place: npt.NDArray[np.int64], values: Array, length: int) -> Array:
    return np.bincount(place, values, minlength=length).astype(np.float64, copy=False)


def _cumulated(
    levels: Array, counts: npt.NDArray[np.int64], sums: Mapping[str, Array]
) -> EntropyDistribution:
    if not len(levels):
        raise ShapeError("An entropy distribution needs at least one pixel; there is none.")
    pixels = int(counts.sum())
    fractions, means = {}, {}
    for name, of in sums.items():
        running = np.cumsum(of)
        means[name] = float(running[-1] / pixels)
        with np.errstate(invalid="ignore"):
            fractions[name] = np.append(0.0, running) / running[-1]
    share = np.append(0.0, np.cumsum(counts) / pixels)
    return EntropyDistribution(np.append(levels[0], levels), share, fractions, means, pixels)
