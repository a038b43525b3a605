"""Opens the data of an experiment, and refuses other data than it was started on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.datasets import open_dataset
from workbench.datasets.digest import dataset_digest, difference
from workbench.datasets.survey import Survey, survey
from workbench.engine.known_files import index_of
from workbench.engine.plan import Plan
from workbench.errors import DatasetError, DatasetWarning, shown

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.file_index import FileIndex
    from workbench.store.experiment import ExperimentRecord


class OpenedData(NamedTuple):
    """The data of a plan.

    Attributes:
        dataset: the dataset.
        digest: its content digest.
        seen: what its files are.
        files: what was known and found of its files; ``None`` for one without files.
    """

    dataset: SegmentationDataset
    digest: dict[str, Any]
    seen: Survey
    files: FileIndex | None


def open_data(
    plan: Plan, data_dir: Path, stored: ExperimentRecord | None, store: Path | None = None
) -> OpenedData:
    """Open the dataset of a plan, look at all files that the experiment uses, and compare them.

    Args:
        plan: the planned experiment.
        data_dir: holds one folder per dataset.
        stored: the experiment as it is stored, if it was started before.
        store: the store, which may know the files; nothing is written.

    Raises:
        DatasetError: if the dataset is missing or faulty, lacks a split that networks are measured
            on, or is not the one that the experiment was started on.
    """
    dataset = open_dataset(plan.config.dataset, data_dir, plan.config.pool)
    index = None if store is None else index_of(store, dataset)
    if index is not None:
        dataset.look_up(index)
    evaluation = plan.config.evaluation
    seen = survey(dataset, (*evaluation.splits, evaluation.validation))
    digest = dataset_digest(dataset, seen)
    if stored is not None and stored.dataset_digest is not None:
        other = difference(stored.dataset_digest, digest, seen)
        if other is not None:
            raise DatasetError(
                f"The dataset in {shown(dataset.root or data_dir, 45)} is not the one that this "
                f"experiment was started on (from {shown(stored.data_dir, 45)}): {other}; name or "
                "restore that one (--data), or choose another --store."
            )
    for remark in seen.remarks:
        warnings.warn(DatasetWarning(remark), stacklevel=2)
    return OpenedData(dataset, digest, seen, index)
