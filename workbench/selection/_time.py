"""Picks that are even in time: manual subsampling of videos [Mittal et al., 4.4]."""

from __future__ import annotations

import heapq

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
    """Pick units so that, with those labelled before, they are even in time: the paper's `Uniform`.

    Time runs through one sequence after the other. The picks lie evenly in the gaps that labelled
    units leave; see :func:`even_places`. With nothing labelled they are every n-th unit.

    Args:
        candidates: ``sequences`` (U,) and ``frames`` (U,); ``labelled_sequences`` (L,) and
            ``labelled_frames`` (L,) where something is labelled.
        k: number of units to pick.
        rng: settles ties; ``None``: by unit id.

    Returns:
        (min(k, U),) unit ids in the order of sequence and time.

    Raises:
        ShapeError: if sequences or frames are missing.
    """
    candidates, k = prepared(candidates, k, rng)
    sequences, frames = candidates.require("sequences"), candidates.require("frames")
    known = candidates.labelled_sequences
    if known is not None:
        sequences = np.concatenate([known, sequences])
        frames = np.concatenate([candidates.require("labelled_frames"), frames])
    labelled = len(sequences) - len(candidates)
    order = in_time(sequences, frames)
    taken = np.flatnonzero(order < labelled)
    return candidates.unit_ids[order[even_places(len(order), taken, k)] - labelled]


def even_places(n: int, taken: npt.ArrayLike, k: int) -> Rows:
    """Return places that are as far apart, among themselves and from those taken, as can be.

    The places lie on a circle: the end of the last sequence and the beginning of the first one are
    no farther from each other than any two sequences. Again and again the gap whose places would
    be farthest apart takes one place more; each gap's places are evenly spaced. So every n-th place
    is taken where none was before, and twice as many are every n/2-th, with the first ones among
    them.

    Args:
        n: number of places.
        taken: (L,) places that are not free, ascending.
        k: places wanted, at most n − L.

    Returns:
        (k,) places, ascending.
    """
    before = np.asarray(taken, dtype=np.int64)
    if not len(before):
        return np.arange(k, dtype=np.int64) * n // max(k, 1)
    gaps = np.diff(np.append(before, before[0] + n))
    added = np.zeros(len(gaps), dtype=np.int64)
    widest = [(-float(gap), place) for place, gap in enumerate(gaps.tolist())]
    heapq.heapify(widest)
    for _ in range(k):
        place = widest[0][1]
        added[place] += 1
        heapq.heapreplace(widest, (-gaps[place] / (added[place] + 1), place))
    parts = [
        start + np.arange(1, m + 1) * gap // (m + 1)
        for start, gap, m in zip(before, gaps, added, strict=True)
    ]
    return np.sort(np.concatenate(parts) % n)


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


def in_time(sequences: npt.NDArray[np.generic], frames: npt.NDArray[np.generic]) -> Rows:
    """Return rows in the order of sequence and time; equals keep their order."""
    _, group = np.unique(sequences, return_inverse=True)
    return np.lexsort((frames, group)).astype(np.int64)
