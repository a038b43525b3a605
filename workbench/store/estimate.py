"""What an experiment will take on disk, told before it starts.

The ratios were measured on 360×480 maps (``docs/decisions/store-format.md``); real maps differ by
some tens of per cent either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.config import Retention

MAP_BYTES_PER_PIXEL = 0.65
"""A score map in 8 bits, compressed."""
PREDICTION_BYTES_PER_PIXEL = 0.05
"""A prediction, compressed: large areas of one class."""
FEATURE_RATIO = 0.9
"""Features in float16 hardly compress."""
ROW_BYTES = 12
"""A row's ids, box and shares in the unit table, compressed, without its scores and classes."""


PARTS = ("maps", "predictions", "features", "weights", "tables", "total")
"""What the bytes of an experiment are told by."""


@dataclass(frozen=True)
class Scene:
    """The numbers that decide how large a scan is.

    Attributes:
        images: of the pool.
        pixels: of one stored map (after ``scan.map_limit``).
        units: of the whole pool.
        scores: score maps an image.
        unit_scores: unit-score columns.
        classes: of the dataset.
        embedding_size: D of a unit's vector; 0 if there is none.
        initial_size: D of a unit's vector by the network before training, kept once a seed; or 0.
        feature_values: numbers in one coarse feature map; 0 if there is none.
        weights_bytes: of the network.
        predictions: whether each image is predicted.
    """

    images: int
    pixels: int
    units: int
    scores: int
    unit_scores: int
    classes: int
    embedding_size: int = 0
    initial_size: int = 0
    feature_values: int = 0
    weights_bytes: int = 0
    predictions: bool = True


def estimate_bytes(
    scene: Scene, keep: Retention, stored: Sequence[int], cycles: int
) -> dict[str, int]:
    """Return the bytes that cycles will take, part by part.

    Args:
        scene: what is scanned.
        keep: what stays on disk.
        stored: the numbers of the cycles that are stored; a cycle 0 once for all that share it.
        cycles: of a run.

    Returns:
        ``maps``, ``predictions``, ``features``, ``weights``, ``tables`` (unit tables and
        embeddings) and their sum, ``total``.
    """
    per_cycle = {
        "maps": scene.images * scene.scores * scene.pixels * MAP_BYTES_PER_PIXEL,
        "predictions": scene.predictions * scene.images * scene.pixels * PREDICTION_BYTES_PER_PIXEL,
        "features": scene.images * scene.feature_values * 2 * FEATURE_RATIO,
        "weights": scene.weights_bytes,
    }
    row = ROW_BYTES + 9 * scene.unit_scores + 3 * scene.classes + 4 * scene.embedding_size
    parts = {
        name: round(size * sum(keep.keeps(name, cycle, cycles) for cycle in stored))
        for name, size in per_cycle.items()
    }
    first = 4 * scene.initial_size * list(stored).count(0)
    parts["tables"] = scene.units * (row * len(stored) + first)
    return {**parts, "total": sum(parts.values())}
