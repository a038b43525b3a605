"""Whether what one experiment measured can stand beside another's: dataset, pool, split, files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, shown

if TYPE_CHECKING:
    from workbench.component import Component
    from workbench.store import ExperimentRecord

_PLACES = ("root", "file")
"""Settings that name a place of files; what these hold is compared by names and digests."""


def require_same_data(full: ExperimentRecord, record: ExperimentRecord) -> None:
    """Check that full supervision was measured on the pool and on the images of an experiment.

    Args:
        full: the experiment that labelled the whole pool.
        record: the experiment that is compared with it.

    Raises:
        ConfigError: that names the first thing in which the two differ.
    """
    if found := _difference(full, record):
        raise ConfigError(
            f"{full.id} is no full supervision of {record.id}: {found}. Name an experiment of the "
            "same dataset and pool, or a reference of this one."
        )


def _difference(full: ExperimentRecord, record: ExperimentRecord) -> str | None:
    """Return what differs, as a part of a sentence; ``None`` if nothing does."""
    one, other = full.config, record.config
    for section in ("dataset", "pool"):
        found, wanted = (_settings(getattr(config, section)) for config in (one, other))
        for key in dict.fromkeys([*found, *wanted]):
            if found.get(key) != wanted.get(key):
                name = section if key == "name" else f"{section}.{key}"
                return f"its {name} is {_text(found.get(key))}, wanted {_text(wanted.get(key))}"
    if full.geometry.image_ids != record.geometry.image_ids:
        images = [len(each.geometry.image_ids) for each in (full, record)]
        return f"its pool of {images[0]} images has others than the pool of {images[1]} here"
    split, wanted_split = (config.evaluation.splits[0] for config in (one, other))
    if split != wanted_split:
        return f"it was measured on the split {shown(split, 40)}, wanted {shown(wanted_split, 40)}"
    return _other_files(full, record, ("train", split))


def _settings(part: Component) -> dict[str, Any]:
    options = {key: value for key, value in part.options.items() if key not in _PLACES}
    return {"name": part.name, **options}


def _text(value: Any) -> str:
    return "not set" if value is None else shown(json.dumps(value, ensure_ascii=False), 60)


def _other_files(
    full: ExperimentRecord, record: ExperimentRecord, splits: tuple[str, ...]
) -> str | None:
    """Compare the digests of the datasets, as far as both experiments have one."""
    one, other = full.dataset_digest, record.dataset_digest
    if one is None or other is None:
        return None
    if one["labels"] != other["labels"]:
        return "its classes or label ids are others"
    for split in splits:
        both = [digest["splits"].get(split) for digest in (one, other)]
        if None not in both and both[0] != both[1]:
            return f"its files of the split {shown(split, 40)} are others, by their digest"
    return None
