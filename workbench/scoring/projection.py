"""The random projection of long feature vectors to a common length. Loads no torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.scoring.request import FEATURE_CHANNELS
from workbench.seeding import seed_of


def projection(channels: int) -> npt.NDArray[np.float32]:
    """Return the (256, channels) matrix that projects feature vectors to 256 numbers.

    A Gaussian random projection (Johnson & Lindenstrauss 1984) that keeps squared distances in
    the mean. Its seed depends on ``channels`` alone, so vectors of different cycles, runs and
    machines can be compared; ``projection(D) @ vector`` projects an exact embedding to the same
    space.
    """
    rng = np.random.default_rng(seed_of(0, "feature_projection", channels))
    matrix = rng.standard_normal((FEATURE_CHANNELS, channels), dtype=np.float32)
    matrix /= np.float32(FEATURE_CHANNELS**0.5)
    return matrix
