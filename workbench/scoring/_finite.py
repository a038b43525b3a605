"""Refuses what is not finite, and names the image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.errors import ScoreError
from workbench.scoring.request import ScanImage


def require_finite(values: Tensor, images: Sequence[ScanImage], what: str) -> None:
    """Refuse NaN and infinity.

    Args:
        values: (B, …), one row per image.
        images: the batch.
        what: named in the error.

    Raises:
        ScoreError: naming the first image with a value that is not finite.
    """
    # a sum is finite only if all its terms are, and is read far faster than each term's finiteness
    axes = tuple(range(1, values.ndim))
    sums = values.sum(dim=axes, dtype=torch.float32) if axes else values
    bad = ~sums.isfinite()
    if bool(bad.any()):
        image = images[int(bad.nonzero()[0, 0])]
        raise ScoreError(
            f"In image {image.image_id!r}, {what} holds values that are not finite; look at the "
            "image and at the training (learning rate, precision), then run again."
        )
