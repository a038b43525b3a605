"""Images drawn at random; of A2D2 it is Pool-0f [Mittal et al., 3.2]."""

from __future__ import annotations

import numpy as np

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.pools.chosen import Chosen, require_images
from workbench.errors import ConfigError
from workbench.seeding import seed_of


def random(
    dataset: SegmentationDataset, *, images: int | None, share: float | None, seed: int
) -> Chosen:
    """Draw images of the training split, every set of them as likely as any other.

    With one seed a smaller pool is a part of a larger one.

    Args:
        dataset: the dataset.
        images: images in the pool.
        share: or their share of the split, 0 to 1, rounded to whole images, at least one.
        seed: seed of the pool.

    Raises:
        ConfigError: if neither or both of ``images`` and ``share`` are given.
        DatasetError: if the split has fewer images.
    """
    if (images is None) == (share is None):
        raise ConfigError(
            "The pool scheme random takes either images or share, and "
            f"{'neither' if images is None else 'both'} was given; set one, e.g. pool.images: 2640."
        )
    if images is None:
        images = max(1, round((share or 0) * len(dataset.keys("train"))))
    return Chosen(dataset, drawn(dataset, images, seed))


def drawn(dataset: SegmentationDataset, images: int, seed: int) -> list[str]:
    """Return the keys of images drawn at random, in the order drawn.

    Raises:
        DatasetError: if the training split has fewer images.
    """
    keys = sorted(dataset.keys("train"))
    require_images(dataset, images, len(keys), "images")
    order = np.random.default_rng(seed_of(seed, "pool")).permutation(len(keys))
    return [keys[place] for place in order[:images]]
