"""Predicted classes and boundaries of units, counted on pixels. Loads no torch.

Units are given as ``codes``, (H·W,) the unit of each pixel plus one, so that 0 is "no unit", and
their ``areas``, (n,) pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def class_shares(
    prediction: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.intp],
    areas: npt.NDArray[Any],
    n_classes: int,
) -> npt.NDArray[np.float32]:
    """Return (n, C): the share of each unit's pixels that is predicted as each class."""
    n = len(areas)
    pairs = codes * n_classes
    pairs += prediction.ravel()
    counts = np.bincount(pairs, minlength=(n + 1) * n_classes).reshape(n + 1, n_classes)[1:]
    shares: npt.NDArray[np.float32] = (counts / areas[:, None]).astype(np.float32)
    return shares


def boundary_share(
    prediction: npt.NDArray[np.uint8], codes: npt.NDArray[np.intp], areas: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    """Return (n,): the share of each unit's pixels beside a pixel of another class."""
    edge = boundary(prediction).ravel()
    counts = np.bincount(codes[edge], minlength=len(areas) + 1)[1:]
    share: npt.NDArray[np.float32] = (counts / areas).astype(np.float32)
    return share


def boundary(prediction: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return (H, W): whether a pixel has a 4-neighbour of another class."""
    edge = np.zeros(prediction.shape, dtype=np.bool_)
    across = prediction[:, 1:] != prediction[:, :-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    down = prediction[1:] != prediction[:-1]
    edge[1:] |= down
    edge[:-1] |= down
    return edge
