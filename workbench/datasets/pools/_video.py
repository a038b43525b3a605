"""Images drawn at random, each with the next ones of its sequence [Mittal et al., 3.2].

The paper's Pool-5f, 11f and 21f hold 2,640 images, which are 440 groups of 6, 220 of 12 and 120 of
22; its Pool-0f holds 2,640 single ones. What happens where groups overlap or a sequence ends, the
paper does not say. Here groups are whole and share no image, so that each pool has as many groups
as its size says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.pools._random import drawn
from workbench.datasets.pools._sequences import sequences_of
from workbench.datasets.pools.chosen import Chosen, groups_of, require_images
from workbench.errors import DatasetError, shown
from workbench.seeding import seed_of

Counts = npt.NDArray[np.int64]


def video(dataset: SegmentationDataset, *, images: int, consecutive: int, seed: int) -> Chosen:
    """Draw groups of consecutive images: Pool-Xf, X being ``consecutive``.

    Consecutive is what follows in the dataset, whatever the frame numbers: of A2D2 about every
    tenth recorded frame is labelled. With ``consecutive`` 0 sequences are not looked at, and the
    pool is that of the scheme ``random``.

    Args:
        dataset: the dataset.
        images: images in the pool.
        consecutive: images that follow each drawn one.
        seed: seed of the pool.

    Raises:
        ConfigError: if the images are no whole number of groups.
        DatasetError: if the training split has too few images, no sequences, or sequences that are
            too short for so many groups.
    """
    if not consecutive:
        return Chosen(dataset, drawn(dataset, images, seed))
    size = consecutive + 1
    groups = groups_of(images, size, "video")
    require_images(dataset, images, len(dataset.keys("train")), "images")
    sequences = sequences_of(dataset, "video")
    lengths = np.array([len(keys) for keys in sequences], dtype=np.int64)
    room = int((lengths // size).sum())
    if groups > room:
        raise DatasetError(
            f"The pool takes {groups:,} groups of {size} consecutive images, but the sequences of "
            f"{shown(dataset.card.name, 40)} have room for {room:,}; lower pool.images or "
            "pool.consecutive."
        )
    rng = np.random.default_rng(seed_of(seed, "pool", "groups", size))
    places = _placed(lengths, size, groups, rng)
    return Chosen(dataset, [k for s, at in places for k in sequences[s][at : at + size]])


def _placed(
    lengths: Counts, size: int, groups: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Draw groups one after the other, each uniformly among the starts that are left.

    A start is left if its group ends within the sequence and meets no group drawn before. When as
    many groups are still to be drawn as have room, only those starts are left that keep the room.

    Args:
        lengths: (S,) images of each sequence.
        size: images of a group.
        groups: number of groups; there is room for them.
        rng: the generator.

    Returns:
        Sequence and first place of each group, in the order drawn.
    """
    # stretches of free places; a group cuts one of them into two
    most = len(lengths) + groups
    owner, begin, free = (np.zeros(most, dtype=np.int64) for _ in range(3))
    n = len(lengths)
    owner[:n], free[:n] = np.arange(n), lengths
    found = []
    for left in range(groups, 0, -1):
        whole, rest = free[:n] // size, free[:n] % size
        tight = int(whole.sum()) == left
        starts = whole * (rest + 1) if tight else np.maximum(free[:n] - size + 1, 0)
        ends = np.cumsum(starts)
        pick = int(rng.integers(ends[-1]))
        at = int(np.searchsorted(ends, pick, side="right"))
        pick -= int(ends[at] - starts[at])
        if tight:  # starts that leave as many whole groups before and after as possible
            step, over = divmod(pick, int(rest[at]) + 1)
            pick = step * size + over
        found.append((int(owner[at]), int(begin[at]) + pick))
        owner[n], begin[n] = owner[at], begin[at] + pick + size
        free[n], free[at] = free[at] - pick - size, pick
        n += 1
    return found
