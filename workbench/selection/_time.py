"""Picks evenly spaced in time: manual subsampling of videos [Mittal et al., 4.4]."""

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
    """Pick units evenly spaced in time, together with the labelled ones: the paper's `Uniform`.

    Time runs through one sequence after the other. The picks are evenly spaced in the gaps between
    labelled units; see :func:`even_places`. Without labelled units they are every n-th unit.

    Args:
        candidates: ``sequences`` (U,) and ``frames`` (U,); ``labelled_sequences`` (L,) and
            ``labelled_frames`` (L,) if there are labelled units.
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.

    Returns:
        (min(k, U),) unit ids in the order of sequence and time.

    Raises:
        ShapeError: if sequences or frames are missing.
    """
    candidates, k = prepared(candidates, k, rng)
    sequences, frames = candidates.require("sequences"), candidates.require("frames")
    labelled_sequences = candidates.labelled_sequences
    if labelled_sequences is not None:
        sequences = np.concatenate([labelled_sequences, sequences])
        frames = np.concatenate([candidates.require("labelled_frames"), frames])
    labelled = len(sequences) - len(candidates)
    order = in_time(sequences, frames)
    taken = np.flatnonzero(order < labelled)
    return candidates.unit_ids[order[even_places(len(order), taken, k)] - labelled]


def even_places(n: int, taken: npt.ArrayLike, k: int) -> Rows:
    """Return places that are as far from each other and from the taken ones as possible.

    The places lie on a circle: the end of the last sequence and the beginning of the first one are
    no farther from each other than any two sequences. One by one, the gap whose places would be
    farthest apart gets one more place; each gap's places are evenly spaced. So every n-th place is
    returned if none is taken, and twice as many are every n/2-th, the first ones among them.

    Args:
        n: number of places.
        taken: (L,) places that are not free, ascending.
        k: number of places to return, at most n − L.

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
        sequences: (P,) sequence of every unit of the whole pool, so that the result is the same in
            each cycle.
        frames: (P,) frame numbers; gaps between them do not count.
        n: number of frames per chosen frame, 5 in the paper.

    Returns:
        (P,) True for frames 0, n, 2n … of the frames that each sequence has.

    Raises:
        ConfigError: if ``n`` is less than 1.
    """
    if n < 1:
        raise ConfigError(f"The pool filter every_nth_frame has n = {n}; wanted 1 or more.")
    kept = np.zeros(len(frames), dtype=bool)
    for name in np.unique(sequences):
        inside = sequences == name
        _, place = np.unique(frames[inside], return_inverse=True)
        kept[inside] = place % n == 0
    return kept


def in_time(sequences: npt.NDArray[np.generic], frames: npt.NDArray[np.generic]) -> Rows:
    """Return rows in the order of sequence and time; rows of the same time stay in their order."""
    _, group = np.unique(sequences, return_inverse=True)
    return np.lexsort((frames, group)).astype(np.int64)
