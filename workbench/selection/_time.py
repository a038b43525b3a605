"""Picks that are even in time: manual subsampling of videos [Mittal et al., 4.4]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError
from workbench.selection._batch import Rows, prepared
from workbench.types import Candidates, UnitIds


def uniform(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
) -> UnitIds:
    """Pick every n-th unit in time, one sequence after the other: the paper's `Uniform`.

    It fills the whole budget in one query: a second one would be even among what the first left.

    Args:
        candidates: ``sequences`` (U,) and ``frames`` (U,).
        k: number of units to pick.
        rng: settles ties; ``None``: by unit id.

    Returns:
        (min(k, U),) unit ids in the order of sequence and time, the same distance apart.

    Raises:
        ShapeError: if sequences or frames are missing.
    """
    candidates, k = prepared(candidates, k, rng)
    order = _in_time(candidates.require("sequences"), candidates.require("frames"))
    places = (2 * np.arange(k) + 1) * len(order) // (2 * max(k, 1))
    return candidates.unit_ids[order[places]]


def every_nth_frame(
    sequences: npt.NDArray[np.generic], frames: npt.NDArray[np.generic], n: int
) -> npt.NDArray[np.bool_]:
    """Return which units lie in every n-th frame of their sequence: `Uniform(@n)`'s pool filter.

    Args:
        sequences: (P,) of every unit of the whole pool, so that the answer is the same each cycle.
        frames: (P,) frame numbers; gaps between them do not count.
        n: 5 in the paper.

    Returns:
        (P,) True for frames 0, n, 2n … of the frames that each sequence has.

    Raises:
        ConfigError: if ``n`` is less than 1.
    """
    if n < 1:
        raise ConfigError(f"Every {n}th frame was asked for; wanted 1 or more.")
    kept = np.zeros(len(frames), dtype=bool)
    for name in np.unique(sequences):
        inside = sequences == name
        _, place = np.unique(frames[inside], return_inverse=True)
        kept[inside] = place % n == 0
    return kept


def _in_time(sequences: npt.NDArray[np.generic], frames: npt.NDArray[np.generic]) -> Rows:
    _, group = np.unique(sequences, return_inverse=True)
    return np.lexsort((frames, group)).astype(np.int64)
