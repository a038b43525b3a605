"""The check that values are finite; its error names the image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.errors import ScoreError
from workbench.scoring.request import ScanImage


def require_finite(values: Tensor, images: Sequence[ScanImage], what: str) -> None:
    """Raise an error for NaN and infinity.

    Args:
        values: (B, …), one row per image.
        images: the batch.
        what: the name of the values, for the error.

    Raises:
        ScoreError: for the first image with a value that is not finite; names the image.
    """
    # a sum is finite only if all its terms are; one sum is far faster to check than every term
    axes = tuple(range(1, values.ndim))
    sums = values.sum(dim=axes, dtype=torch.float32) if axes else values
    bad = ~sums.isfinite()
    if bool(bad.any()):
        image = images[int(bad.nonzero()[0, 0])]
        raise ScoreError(
            f"In image {image.image_id!r}, {what} holds values that are not finite; look at the "
            "image and at the training (learning rate, precision), then run again."
        )
