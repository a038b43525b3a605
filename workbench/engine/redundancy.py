"""Measures how redundant pools are, by one fixed network and by sequences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.config import Component, Compute
from workbench.datasets import open_dataset
from workbench.datasets.ahead import ahead
from workbench.datasets.pools import POOLS
from workbench.datasets.resized import resized_image
from workbench.engine.compute import device_of
from workbench.metrics import distinct_units, following_share, typical_distance
from workbench.models import MODELS
from workbench.registry import Bound
from workbench.scoring._batches import batches

if TYPE_CHECKING:
    from workbench.datasets.base import Image, SegmentationDataset
    from workbench.models.base import SegmentationModel

Vectors = npt.NDArray[np.float32]
"""(images, channels)."""

_SAMPLE = 200
"""Images of the training split that the typical distance is measured on."""

_LONGEST = 256
"""Pixels; longer images are reduced before they are embedded."""

_BATCH = 32


@dataclass(frozen=True)
class PoolRedundancy:
    """How redundant a pool is.

    Attributes:
        pool: the pool scheme with its settings.
        images: number of images.
        distinct: effective number of distinct images by the network, 1 … ``images``.
        following: share of images that follow another one of the pool in their sequence, 0 … 1;
            NaN without sequences.
        network: the network that embedded the images, with its weights.
    """

    pool: str
    images: int
    distinct: float
    following: float
    network: str

    @property
    def index(self) -> float:
        """The redundancy index: 1 − ``distinct`` / ``images``, 0 … 1."""
        return 1.0 - self.distinct / self.images


def pool_redundancy(
    dataset: Component | str | dict[str, Any],
    data_dir: Path | str = "data",
    pools: Sequence[Component | str | dict[str, Any]] = ("full",),
    model: str = "tiny",
    progress: Callable[[int, int], None] | None = None,
) -> list[PoolRedundancy]:
    """Measure how redundant some pools of a dataset are.

    The images are embedded by one network that is never trained: the mean over the image of its
    ``backbone`` features. ``docs/pools.md`` has the formulas, and what they cannot see.

    Args:
        dataset: name and settings.
        data_dir: holds one folder per dataset.
        pools: pool schemes with settings, e.g. ``video:consecutive=5``.
        model: the network, e.g. ``deeplabv3plus:weights=imagenet``. One without weights has random
            ones, the same at every call.
        progress: called with (images embedded, all images).

    Raises:
        WorkbenchError: if the dataset, a pool or the network cannot be had.
    """
    bound = MODELS.bind(model)
    whole = open_dataset(dataset, Path(data_dir))
    opened = [open_dataset(dataset, Path(data_dir), pool) for pool in pools]
    embed = _Embedder(bound, whole, opened, progress)
    scale = typical_distance(embed.of(whole, embed.sample))
    names = [POOLS.bind(p.spec if isinstance(p, Component) else p).key for p in pools]
    return [
        PoolRedundancy(
            pool=name,
            images=len(pool.keys("train")),
            distinct=distinct_units(
                embed.of(pool, pool.keys("train")), 0.0 if math.isnan(scale) else scale
            ),
            following=following_share(*_moments(pool), *_moments(whole)),
            network=_name(bound),
        )
        for name, pool in zip(names, opened, strict=True)
    ]


class _Embedder:
    """Embeds images; those that several pools share once.

    Args:
        model: the network.
        whole: the dataset with every image.
        pools: the pools.
        progress: see :func:`pool_redundancy`.
    """

    def __init__(
        self,
        model: Bound[Any],
        whole: SegmentationDataset,
        pools: Sequence[SegmentationDataset],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        from workbench.models import build

        # always two classes: the network is the same one for every dataset
        self._model = build(model, n_classes=2, seed=0).to(device_of(Compute())).eval()
        self._whole = frozenset(whole.keys("train"))
        drawn = POOLS.bind({"name": "random", "images": min(_SAMPLE, len(self._whole))})
        self.sample: list[str] = drawn.call(whole).keys("train")
        listed = [key for pool in pools for key in pool.keys("train")]
        made = sum(key not in self._whole for key in listed)  # copies, other ones in each pool
        self._total = made + len(self._whole.intersection([*self.sample, *listed]))
        self._progress, self._done = progress, 0
        self._known: dict[str, Vectors] = {}

    def of(self, pool: SegmentationDataset, keys: Sequence[str]) -> Vectors:
        """Return (len(keys), D) the embeddings of images of a pool."""
        found = {key: self._known[key] for key in keys if key in self._known}
        new = [key for key in keys if key not in found]
        for batch in _batches(pool, new):
            vectors = _embedded(self._model, np.stack([image for _, image in batch]))
            found |= {key: vector for (key, _), vector in zip(batch, vectors, strict=True)}
            self._done += len(batch)
            if self._progress is not None:
                self._progress(self._done, self._total)
        self._known |= {key: found[key] for key in new if key in self._whole}
        return np.stack([found[key] for key in keys])


def _batches(pool: SegmentationDataset, keys: Sequence[str]) -> Iterator[list[tuple[str, Image]]]:
    """Yield every image, reduced, with its key; images of one size together."""
    with closing(ahead(lambda key: (key, _reduced(pool, key)), keys, 2 * _BATCH)) as images:
        yield from batches(images, _BATCH, lambda one: one[1].shape)


def _reduced(pool: SegmentationDataset, key: str) -> Image:
    """Read an image past the cache, at most 256 pixels long."""
    image = pool.read_image("train", key)
    height, width = image.shape[:2]
    shrink = _LONGEST / max(height, width)
    if shrink >= 1:
        return image
    return resized_image(image, (max(1, round(height * shrink)), max(1, round(width * shrink))))


def _embedded(model: SegmentationModel, images: npt.NDArray[np.uint8]) -> Vectors:
    """Return (B, D) the mean of the backbone features of (B, H, W, 3) images."""
    import torch

    with torch.no_grad():
        _, maps = model.features(model.normalise(torch.from_numpy(images)), ["backbone"])
        means: Vectors = maps["backbone"].mean(dim=(2, 3)).cpu().numpy()  # (B, D)
    return means


def _moments(pool: SegmentationDataset) -> tuple[list[str], list[int]]:
    """Return sequence and frame number of every image; "" and 0 for one without."""
    frames = [pool.frame("train", key) for key in pool.keys("train")]
    return [f.sequence if f else "" for f in frames], [f.number if f else 0 for f in frames]


def _name(model: Bound[Any]) -> str:
    weights = model.options.get("weights", "none")
    return f"{model.key}, {'random weights' if weights == 'none' else f'weights {weights}'}"
