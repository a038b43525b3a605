"""What a repair has to do, and what of it lies beside the experiments of a store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import StoreError, StoreVersionError
from workbench.store import files, index, layout, schema
from workbench.store.integrity import Damage, damage_by, damages_of
from workbench.store.reader import open_store


@dataclass(frozen=True)
class Findings:
    """What a repair has to do, in the order of the attributes.

    Attributes:
        damages: what is damaged.
        replaced: files that are set aside before others are written in their place.
        written: file ► its new content.
        moves: what is set aside, in the order in which this is safe.
        again: run id ► numbers of the cycles that are to be trained again.
    """

    damages: tuple[Damage, ...] = ()
    replaced: tuple[Path, ...] = ()
    written: Mapping[Path, bytes] = field(default_factory=dict)
    moves: tuple[Path, ...] = ()
    again: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            (*self.damages, *other.damages),
            (*self.replaced, *other.replaced),
            {**self.written, **other.written},
            (*self.moves, *other.moves),
            {**self.again, **other.again},
        )


def of_store(store: Path) -> Findings:
    """Return what is wrong beside the experiments: the store's record, projections, the index.

    Raises:
        StoreError: if the folder is no store.
        StoreVersionError: if another version of this package made it.
    """
    return _of_record(store) + _of_derived(store)


def _of_record(store: Path) -> Findings:
    path = store / layout.STORE
    try:
        open_store(store)
    except StoreVersionError:
        raise
    except StoreError as error:
        if not layout.experiments(store).is_dir():
            raise
        new = schema.to_bytes(schema.record("store", created=time.time()))
        return Findings((damage_by(error, path),), present(path), {path: new})
    return Findings()


def _of_derived(store: Path) -> Findings:
    """Return what is damaged of that which is computed again where it is gone."""
    found = index.damages(store)
    folders = [f for f in files.entries(layout.projections(store)) if f.is_dir()]
    wrong = {f: damages_of(f, layout.PROJECTION) for f in folders if _is_projection(f)}
    started = [f for f in files.entries(layout.launches(store)) if present(f / layout.PROCESS)]
    wrong |= {folder: damages_of(folder, layout.PROCESS) for folder in started}
    damages = (*found, *(one for folder in wrong.values() for one in folder))
    moves = (*(one.path for one in found), *(folder for folder in wrong if wrong[folder]))
    return Findings(damages, moves=moves)


def _is_projection(folder: Path) -> bool:
    return not folder.name.startswith(files.ASIDE) and bool(
        present(folder / layout.PROJECTION, folder / layout.POINTS)
    )


def present(*paths: Path) -> tuple[Path, ...]:
    """Return the paths at which anything lies."""
    return tuple(path for path in paths if path.exists() or path.is_symlink())
