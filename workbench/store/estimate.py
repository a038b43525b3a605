"""An estimate of the bytes that an experiment writes, made before it starts.

The ratios were measured on 360×480 maps (``docs/decisions/store-format.md``); for real maps the
estimate is some tens of per cent too high or too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.config import Retention

MAP_BYTES_PER_PIXEL = 0.65
"""Bytes per pixel of a score map in 8 bits, compressed."""
PREDICTION_BYTES_PER_PIXEL = 0.05
"""Bytes per pixel of a prediction, compressed: it has large areas of one class."""
FEATURE_RATIO = 0.9
"""Compressed bytes per byte of float16 features, which hardly compress."""
ROW_BYTES = 12
"""Bytes per row of the unit table, compressed: ids, box and shares, without scores and classes."""

PARTS = ("maps", "predictions", "features", "weights", "tables", "total")
"""The parts of the estimate."""


@dataclass(frozen=True)
class ScanSize:
    """The numbers that decide how large a scan is.

    Attributes:
        images: number of images of the pool.
        pixels: pixels of one stored map (after ``scan.map_limit``).
        units: number of units of the whole pool.
        scores: score maps per image.
        unit_scores: number of unit-score columns.
        classes: number of classes of the dataset.
        embedding_size: D of a unit's vector; 0 if there is none.
        untrained_size: D of a unit's vector by the network before training, stored once per seed; 0
            if there is none.
        feature_values: numbers in one coarse feature map; 0 if there is none.
        weights_bytes: bytes of the network's weights.
        predictions: whether each image is predicted.
    """

    images: int
    pixels: int
    units: int
    scores: int
    unit_scores: int
    classes: int
    embedding_size: int = 0
    untrained_size: int = 0
    feature_values: int = 0
    weights_bytes: int = 0
    predictions: bool = True


def estimate_bytes(
    scan: ScanSize, keep: Retention, stored: Sequence[int], cycles: int
) -> dict[str, int]:
    """Return the bytes that cycles will take, part by part.

    Args:
        scan: the size of the scan.
        keep: the config's retention.
        stored: the numbers of the cycles that are stored; a shared cycle 0 is listed once.
        cycles: number of cycles of a run.

    Returns:
        ``maps``, ``predictions``, ``features``, ``weights``, ``tables`` (unit tables and
        embeddings) and their sum, ``total``.
    """
    per_cycle = {
        "maps": scan.images * scan.scores * scan.pixels * MAP_BYTES_PER_PIXEL,
        "predictions": scan.predictions * scan.images * scan.pixels * PREDICTION_BYTES_PER_PIXEL,
        "features": scan.images * scan.feature_values * 2 * FEATURE_RATIO,
        "weights": scan.weights_bytes,
    }
    row = ROW_BYTES + 9 * scan.unit_scores + 3 * scan.classes + 4 * scan.embedding_size
    parts = {
        name: round(size * sum(keep.keeps(name, cycle, cycles) for cycle in stored))
        for name, size in per_cycle.items()
    }
    first = 4 * scan.untrained_size * list(stored).count(0)
    parts["tables"] = scan.units * (row * len(stored) + first)
    return {**parts, "total": sum(parts.values())}
