"""Opens the data of an experiment, and refuses other data than it was started on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.datasets import open_dataset
from workbench.datasets.digest import dataset_digest, difference
from workbench.datasets.survey import survey
from workbench.engine.plan import Plan
from workbench.errors import DatasetError, DatasetWarning, shown

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.store.experiment import ExperimentRecord


def open_data(
    plan: Plan, data_dir: Path, stored: ExperimentRecord | None
) -> tuple[SegmentationDataset, dict[str, Any]]:
    """Open the dataset of a plan, look at all files that the experiment uses, and compare them.

    Args:
        plan: the planned experiment.
        data_dir: holds one folder per dataset.
        stored: the experiment as it is stored, if it was started before.

    Returns:
        The dataset and its content digest.

    Raises:
        DatasetError: if the dataset is missing or faulty, lacks a split that networks are measured
            on, or is not the one that the experiment was started on.
    """
    dataset = open_dataset(plan.config.dataset, data_dir, plan.config.pool)
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
    return dataset, digest
