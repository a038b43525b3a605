"""Evaluation of a network: counts over a whole split, from which its metrics follow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from workbench.committees import predicted_classes
from workbench.datasets.ahead import ahead
from workbench.errors import ConfigError, ScoreError
from workbench.metrics import SplitCounts, confusion_matrix
from workbench.models import fold
from workbench.scoring._batches import batches
from workbench.scoring._memory import fitting

if TYPE_CHECKING:
    from workbench.compute import ResolvedCompute
    from workbench.datasets.base import SegmentationDataset
    from workbench.models.base import SegmentationModel

Counts = npt.NDArray[np.int64]


Total = TypeVar("Total", Counts, SplitCounts)


class _Sample(NamedTuple):
    key: str
    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]


def evaluate(
    model: SegmentationModel,
    dataset: SegmentationDataset,
    split: str,
    compute: ResolvedCompute,
    batch_size: int = 8,
    report: Callable[[int], None] | None = None,
) -> Counts:
    """Count the pixels of a split by true and predicted class, whole images at full size.

    This is what the best epoch is chosen by; :func:`measure` counts everything that is stored.

    Args:
        model: the network; it is not changed, a copy in eval mode runs.
        dataset: the dataset; its images and masks are read ahead of the network.
        split: ``val`` or another one; never ``train``, whose masks belong to the oracle.
        compute: device and precision of the network.
        batch_size: images per forward pass; halved if memory runs out.
        report: called with the number of images done.

    Returns:
        (C, C) number of pixels, row = true class; void is not counted.

    Raises:
        ConfigError: for the split ``train``.
        ScoreError: if the network's logits are not finite; names the image.
    """
    classes = model.n_classes

    def count(truth: npt.NDArray[np.uint8], predicted: npt.NDArray[np.uint8]) -> Counts:
        return confusion_matrix(truth, predicted, classes)

    nothing = np.zeros((classes, classes), dtype=np.int64)
    return _total(count, nothing, model, dataset, split, compute, batch_size, report)


def measure(
    model: SegmentationModel,
    dataset: SegmentationDataset,
    split: str,
    compute: ResolvedCompute,
    batch_size: int = 8,
    report: Callable[[int], None] | None = None,
) -> SplitCounts:
    """Count what every metric of a split follows from, in one pass, whole images at full size.

    Objects are counted where the dataset's card names classes of objects. The arguments and errors
    are those of :func:`evaluate`.
    """
    classes, objects = model.n_classes, dataset.card.object_ids

    def count(truth: npt.NDArray[np.uint8], predicted: npt.NDArray[np.uint8]) -> SplitCounts:
        return SplitCounts.of(truth, predicted, classes, objects)

    empty = np.zeros((1, 0, 0), np.uint8)
    return _total(count, count(empty, empty), model, dataset, split, compute, batch_size, report)


def _total(
    count: Callable[[npt.NDArray[np.uint8], npt.NDArray[np.uint8]], Total],
    total: Total,
    model: SegmentationModel,
    dataset: SegmentationDataset,
    split: str,
    compute: ResolvedCompute,
    batch_size: int,
    report: Callable[[int], None] | None,
) -> Total:
    """Return ``total`` and the counts of all images of a split, added up."""
    if split == "train":
        raise ConfigError(
            "The split 'train' is the pool, whose masks only the oracle reads; evaluate on 'val' "
            "or another split."
        )
    fast = fold(model)
    done = 0

    def counts_of(samples: list[_Sample]) -> Total:
        predicted = _predict(fast, samples, compute)
        return count(np.stack([sample.mask for sample in samples]), predicted)

    def read(key: str) -> _Sample:
        return _Sample(key, dataset.image(split, key), dataset.mask(split, key))

    reading = closing(ahead(read, dataset.keys(split), depth=2 * batch_size))
    with torch.no_grad(), reading as source:
        groups = batches(source, batch_size, key=lambda sample: sample.image.shape)
        for samples, counts in fitting(counts_of, groups, batch_size, name=lambda s: s.key):
            total = total + counts
            done += len(samples)
            if report is not None:
                report(done)
    return total


def _predict(
    model: SegmentationModel, samples: list[_Sample], compute: ResolvedCompute
) -> npt.NDArray[np.uint8]:
    x = model.normalise(torch.from_numpy(np.stack([sample.image for sample in samples])))
    with compute.autocast():
        logits = model(x)
    finite = logits.sum(dim=(1, 2, 3)).isfinite()
    if not bool(finite.all()):
        key = samples[int((~finite).nonzero()[0, 0])].key
        raise ScoreError(
            f"In image {key!r}, the network's logits hold values that are not finite; look at the "
            "image and at the training (learning rate, precision), then run again."
        )
    predicted: npt.NDArray[np.uint8] = predicted_classes(logits).cpu().numpy()
    return predicted
