"""Opens a dataset by its name and settings, with the pool of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.datasets import DATASETS
from workbench.datasets.pools import POOLS
from workbench.errors import DatasetError, shown

if TYPE_CHECKING:
    from workbench.config import Component
    from workbench.datasets.base import SegmentationDataset


def open_dataset(
    component: Component | str | Mapping[str, Any],
    data_dir: Path,
    pool: Component | str | Mapping[str, Any] = "full",
) -> SegmentationDataset:
    """Open a dataset and check that it has a training split.

    Args:
        component: name and settings; ``root`` names its folder, else it is ``data_dir/<name>``.
        data_dir: the folder that holds one folder per dataset; built-in scenes do not read it.
        pool: the pool scheme, name and settings; images are resized after it.

    Raises:
        ConfigError: for an unknown dataset, pool scheme or setting, or a size that is not two
            numbers.
        DatasetError: if the folder is missing or empty (the error names the path and the section of
            data/README.md on getting the data), or has not the images that the pool takes.
    """
    bound = DATASETS.bind(_spec(component))
    scheme = POOLS.bind(_spec(pool))
    options = dict(bound.options)
    size = options.pop("resize")
    root: Path | None = None
    if bound.entry.needs_root:
        given = options.pop("root", None)
        root = Path(given).expanduser() if given else data_dir / bound.name
        _require_folder(root, bound.name)
    dataset: SegmentationDataset = scheme.call(bound.load()(root, **options))
    if size is not None:
        from workbench.datasets.resized import Resized  # loads OpenCV

        dataset = Resized(dataset, size)
    dataset.keys("train")
    return dataset


def _spec(part: Component | str | Mapping[str, Any]) -> str | Mapping[str, Any]:
    return part if isinstance(part, str | Mapping) else part.spec


def _require_folder(root: Path, name: str) -> None:
    try:
        fault = (
            "which is not there"
            if not root.exists()
            else "which is a file and not a folder"
            if not root.is_dir()
            else "which is empty"
            if not any(root.iterdir())
            else None
        )
    except OSError as error:
        fault = f"which cannot be read ({error.strerror})"
    if fault is not None:
        raise DatasetError(
            f"The dataset {name} was looked for in {shown(root, 100)}, {fault}. Put the dataset "
            f"there or name its folder (--data, or dataset.root); data/README.md#{name} "
            "shows how to get it."
        )
